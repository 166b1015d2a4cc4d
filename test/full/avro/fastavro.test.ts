/** What we wrote, fastavro reads; what fastavro wrote, we read: to the last digit. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Schema } from "../../../lib/contract/schema.ts";
import { decodeAll, encodeAll } from "../../lib/formats/avro/codec.ts";
import { sampleTable } from "../../lib/formats/parquet/sample.ts";
import { usePython } from "../parquet/python-readers.ts";
import { type Spelled, spellAll } from "../parquet/spell.ts";

const runPython = usePython();
const folder = mkdtempSync(join(tmpdir(), "dativo-fastavro-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("files that we wrote are read by fastavro", { timeout: 300_000 }, async (context) => {
  const written = new Map<string, Spelled>();
  for (const nullable of [true, false]) {
    for (const compression of ["none", "deflate", "snappy", "zstandard"]) {
      for (const rows of [0, 1, 3000]) {
        const { schema, columns } = sampleTable(rows, nullable);
        const path = join(folder, `${rows}-${nullable}-${compression}.avro`);
        writeFileSync(path, await encodeAll(schema, columns, { options: { compression } }));
        written.set(path, spellAll(schema, columns));
      }
    }
  }
  const seen = (await runPython(context, "read_files.py", ["fastavro", ...written.keys()])) as Record<
    string,
    { fastavro: Spelled }
  >;
  for (const [path, expected] of written) {
    for (const [name, cells] of Object.entries(expected)) {
      expect([path, name, seen[path]?.fastavro[name]]).toEqual([path, name, cells]);
    }
  }
});

test("files that fastavro wrote are read by us", { timeout: 300_000 }, async (context) => {
  const { names, values } = (await runPython(context, "../avro/write_avro.py", [folder])) as {
    names: string[];
    values: Spelled;
  };
  expect(names).toHaveLength(12);
  for (const name of names) {
    const { schema, columns, error } = await decodeAll(readFileSync(join(folder, name)), { cut: 10_007 });
    expect([name, error]).toEqual([name, undefined]);
    const seen = spellAll(schema as Schema, columns);
    for (const column of Object.keys(values)) {
      expect([name, column, seen[column]]).toEqual([name, column, values[column]]);
    }
  }
});
