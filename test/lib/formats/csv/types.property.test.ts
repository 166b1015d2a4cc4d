import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileConverter } from "../../../../lib/contract/convert.ts";
import { formatDecimal } from "../../../../lib/contract/decimal.ts";
import type { Format } from "../../../../lib/contract/format.ts";
import { RowBatch } from "../../../../lib/contract/row-batch.ts";
import { Schema } from "../../../../lib/contract/schema.ts";
import { formatDate, formatTime, formatTimestamp, MICROS_PER_DAY } from "../../../../lib/contract/temporal.ts";
import { type DataType, parseType } from "../../../../lib/contract/types.ts";
import { csvFormat } from "../../../../lib/formats/csv/csv-format.ts";
import { jsonlFormat } from "../../../../lib/formats/jsonl/jsonl-format.ts";
import { decodeWell } from "./decode.ts";

const days = fc.integer({ min: -700_000, max: 2_900_000 });
const micros = fc.integer({ min: 0, max: MICROS_PER_DAY - 1 });
const integers = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map((n) => (Number.isSafeInteger(Number(n)) ? Number(n) : n));
const decimals = fc.bigInt(-(10n ** 38n) + 1n, 10n ** 38n - 1n).map((n) => formatDecimal(n, 9));
const members: DataType = {
  kind: "object",
  properties: [
    { name: "__proto__", type: { kind: "integer" }, nullable: true },
    { name: "d", type: parseType("decimal(38,9)"), nullable: true },
    { name: "t", type: { kind: "array", items: { kind: "string" } }, nullable: true },
  ],
};

/** A type and any of its cells, as `compileConverter` makes them. */
const TYPES: readonly (readonly [DataType, fc.Arbitrary<unknown>])[] = [
  [parseType("string"), fc.string({ unit: "binary" }).filter((text) => !["", "NULL", "null", "None"].includes(text))],
  [parseType("integer"), integers],
  [parseType("double"), fc.double()],
  [parseType("decimal(38,9)"), decimals],
  [parseType("boolean"), fc.boolean()],
  [parseType("date"), days.map(formatDate)],
  [parseType("time"), micros.map(formatTime)],
  [parseType("timestamp"), fc.tuple(days, micros).map(([days, micros]) => formatTimestamp({ days, micros }, false))],
  [parseType("timestamptz"), fc.tuple(days, micros).map(([days, micros]) => formatTimestamp({ days, micros }, true))],
  [parseType("binary"), fc.uint8Array({ minLength: 1 })],
  [parseType("array<integer>"), fc.array(fc.option(integers))],
  [parseType("array<array<double>>"), fc.array(fc.array(fc.double()))],
  [
    members,
    fc.tuple(integers, decimals, fc.array(fc.string())).map(([i, d, t]) => nullPrototype({ ["__proto__"]: i, d, t })),
  ],
];

describe.each<[Format, object, object]>([
  [csvFormat, {}, { allow_nul: true }],
  [jsonlFormat, { non_finite: "string" }, {}],
  [jsonlFormat, { non_finite: "string", decimals: "string" }, {}],
])("$name: a table of every type", (format, encodeOptions, decodeOptions) => {
  it("comes back through text and the conversion of its types", () => {
    const rows = fc.array(fc.tuple(...TYPES.map(([, cells]) => fc.option(cells))), { minLength: 1, maxLength: 5 });
    const schema = new Schema(TYPES.map(([type], i) => ({ name: `f${i}`, type, nullable: true })));
    const converters = TYPES.map(([type]) => compileConverter(type));
    fc.assert(
      fc.property(rows, (rows) => {
        const columns = TYPES.map((_, i) => rows.map((row) => row[i]));
        const encoder = format.encoder?.(encodeOptions, { schema, metadata: {} });
        const written = encoder?.encode(RowBatch.fromColumns(schema, columns, rows.length)) as Uint8Array[];
        const decoded = decodeWell(format, Buffer.concat(written), { options: decodeOptions });
        expect(decoded.rejects).toEqual([]);
        const read = decoded.rows.map((row) => row.map((cell, i) => (cell === null ? null : converters[i]?.(cell))));
        expect(read).toEqual(rows);
      }),
      { numRuns: 300 },
    );
  });
});

/** An object as the converter makes it; its `__proto__` is a member like any other. */
function nullPrototype(members: object): object {
  return Object.defineProperties(Object.create(null), Object.getOwnPropertyDescriptors(members));
}
