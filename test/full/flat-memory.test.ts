import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NODE } from "../support/cli.ts";

const dist = join(import.meta.dirname, "..", "..", "dist", "lib");

/** Ten million records through reader, check and writer of the user's own; resident memory is sampled as they pass. */
const PROGRAM = `
import { pipeline } from "node:stream/promises";
import { BaseReader, BaseWriter, defineAsset, readFrom, validate, writeTo } from "${dist}/index.js";

const ROWS = 10_000_000, BATCH = 2000;
class Source extends BaseReader {
  *extract() {
    for (let at = 0; at < ROWS; at += BATCH) yield Array.from({ length: BATCH }, (_, i) => ({ id: at + i, name: "name " + i }));
  }
}
const samples = [];
let written = 0;
class Sink extends BaseWriter {
  static input = "batch";
  writeBatch(batch) {
    written += batch.length;
    if (written % 500_000 === 0) samples.push(process.memoryUsage.rss());
    return [];
  }
  commitFiles() {
    return { status: "success" };
  }
}
const asset = defineAsset({ name: "a", schema: [{ name: "id", type: "integer", required: true }, { name: "name", type: "string" }] });
await pipeline(readFrom(new Source()), validate(asset), writeTo(Sink, process.argv[1], { asset }));
console.log(JSON.stringify({ written, samples }));
`;

describe("memory", () => {
  it("is flat over ten million records", () => {
    const { stdout, stderr } = spawnSync(
      NODE,
      ["--input-type=module", "-e", PROGRAM, join("/tmp", `dativo-flat-${process.pid}`)],
      { encoding: "utf8" },
    );
    expect(stderr).toBe("");
    const { written, samples } = JSON.parse(stdout) as { written: number; samples: number[] };
    expect([written, samples.length]).toEqual([10_000_000, 20]);
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(samples.slice(15)) / mean(samples.slice(10, 15))).toBeLessThan(1.05);
  }, 300_000);
});
