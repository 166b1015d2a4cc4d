/** Random schemas and the records that fit them, for property tests. */
import fc from "fast-check";
import { formatDecimal } from "../../../../lib/contract/decimal.ts";
import { type Field, Schema } from "../../../../lib/contract/schema.ts";
import {
  formatDate,
  formatTime,
  formatTimestamp,
  MICROS_PER_DAY,
  parseDate,
} from "../../../../lib/contract/temporal.ts";
import { type DataType, decimalType, type Property } from "../../../../lib/contract/types.ts";
import { record } from "./sample.ts";

export interface AnyTable {
  readonly schema: Schema;
  readonly columns: unknown[][];
}

/** How names are made: of anything, or such that a reader without upper and lower case keeps them apart. */
export type Names = "any" | "plain";

const FIRST_DAY = parseDate("0001-01-01") as number;
const LAST_DAY = parseDate("9999-12-31") as number;
const MAX_DEPTH = 3;

export function anyTable(names: Names): fc.Arbitrary<AnyTable> {
  return anyFields(names, MAX_DEPTH).chain((fields) =>
    fc.integer({ min: 0, max: 40 }).chain((rows) => {
      const columns = fields.map((field) => {
        const length = { minLength: rows, maxLength: rows };
        return fc.array(anyCell(field.type, field.nullable), length);
      });
      return fc.tuple(...columns).map((cells) => ({ schema: new Schema(fields), columns: cells }));
    }),
  );
}

function anyFields(names: Names, depth: number): fc.Arbitrary<(Field & Property)[]> {
  const names_ = fc.uniqueArray(fc.string({ unit: "binary", maxLength: 6 }).map(withoutMark), {
    minLength: 1,
    maxLength: 4,
  });
  return names_.chain((drawn) =>
    fc.tuple(
      ...drawn.map((name, i) =>
        fc.record({
          name: fc.constant(names === "any" ? name : `f${i}`),
          type: anyType(names, depth),
          nullable: fc.boolean(),
        }),
      ),
    ),
  );
}

function anyType(names: Names, depth: number): fc.Arbitrary<DataType> {
  const simple = fc.oneof(
    fc.constantFrom<DataType>(
      { kind: "string" },
      { kind: "integer" },
      { kind: "double" },
      { kind: "boolean" },
      { kind: "date" },
      { kind: "time" },
      { kind: "binary" },
      { kind: "timestamp", zoned: true },
      { kind: "timestamp", zoned: false },
    ),
    fc
      .integer({ min: 1, max: 38 })
      .chain((precision) => fc.integer({ min: 0, max: precision }).map((scale) => decimalType(precision, scale))),
  );
  if (depth === 0) return simple;
  const list = anyType(names, depth - 1).map((items): DataType => ({ kind: "array", items }));
  const group = anyFields(names, depth - 1).map((properties): DataType => ({ kind: "object", properties }));
  return fc.oneof({ weight: 3, arbitrary: simple }, { weight: 1, arbitrary: list }, { weight: 1, arbitrary: group });
}

function anyCell(type: DataType, nullable: boolean): fc.Arbitrary<unknown> {
  const cell = presentCell(type);
  return nullable ? fc.option(cell, { freq: 3 }) : cell;
}

function presentCell(type: DataType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case "string":
      // Few different ones among them, so that dictionaries are made.
      return fc.oneof(fc.constantFrom("", "a", "b"), fc.string({ unit: "binary", maxLength: 20 }).map(withoutMark));
    case "integer":
      return fc.oneof(fc.integer(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })).map(narrow);
    case "double":
      return fc.oneof(fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity), fc.double());
    case "boolean":
      return fc.boolean();
    case "decimal": {
      const bound = 10n ** BigInt(type.precision) - 1n;
      return fc.bigInt({ min: -bound, max: bound }).map((unscaled) => formatDecimal(unscaled, type.scale));
    }
    case "date":
      return anyDay().map(formatDate);
    case "time":
      return anyMicros().map(formatTime);
    case "timestamp":
      return fc.tuple(anyDay(), anyMicros()).map(([days, micros]) => formatTimestamp({ days, micros }, type.zoned));
    case "binary":
      return fc.uint8Array({ maxLength: 12 }).map((bytes) => new Uint8Array(bytes));
    case "array":
      return fc.array(anyCell(type.items as DataType, true), { maxLength: 4 });
    case "object":
      return fc
        .tuple(...(type.properties ?? []).map((member) => anyCell(member.type, member.nullable)))
        .map((cells) => record(Object.fromEntries((type.properties ?? []).map(({ name }, i) => [name, cells[i]]))));
  }
}

function anyDay(): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min: -40_000, max: 40_000 }), fc.integer({ min: FIRST_DAY, max: LAST_DAY }));
}

function anyMicros(): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: MICROS_PER_DAY - 1 });
}

function narrow(value: number | bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** Decoders of text at the other end take a mark at its beginning away. */
function withoutMark(text: string): string {
  return text.replace(/^\ufeff+/, "");
}
