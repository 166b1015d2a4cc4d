import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Batch } from "../../../lib/contract/batch.ts";
import { ChecksumBuilder } from "../../../lib/contract/checksums.ts";
import { DativoError } from "../../../lib/contract/errors.ts";
import type { Encoder, Format } from "../../../lib/contract/format.ts";
import type { NativeEncoder } from "../../../lib/contract/native-codecs.ts";
import { Provenance } from "../../../lib/contract/provenance.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { type Field, Schema } from "../../../lib/contract/schema.ts";
import { type DataType, parseType } from "../../../lib/contract/types.ts";
import { ArrowBatch } from "../../../lib/formats/arrow/arrow-batch.ts";
import { LEXICAL, plainField } from "../../../lib/formats/arrow/arrow-field.ts";
import { encodeColumn, encodeRecords } from "../../../lib/formats/arrow/encode-cells.ts";
import { csvFormat } from "../../../lib/formats/csv/csv-format.ts";
import { jsonFormat } from "../../../lib/formats/json/json-format.ts";
import { jsonlFormat } from "../../../lib/formats/jsonl/jsonl-format.ts";
import { newBatch } from "../../../lib/native/abi2.ts";
import { Abi2Transform } from "../../../lib/native/abi2-transform.ts";
import { ColumnBatch } from "../../../lib/native/column-batch.ts";
import { exportArray, liveExports } from "../../../lib/native/export-array.ts";
import { BATCH } from "../../../lib/native/layout.ts";
import { openLibrary } from "../../../lib/native/library.ts";
import { liveNativeArrays, NativeRows } from "../../../lib/native/native-rows.ts";
import { nativeCodecs } from "../../../lib/plugin/native-builtins.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";
import { type AnyTable, anyTable } from "../formats/parquet/any-table.ts";

// What is held against TypeScript here is native, also where all else is not.
process.env["DATIVO_NATIVE"] = "on";

const { signal } = new AbortController();

interface Outcome {
  readonly text: string;
  readonly error?: string | undefined;
}

/** The text of batches, or the error that they end in. */
async function textOf(encoder: Encoder | NativeEncoder, batches: readonly Batch[]): Promise<Outcome> {
  const chunks: Uint8Array[] = [];
  try {
    for (const batch of batches) chunks.push(...(await blocksOf(encoder, batch)));
    chunks.push(...(await encoder.end()));
    return { text: Buffer.concat(chunks).toString() };
  } catch (error) {
    if (!(error instanceof DativoError)) throw error;
    return { text: Buffer.concat(chunks).toString(), error: `${error.code} ${error.culprit} ${error.message}` };
  }
}

/** Copies, as the memory of native blocks is used again. */
async function blocksOf(encoder: Encoder | NativeEncoder, batch: Batch): Promise<Uint8Array[]> {
  const blocks: Uint8Array[] = [];
  for await (const block of await encoder.encode(batch)) blocks.push(new Uint8Array(block));
  return blocks;
}

async function encodeNatively(format: Format, options: object, schema: Schema): Promise<NativeEncoder> {
  const encoder = await nativeCodecs.encoder(format, options, { schema, metadata: {}, checksums: true }, signal);
  if (!encoder) throw new Error("there is no native encoder");
  return encoder;
}

const length = ({ columns }: AnyTable): number => columns[0]?.length ?? 0;
const provenance = Provenance.numbered("a.csv", 1);

function inRows(table: AnyTable): RowBatch {
  return RowBatch.fromColumns(table.schema, table.columns, length(table), { provenance });
}

/** The same records as columns in memory. */
function inColumns(table: AnyTable): ArrowBatch {
  const { fields } = table.schema;
  const columns = fields.map(({ type }, index) => encodeColumn(type, table.columns[index] as unknown[]));
  return new ArrowBatch(table.schema, fields.map(plainField), columns, length(table), provenance);
}

/** Both encoders must write the same, sum the same, and fail alike. */
async function compare(format: Format, options: object, table: AnyTable): Promise<void> {
  const { schema } = table;
  const expected = await textOf(format.encoder?.(options, { schema, metadata: {} }) as Encoder, [inRows(table)]);
  const encoder = await encodeNatively(format, options, schema);
  try {
    expect(await textOf(encoder, [inColumns(table)])).toEqual(expected);
    if (expected.error) return;
    const sums = new ChecksumBuilder(schema);
    sums.add(inRows(table));
    expect(encoder.checksums()).toEqual(sums.build());
  } finally {
    await encoder.close();
  }
}

