/** What PyArrow and Polars wrote as Arrow, we read, and what we wrote, they read: to the last digit. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { stringifyJson } from "../../../lib/contract/json.ts";
import type { Schema } from "../../../lib/contract/schema.ts";
import { decodeAll, decodeFile, encodeAll, FORMATS } from "../../lib/formats/arrow/codec.ts";
import { sampleTable } from "../../lib/formats/parquet/sample.ts";
import { usePython } from "../parquet/python-readers.ts";
import { type Spelled, spell } from "../parquet/spell.ts";

const runPython = usePython();
const folder = mkdtempSync(join(tmpdir(), "dativo-arrow-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function spellAll(schema: Schema, columns: readonly (readonly unknown[])[]): Spelled {
  return Object.fromEntries(
    schema.fields.map(({ name, type }, index) => [
      name,
      (columns[index] ?? []).map((cell) => {
        const isJson = type.kind === "object" && type.properties === undefined && cell !== null;
        return isJson ? JSON.parse(stringifyJson(cell)) : spell(type, cell);
      }),
    ]),
  );
}

/** JSON is the same whatever its spaces. */
function parseJsons(values: unknown[]): unknown[] {
  return values.map((value) =>
    typeof value === "string" && value.startsWith("json:") ? JSON.parse(value.slice(5)) : value,
  );
}

test("everything that they write is read", { timeout: 300_000 }, async (context) => {
  const said = (await runPython(context, "../arrow/write_files.py", [folder])) as Record<string, Spelled>;
  expect(Object.keys(said).length).toBeGreaterThan(15);
  for (const [name, columns] of Object.entries(said)) {
    const bytes = readFileSync(join(folder, name));
    const inOrder = decodeAll(bytes, { cuts: [3, 1000, 1001] });
    const reads = [decodeFile(bytes)];
    // Polars puts the words of a file behind the records that point to them.
    if (/^polars.*\.arrow$/.test(name)) await expect(inOrder).rejects.toMatchObject({ code: "DTV_ARROW_INVALID" });
    else reads.push(inOrder);
    for (const read of await Promise.all(reads)) {
      const spelled = spellAll(read.schema, read.columns);
      expect(Object.keys(spelled), name).toEqual(Object.keys(columns));
      for (const column of Object.keys(columns)) {
        expect(spelled[column], `${name}: ${column}`).toEqual(parseJsons(columns[column] as unknown[]));
      }
    }
  }
});

test("all that we write is read by them", { timeout: 300_000 }, async (context) => {
  const written = new Map<string, Spelled>();
  for (const format of FORMATS) {
    for (const [rows, batchRows] of [
      [0, 1],
      [1, 1],
      [3000, 700],
    ] as const) {
      for (const nullable of [true, false]) {
        const { schema, columns } = sampleTable(rows, nullable);
        const path = join(folder, `ours-${rows}-${nullable}.${format.extension}`);
        writeFileSync(path, encodeAll(format, schema, columns, batchRows));
        written.set(path, spellAll(schema, columns));
      }
    }
  }
  const seen = (await runPython(context, "../arrow/read_files.py", [...written.keys()])) as Record<
    string,
    { pyarrow: Spelled; polars: Spelled }
  >;
  for (const [path, expected] of written) {
    for (const name of Object.keys(expected)) {
      expect(seen[path]?.pyarrow[name], `${path}: ${name} by PyArrow`).toEqual(expected[name]);
      expect(seen[path]?.polars[name], `${path}: ${name} by Polars`).toEqual(expected[name]);
    }
  }
});
