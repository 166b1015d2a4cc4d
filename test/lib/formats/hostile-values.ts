import type { FieldSpec } from "../../../lib/contract/asset.ts";
import { record } from "./parquet/sample.ts";

/** Values of a type. Those that some format loses stand under the name that docs/formats.md has for them. */
export interface Hostile {
  readonly spec: Omit<FieldSpec, "name">;
  readonly values: Readonly<Record<string, readonly unknown[]>>;
}

const text: FieldSpec["type"] = "string";
const MEMBERS: readonly FieldSpec[] = [
  { name: "exact", type: "decimal(38,30)" },
  { name: "wide", type: "integer" },
  { name: "text", type: text },
  { name: "day", type: "date" },
  { name: "list", type: "array", items: { type: "double" } },
];
const object = (exact: unknown, wide: unknown, inner: unknown, day: unknown, list: unknown): unknown =>
  record({ exact, wide, text: inner, day, list });

const TEXTS = [
  "a\nb",
  "a\r\nb\r",
  "\n",
  '"',
  'a "b" c',
  '""',
  ",",
  ";\t|",
  "'",
  "\u{1f600} e\u0301 \u202e \u2028",
  "\ufeffmark",
  " blank ",
  "=1+1",
  "NaN",
  "true",
  "00501",
  "1e5",
  "{}",
  "#",
  "\\",
  "\\n",
];

export const HOSTILE: readonly Hostile[] = [
  {
    spec: { type: text },
    values: {
      others: TEXTS,
      "the empty text": [""],
      "the texts `NULL`, `null`, `None`": ["NULL", "null", "None"],
      "the text `\\N`": ["\\N"],
      "the character U+0000 in text": ["\0", "a\0b"],
      "half of a surrogate pair": ["\ud800", "a\udc00b"],
    },
  },
  { spec: { type: "integer" }, values: { others: [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, 2 ** 53 - 1, 0, -1] } },
  {
    spec: { type: "double" },
    values: {
      others: [-0, 0, 5e-324, -Number.MAX_VALUE, 2 ** 53, 2 ** 63, 1e21, 0.1],
      "NaN and the infinities": [Number.NaN, Infinity, -Infinity],
    },
  },
  {
    spec: { type: "decimal(38,30)" },
    values: { others: [`0.${"0".repeat(29)}1`, `-99999999.${"9".repeat(30)}`, `0.${"0".repeat(30)}`] },
  },
  { spec: { type: "decimal(38,0)" }, values: { others: ["9".repeat(38), `-${"9".repeat(38)}`, "0"] } },
  { spec: { type: "boolean" }, values: { others: [true, false] } },
  { spec: { type: "date" }, values: { others: ["0001-01-01", "9999-12-31", "1969-12-31", "2000-02-29"] } },
  { spec: { type: "time" }, values: { others: ["00:00:00.000000", "23:59:59.999999"] } },
  { spec: { type: "timestamp" }, values: { others: ["0001-01-01T00:00:00.000000", "9999-12-31T23:59:59.999999"] } },
  { spec: { type: "timestamptz" }, values: { others: ["0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"] } },
  {
    spec: { type: "binary" },
    values: { others: [Uint8Array.of(0), Uint8Array.of(0xff, 0, 10, 13, 34)], "empty bytes": [new Uint8Array()] },
  },
  {
    spec: { type: "array", items: { type: text } },
    values: { others: [[], [null], ["", null, "NULL", "\0", '"', "a\nb"]], "half of a surrogate pair": [["\ud800"]] },
  },
  {
    spec: { type: "array", items: { type: "array", items: { type: "integer" } } },
    values: { others: [[[]], [null, [null, 2n ** 63n - 1n]]] },
  },
  {
    spec: { type: "object", properties: MEMBERS },
    values: {
      others: [
        object(`0.${"0".repeat(29)}1`, -(2n ** 63n), "\0\n", "9999-12-31", [-0, null]),
        object(null, 1, "", null, []),
      ],
      "NaN and the infinities": [object(null, null, null, "0001-01-01", [Number.NaN, Infinity, -Infinity])],
    },
  },
  { spec: { type: "object" }, values: { others: [{ a: { b: [2n ** 63n, 0.1, "\0", null, {}] }, "": "" }] } },
  { spec: { type: "array" }, values: { others: [[], [1, "a", [null], { a: true }]] } },
];
