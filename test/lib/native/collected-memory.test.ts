import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { NODE, writeFiles } from "../../support/cli.ts";
import { tempFolder } from "../../support/folder.ts";
import { describeNative } from "../../support/native.ts";

const FILES = 300;
const ROWS = 300;
const door = join(import.meta.dirname, "../../../dist/lib/index.js");

/** Reads files natively while everything that nobody holds is collected and overwritten, all the time. */
const PROGRAM = `
  import { pipeline } from "node:stream/promises";
  import { AssetDefinition, readCsv, validate } from ${JSON.stringify(door)};
  const schema = [{ name: "id", type: "integer" }, { name: "name", type: "string" }];
  const asset = new AssetDefinition({ name: "a", source_type: "csv", object: "a", version: "1.0.0", schema });
  let rows = 0;
  let isDone = false;
  (function overwrite() {
    gc({ type: "minor" });
    for (let i = 0; i < 300; i++) new Uint8Array(new ArrayBuffer(8 * (1 + (i % 12)))).fill(0xff);
    if (!isDone) setImmediate(overwrite);
  })();
  await pipeline(readCsv("*.csv"), validate(asset), async (batches) => {
    for await (const batch of batches) rows += batch.length;
  });
  isDone = true;
  console.log(rows);
`;

describeNative("what is lent to a library", () => {
  // The build is tested, as it runs: a bundler may leave out what keeps memory alive, and only optimised code forgets.
  it("is not collected while the library looks at it", () => {
    const folder = tempFolder();
    const line = (_: unknown, row: number): string => `${row},name ${row}\n`;
    const text = `id,name\n${Array.from({ length: ROWS }, line).join("")}`;
    writeFiles(folder, Object.fromEntries(Array.from({ length: FILES }, (_, file) => [`${file}.csv`, text])));
    const args = ["--expose-gc", "--max-semi-space-size=1", "--input-type=module", "-e", PROGRAM];
    const { status, signal, stdout, stderr } = spawnSync(NODE, args, { cwd: folder, encoding: "utf8" });
    expect({ status, signal, stdout, stderr }).toEqual({ status: 0, signal: null, stdout: "90000\n", stderr: "" });
  }, 60_000);
});
