import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DativoError } from "../../../../lib/contract/errors.ts";
import { parseJson } from "../../../../lib/contract/json.ts";
import { RowBatch } from "../../../../lib/contract/row-batch.ts";
import { Schema } from "../../../../lib/contract/schema.ts";
import { jsonlFormat } from "../../../../lib/formats/jsonl/jsonl-format.ts";
import { HEAD_BYTES } from "../../../../lib/formats/text/text-head.ts";
import { type Decoded, decode, decodeWell, summaryOf } from "../csv/decode.ts";

const hostileKeys = ["__proto__", "constructor", "toString", "hasOwnProperty", "", "a", "b", "é", "0", "10"];
const keys = fc.oneof(fc.constantFrom(...hostileKeys), fc.string({ maxLength: 4 }));
const numbers = fc.oneof(
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map((n) => (Number.isSafeInteger(Number(n)) ? Number(n) : n)),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const values = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    fc.string({ unit: "binary", maxLength: 6 }),
    numbers,
    fc.array(tie("value"), { maxLength: 3 }),
    tie("object"),
  ),
  object: fc.array(fc.tuple(keys, tie("value")), { maxLength: 4 }).map(objectOf),
})).value;
const objects = fc.array(fc.tuple(keys, values), { maxLength: 6 }).map(objectOf);
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

/** Nothing is read before the first bytes have been looked at: blanks in front make the cuts behind them count. */
const BLANKS = "\n".repeat(HEAD_BYTES);

/** An object with these members as its own, `__proto__` included. */
function objectOf(members: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(members);
}

/** JSON text of a value, with all digits. */
function jsonOf(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (Object.is(value, -0)) return "-0";
  // Without an exponent it would be an integer.
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return (value as number).toExponential();
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}:${jsonOf(member)}`)
    .join(" , ")}}`;
}

function expectPlacesIn(decoded: Decoded, input: Uint8Array): void {
  for (const { offset = -1, length = -1, raw } of [...decoded.places, ...decoded.rejects]) {
    expect(offset).toBeGreaterThanOrEqual(0);
    expect(Buffer.compare(raw ?? Buffer.of(0), input.subarray(offset, offset + length))).toBe(0);
  }
}

describe("any objects", () => {
  it("come back with all digits and all keys, in their places", () => {
    fc.assert(
      fc.property(
        fc.array(objects, { maxLength: 10 }),
        cuts,
        fc.constantFrom("\n", "\r\n", "\n \n"),
        (given, cuts, lineEnd) => {
          const input = Buffer.from(BLANKS + given.map((object) => jsonOf(object) + lineEnd).join(""));
          const decoded = decodeWell(jsonlFormat, input, { first: BLANKS.length, cuts, batchRows: 4 });
          expect(decoded.rejects).toEqual([]);
          const names = [...new Set(given.flatMap((object) => Object.keys(object)))];
          expect(decoded.names).toEqual(names);
          expect(decoded.rows).toEqual(
            given.map((object) => names.map((name) => (Object.hasOwn(object, name) ? object[name] : null))),
          );
          expect(Object.keys(Object.prototype)).toEqual([]);
          expectPlacesIn(decoded, input);
          const reparsed = decoded.places.map(({ raw }) => parseJson(Buffer.from(raw ?? []).toString()));
          expect(reparsed).toEqual(given);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("come back as the encoder wrote them", () => {
    const tables = fc.uniqueArray(keys, { minLength: 1, maxLength: 4 }).chain((names) =>
      fc.record({
        names: fc.constant(names),
        table: fc.array(fc.array(values, { minLength: names.length, maxLength: names.length }), { maxLength: 8 }),
      }),
    );
    fc.assert(
      fc.property(tables, cuts, ({ names, table }, cuts) => {
        const schema = Schema.lexical(names);
        const batch = RowBatch.fromColumns(
          schema,
          names.map((_, i) => table.map((row) => row[i])),
          table.length,
        );
        const encoder = jsonlFormat.encoder?.({}, { schema, metadata: {} });
        const input = Buffer.concat([...((encoder?.encode(batch) ?? []) as Uint8Array[])]);
        const decoded = decodeWell(jsonlFormat, input, { cuts });
        const order = decoded.names ?? [];
        expect(new Set(order)).toEqual(new Set(table.length > 0 ? names : []));
        expect(decoded.rows).toEqual(table.map((row) => order.map((name) => row[names.indexOf(name)])));
      }),
      { numRuns: 500 },
    );
  });
});

describe("any members", () => {
  interface Tree {
    readonly text: string;
    readonly repeats: boolean;
  }
  const names = fc.constantFrom("a", "b", "\\u0061", ":", '\\"', "{");
  const { object } = fc.letrec<{ value: Tree; object: Tree }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc
        .constantFrom("1", '":"', '"\\":"', '"\\\\"', '"a"', "null", "12345678901234567890", '"\\u003a"')
        .map((text) => ({ text, repeats: false })),
      fc.array(tie("value"), { maxLength: 3 }).map((items) => ({
        text: `[${items.map(({ text }) => text).join(" ,")}]`,
        repeats: items.some(({ repeats }) => repeats),
      })),
      tie("object"),
    ),
    object: fc
      .array(fc.tuple(names, tie("value"), fc.constantFrom("", " ", "\t")), { maxLength: 4 })
      .map((members) => ({
        text: `{${members.map(([name, { text }, blank]) => `${blank}"${name}"${blank}:${blank}${text}`).join(",")}}`,
        repeats:
          members.some(([, { repeats }]) => repeats) ||
          new Set(members.map(([name]) => JSON.parse(`"${name}"`))).size < members.length,
      })),
  }));

  it("are rejected when an object repeats a name, at whatever depth, and only then", () => {
    fc.assert(
      fc.property(object, ({ text, repeats }) => {
        const { rows, rejects } = decodeWell(jsonlFormat, text);
        expect([rows.length, rejects.length]).toEqual(repeats ? [0, 1] : [1, 0]);
        if (repeats) expect(rejects[0]?.faults[0]?.reason).toMatch(/^names '.*' twice$/);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("any bytes", () => {
  const pieces = [
    "{",
    "}",
    '{"a":1}',
    '{"b":[2]}',
    '"',
    ":",
    ",",
    "[",
    "]",
    "\n",
    "\r\n",
    "\r",
    " ",
    "\xff",
    "\xc3\xa9",
    "\0",
    "1e400",
  ];
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
    fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((texts) => Buffer.from(texts.join(""), "latin1")),
  );

  it("give records, rejects or an error of ours, however they are cut", () => {
    fc.assert(
      fc.property(noise, cuts, fc.integer({ min: 1, max: 3 }), (noise, cuts, batchRows) => {
        const input = Buffer.concat([Buffer.from(BLANKS), noise]);
        const init = { batchRows, options: { max_record_bytes: 25 } };
        const whole = decode(jsonlFormat, input, init);
        const cut = decode(jsonlFormat, input, { ...init, first: input.length - noise.length, cuts });
        const single = decode(jsonlFormat, input, { ...init, first: input.length - noise.length, cuts: [1] });
        expect(summaryOf(cut)).toEqual(summaryOf(whole));
        expect(summaryOf(single)).toEqual(summaryOf(whole));
        expectPlacesIn(whole, input);
        if (whole.error) expect(whole.error).toBeInstanceOf(DativoError);
      }),
      { numRuns: 400 },
    );
  });
});