const HOSTILE = [
  "",
  "a",
  ",",
  '"',
  '""',
  "\n",
  "\r",
  "x\r\ny",
  "\t",
  "\0",
  "\u001f\u007f",
  "\ufeff",
  "\ufeffx",
  "=1+1",
  "+1",
  "-1",
  "@a",
  "\uff1d1",
  "'",
  "null",
  "NULL",
  "0",
  "true",
  "é",
  "🦀",
  "\u2028",
  "back\\slash",
  "||",
  "x|",
  "ab",
  "x".repeat(70),
  `${"x".repeat(40)}"`,
  `${"x".repeat(31)},`,
  "<NA>",
];

const hostileTexts: fc.Arbitrary<AnyTable> = fc
  .array(fc.tuple(fc.option(fc.constantFrom(...HOSTILE)), fc.option(fc.constantFrom(...HOSTILE))), { maxLength: 50 })
  .chain((rows) =>
    fc.constantFrom(1, 2).map((width) => ({
      schema: new Schema(
        ["a", "=b"].slice(0, width).map((name): Field => ({ name, type: { kind: "string" }, nullable: true })),
      ),
      columns: [0, 1].slice(0, width).map((index) => rows.map((row) => row[index] ?? null)),
    })),
  );

/** Names that a library cannot be told are refused before. */
const named = (tables: fc.Arbitrary<AnyTable>): fc.Arbitrary<AnyTable> =>
  tables.filter(({ schema }) => nativeCodecs.encoderRefusal(csvFormat, schema) === undefined);

const csvOptions = fc
  .record(
    {
      delimiter: fc.constantFrom(",", ";", "tab", "|", "||", "-", "1", "é", "ab", "aa", "x", "."),
      quote_char: fc.constantFrom('"', "'", "0", "a", "~"),
      header: fc.boolean(),
      null_value: fc.constantFrom("", "NULL", "0", "-", "a", "true", "<NA>", "é"),
      escape_formulas: fc.constantFrom("none", "prefix"),
      line_ending: fc.constantFrom("\n", "\r\n"),
    },
    { requiredKeys: [] },
  )
  .filter((options) => csvFormat.encodeOptions?.safeParse(options).success === true);

const jsonlOptions = fc.record(
  {
    decimals: fc.constantFrom("number", "string"),
    non_finite: fc.constantFrom("error", "null", "string"),
  },
  { requiredKeys: [] },
);

/** The same batch from a library: what has a mark in its schema keeps it there and back. */
async function throughLibrary(marks: Readonly<Record<string, "text" | "json">>, table: AnyTable): Promise<Batch> {
  const fields = table.schema.fields.map((field): Field => {
    const mark = marks[field.name];
    return mark ? { ...field, lexical: true, metadata: { [LEXICAL]: mark } } : field;
  });
  const transform = new Abi2Transform(openLibrary(nativeLibrary("masking")), "create_transform");
  await transform.create({ options: { column: "masked" } }, signal);
  const arrow = await transform.open(new Schema(fields));
  const struct = newBatch();
  const types = fields.map(({ type }) => type);
  exportArray(encodeRecords(types, table.columns, length(table))).copy(struct, BATCH.rows);
  const batches: Batch[] = [];
  for await (const out of transform.apply(struct)) {
    batches.push(new ColumnBatch(arrow, NativeRows.takeFrom(out, BATCH.rows) as NativeRows, provenance));
  }
  await transform.close();
  return batches[0] as Batch;
}

const tableOf = (columns: Readonly<Record<string, readonly [type: string, ...cells: unknown[]]>>): AnyTable => ({
  schema: new Schema(
    Object.entries(columns).map(([name, [type]]): Field => ({ name, type: parseType(type), nullable: true })),
  ),
  columns: Object.values(columns).map(([, ...cells]) => cells),
});

