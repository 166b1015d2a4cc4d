/** What we wrote, PyArrow and Polars read; what they wrote, we read: to the last digit. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Schema } from "../../../lib/contract/schema.ts";
import { decodeAll, encodeAll } from "../../lib/formats/parquet/codec.ts";
import { sampleTable } from "../../lib/formats/parquet/sample.ts";
import { usePython } from "./python-readers.ts";
import { type Spelled, spellAll } from "./spell.ts";

type Seen = Record<string, { pyarrow: Spelled; polars?: Spelled; nullable?: Record<string, boolean> }>;

const runPython = usePython();
const folder = mkdtempSync(join(tmpdir(), "dativo-python-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("files that we wrote are read by PyArrow and Polars", () => {
  test("all types, with and without nulls, of every length and codec", { timeout: 300_000 }, async (context) => {
    const written = new Map<string, { schema: Schema; columns: unknown[][] }>();
    for (const nullable of [true, false]) {
      for (const [rows, compression] of [
        [0, "zstd"],
        [1, "zstd"],
        [3000, "zstd"],
        [3000, "snappy"],
        [3000, "gzip"],
        [3000, "none"],
        [10_001, "zstd"],
      ] as const) {
        const table = sampleTable(rows, nullable);
        const path = join(folder, `${rows}-${nullable}-${compression}.parquet`);
        writeFileSync(path, await encodeAll(table.schema, table.columns, { options: { compression } }));
        written.set(path, table);
      }
    }
    const nulls = sampleTable(3000, true);
    const path = join(folder, "nulls.parquet");
    nulls.columns = nulls.columns.map((column) => column.map(() => null));
    writeFileSync(path, await encodeAll(nulls.schema, nulls.columns));
    written.set(path, nulls);
    const seen = (await runPython(context, "read_files.py", ["pyarrow,polars,nullable", ...written.keys()])) as Seen;
    for (const [file, { schema, columns }] of written) {
      const expected = spellAll(schema, columns);
      for (const name of schema.names) {
        expect([file, name, seen[file]?.pyarrow[name]]).toEqual([file, name, expected[name]]);
        expect([file, name, seen[file]?.polars?.[name]]).toEqual([file, name, expected[name]]);
      }
      const nullable = Object.fromEntries(schema.fields.map((field) => [field.name, field.nullable]));
      expect(seen[file]?.nullable).toEqual(nullable);
    }
  });
});

describe("files that PyArrow and Polars wrote are read by us", () => {
  test("with every setting", { timeout: 300_000 }, async (context) => {
    const names = (await runPython(context, "write_files.py", [folder])) as string[];
    expect(names.length).toBeGreaterThan(10);
    const paths = names.map((name) => join(folder, name));
    const seen = (await runPython(context, "read_files.py", ["pyarrow", ...paths])) as Seen;
    for (const path of paths) {
      const { schema, columns } = await decodeAll(path);
      const ours = spellAll(schema, columns);
      for (const name of schema.names) {
        expect([path, name, ours[name]]).toEqual([path, name, seen[path]?.pyarrow[name]]);
      }
    }
  });
});
