import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NODE } from "../support/cli.ts";

const dist = join(import.meta.dirname, "..", "..", "dist", "lib");

/**
 * Ten million records through reader, check and writer of the user's own; memory is sampled as they pass: what is still
 * in use once the garbage is gone, and what is resident.
 */
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
    if (written % 500_000 === 0) {
      gc();
      const { heapUsed, external, rss } = process.memoryUsage();
      samples.push({ used: heapUsed + external, resident: rss });
    }
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

const MIB = 1024 * 1024;

interface Sample {
  readonly used: number;
  readonly resident: number;
}

describe("memory", () => {
  it("is flat over ten million records", () => {
    const { stdout, stderr } = spawnSync(
      NODE,
      ["--expose-gc", "--input-type=module", "-e", PROGRAM, join("/tmp", `dativo-flat-${process.pid}`)],
      { encoding: "utf8" },
    );
    expect(stderr).toBe("");
    const { written, samples } = JSON.parse(stdout) as { written: number; samples: Sample[] };
    expect([written, samples.length]).toEqual([10_000_000, 20]);
    const mean = (of: keyof Sample, from: number): number =>
      samples.slice(from, from + 5).reduce((sum, sample) => sum + sample[of], 0) / 5;
    // Five million records lie between: a byte kept of each would show. Residency also depends on the collector's mood.
    expect(mean("used", 15) - mean("used", 5)).toBeLessThan(4 * MIB);
    expect(mean("resident", 15) - mean("resident", 5)).toBeLessThan(48 * MIB);
  }, 300_000);
});