describeNative("native encoders", () => {
  it("write what TypeScript writes of every type, with every option", async () => {
    const tables = named(fc.oneof(anyTable("any"), hostileTexts));
    await fc.assert(
      fc.asyncProperty(csvOptions, tables, (options, table) => compare(csvFormat, options, table)),
      {
        numRuns: 600,
      },
    );
    const objects = fc.constantFrom(jsonlFormat, jsonFormat);
    await fc.assert(fc.asyncProperty(objects, jsonlOptions, tables, compare), { numRuns: 500 });
    expect([liveNativeArrays(), liveExports()]).toEqual([0, 0]);
  }, 120_000);

  it("write numbers, times and what is free-form inside as TypeScript does", async () => {
    const doubles = [0, -0, 1, -1.5, 0.1, 1e21, 123456789012345680000, 2 ** 53, -(2 ** 53), 2 ** 53 - 1, 1e-7, 5e-324];
    const table = tableOf({
      n: ["double", ...doubles, Number.MAX_VALUE, null],
      big: ["integer", ...doubles.map((_, i) => (2n ** 63n - 1n) / 10n ** BigInt(i)), -(2n ** 63n), 0],
      day: ["date", ...doubles.map((_, i) => (i % 2 ? "0001-01-01" : "9999-12-31")), "1970-01-01", null],
      free: ["object", ...doubles.map((n) => ({ b: [n, "x\ny"], 7: {} })), [1, [null]], "text"],
    });
    for (const options of [{}, { delimiter: "." }]) await compare(csvFormat, options, table);
    for (const format of [jsonlFormat, jsonFormat]) await compare(format, {}, table);
  });

  it("write one array of what comes in columns and what comes in rows", async () => {
    const table = tableOf({ id: ["integer", 1, 2] });
    const none = tableOf({ id: ["integer"] });
    const [columns, rows] = [inColumns(table), inRows(table)];
    for (const batches of [[], [inColumns(none)], [columns, rows, columns], [rows, inColumns(none), columns]]) {
      const plain = jsonFormat.encoder?.({}, { schema: table.schema, metadata: {} }) as Encoder;
      const encoder = await encodeNatively(jsonFormat, {}, table.schema);
      const { text } = await textOf(encoder, batches);
      expect(text).toBe((await textOf(plain, batches.map(RowBatch.from))).text);
      expect(JSON.parse(text)).toHaveLength(batches.reduce((sum, batch) => sum + batch.length, 0));
      await encoder.close();
    }
  });

  it("write long batches in blocks, and the header once", async () => {
    const rows = 40_000;
    const texts = Array.from({ length: rows }, (_, row) => (row % 1000 === 0 ? `say "${row}"` : `text number ${row}`));
    const table = tableOf({ id: ["integer", ...texts.keys()], text: ["string", ...texts] });
    const encoder = await encodeNatively(csvFormat, {}, table.schema);
    const blocks = [...(await blocksOf(encoder, inColumns(table))), ...(await blocksOf(encoder, inRows(table)))];
    await blocksOf(encoder, inColumns(table));
    await encoder.end();
    expect(blocks.length).toBeGreaterThan(3);
    const [plain, sums] = [csvFormat.encoder?.({}, { schema: table.schema, metadata: {} }) as Encoder, table.schema];
    const expected = await textOf(plain, [inRows(table), inRows(table)]);
    expect(Buffer.concat(blocks).toString()).toBe(expected.text);
    const builder = new ChecksumBuilder(sums);
    for (let i = 0; i < 3; i++) builder.add(inRows(table));
    expect(encoder.checksums()).toEqual(builder.build());
    await encoder.close();
  });

  it("fill the same memory again, and never a block that the last but one call gave", async () => {
    const texts = Array.from({ length: 40_000 }, (_, row) => `text number ${row}`);
    const table = tableOf({ text: ["string", ...texts] });
    const encoder = await encodeNatively(jsonlFormat, {}, table.schema);
    const memories: ArrayBufferLike[] = [];
    for (let round = 0; round < 3; round++) {
      let last: { readonly block: Uint8Array; readonly was: Buffer } | undefined;
      for await (const block of encoder.encode(inColumns(table))) {
        if (last) expect(Buffer.compare(last.block, last.was)).toBe(0);
        last = { block, was: Buffer.from(block) };
        memories.push(block.buffer);
      }
    }
    expect(memories.length).toBeGreaterThan(5);
    expect(new Set(memories).size).toBe(2);
    await encoder.close();
  });

  it("name the same field and record of a value that has no text", async () => {
    const columns = { a: ["double", 1, 2, Number.NaN], b: ["double", Number.POSITIVE_INFINITY, 1, 1] } as const;
    await compare(jsonlFormat, {}, tableOf(columns));
    const encoder = await encodeNatively(jsonlFormat, {}, tableOf(columns).schema);
    const { error } = await textOf(encoder, [inColumns(tableOf(columns))]);
    expect(error).toMatch(/^DTV_VALUE_UNFIT a Field 'a' at a.csv, record 3 is NaN, which JSON has not/);
    await encoder.close();
  });

  it("go on after a header without records, and close without any", async () => {
    const { schema } = tableOf({ a: ["string"] });
    const encoder = await encodeNatively(csvFormat, {}, schema);
    expect(Buffer.concat(await encoder.end()).toString()).toBe("a\n");
    await encoder.close();
  });

  describe("of untyped fields", () => {
    const cells = ["text", '"a,\\u00e9"', "null", "1.5", "12345678901234567890", "true", '{"a":[1,"\\n"]}', '""', null];
    const json = tableOf({ masked: ["string", ...cells.map(() => "")], v: ["string", ...cells.slice(1), "[ ]"] });

    it("write JSON as the values that it is", async () => {
      const batch = await throughLibrary({ v: "json" }, json);
      expect(batch.schema.field("v")?.lexical).toBe(true);
      expect(RowBatch.from(batch).cells(1)[0]).toBe("a,é");
      for (const format of [csvFormat, jsonlFormat, jsonFormat]) {
        for (const options of format === csvFormat ? [{}, { null_value: "NULL", escape_formulas: "prefix" }] : [{}]) {
          const context = { schema: batch.schema, metadata: {} };
          const expected = await textOf(format.encoder?.(options, context) as Encoder, [RowBatch.from(batch)]);
          const encoder = await encodeNatively(format, options, batch.schema);
          const { text, error } = await textOf(encoder, [batch]);
          await encoder.close();
          // Escapes stand as they stood.
          expect([text.replace("\\u00e9", "é"), error]).toEqual([expected.text, undefined]);
        }
      }
      batch.release();
      expect(liveNativeArrays()).toBe(0);
    });

    it("write any text and number of JSON with every option of CSV", async () => {
      const numbers = ["0", "-1", "1.5", "1e-7", "12345678901234567890", "true", "false", "null", " 7", '[1,","]'];
      const cell = fc.constantFrom(...HOSTILE.map((text) => JSON.stringify(text)), ...numbers);
      await fc.assert(
        fc.asyncProperty(csvOptions, fc.array(cell, { minLength: 1, maxLength: 30 }), async (options, values) => {
          const table = tableOf({ masked: ["string", ...values.map(() => "")], v: ["string", ...values] });
          const batch = await throughLibrary({ v: "json" }, table);
          const context = { schema: batch.schema, metadata: {} };
          const expected = await textOf(csvFormat.encoder?.(options, context) as Encoder, [RowBatch.from(batch)]);
          const encoder = await encodeNatively(csvFormat, options, batch.schema);
          const found = await textOf(encoder, [batch]);
          await encoder.close();
          batch.release();
          expect(found).toEqual(expected);
        }),
        { numRuns: 300 },
      );
    }, 60_000);

    it("write text as text", async () => {
      const table = tableOf({ masked: ["string", "", ""], v: ["string", "=1", "5"] });
      const batch = await throughLibrary({ v: "text" }, table);
      for (const [format, options] of [
        [csvFormat, { escape_formulas: "prefix" }] as const,
        [jsonlFormat, {}] as const,
        [jsonFormat, {}] as const,
      ]) {
        const context = { schema: batch.schema, metadata: {} };
        const expected = await textOf(format.encoder?.(options, context) as Encoder, [RowBatch.from(batch)]);
        const encoder = await encodeNatively(format, options, batch.schema);
        expect(await textOf(encoder, [batch])).toEqual(expected);
        await encoder.close();
      }
      batch.release();
    });

    it("refuse half of a surrogate pair in CSV", async () => {
      const table = tableOf({ masked: ["string", ""], v: ["string", '"\\ud83e"'] });
      const batch = await throughLibrary({ v: "json" }, table);
      const context = { schema: batch.schema, metadata: {} };
      const expected = await textOf(csvFormat.encoder?.({}, context) as Encoder, [RowBatch.from(batch)]);
      const encoder = await encodeNatively(csvFormat, {}, batch.schema);
      const found = await textOf(encoder, [batch]);
      expect([found.error, found.error]).toEqual([expected.error, expect.stringContaining("surrogate")]);
      await encoder.close();
      batch.release();
    });
  });

  it("are not for names that C has no text for, and say so", () => {
    const type: DataType = { kind: "object", properties: [{ name: "a\0b", type: { kind: "date" }, nullable: true }] };
    const refusal = nativeCodecs.encoderRefusal(csvFormat, new Schema([{ name: "a", type, nullable: true }]));
    expect(refusal).toBe('the name "a\\u0000b" cannot be told to a library');
  });
});
