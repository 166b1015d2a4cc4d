import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DativoError } from "../../../../lib/contract/errors.ts";
import { parseJson } from "../../../../lib/contract/json.ts";
import { RowBatch } from "../../../../lib/contract/row-batch.ts";
import { Schema } from "../../../../lib/contract/schema.ts";
import { jsonFormat } from "../../../../lib/formats/json/json-format.ts";
import { HEAD_BYTES } from "../../../../lib/formats/text/text-head.ts";
import { askDuckDB, tellDuckDB } from "../../../support/duckdb.ts";
import { tempFolder } from "../../../support/folder.ts";
import { decode, decodeWell, summaryOf } from "../csv/decode.ts";

/** Nothing is read before the first bytes have been looked at: blanks in front make the cuts behind them count. */
const BLANKS = "\n".repeat(HEAD_BYTES);
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
const records = fc.array(fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 3 })), { maxLength: 10 });
const blank = fc.constantFrom("", " ", "\n", "\r\n\t");

describe("any records", () => {
  it("come back, wherever in a document they stand", () => {
    const rest = fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 2 }));
    fc.assert(
      fc.property(records, rest, fc.string({ maxLength: 4 }), blank, cuts, (given, rest, name, blank, cuts) => {
        const text = JSON.stringify({ ...rest, [name]: given }, undefined, blank);
        const input = Buffer.from(BLANKS + blank + text + blank);
        const init = { first: BLANKS.length, cuts, batchRows: 3, options: { path: [name] } };
        const { names = [], rows, rejects, places } = decodeWell(jsonFormat, input, init);
        expect(rejects).toEqual([]);
        const parsed = (parseJson(text) as Record<string, object[]>)[name] as Record<string, unknown>[];
        expect(rows).toEqual(parsed.map((each) => names.map((key) => (Object.hasOwn(each, key) ? each[key] : null))));
        expect(places.map(({ raw }) => parseJson(Buffer.from(raw ?? []).toString()))).toEqual(parsed);
      }),
      { numRuns: 400 },
    );
  });

  it("come back as the encoder wrote them, in whatever batches", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string(), { maxLength: 4 }), { maxLength: 4 }), (batches) => {
        const schema = Schema.lexical(["a"]);
        const encoder = jsonFormat.encoder?.({}, { schema, metadata: {} });
        const written = batches.flatMap(
          (cells) => encoder?.encode(RowBatch.fromColumns(schema, [cells], cells.length)) as Uint8Array[],
        );
        const bytes = Buffer.concat([...written, ...((encoder?.end() ?? []) as Uint8Array[])]);
        const cells = batches.flat();
        expect(JSON.parse(bytes.toString())).toEqual(cells.map((a) => ({ a })));
        expect(decodeWell(jsonFormat, bytes).rows).toEqual(cells.map((a) => [a]));
      }),
      { numRuns: 300 },
    );
  });
});

describe("any bytes", () => {
  const pieces = [
    "[",
    "]",
    "{",
    "}",
    '{"a":1}',
    '{"a":[2]}',
    '"',
    '"a"',
    ":",
    ",",
    "\n",
    " ",
    "\\",
    "1",
    "nul",
    "\xff",
  ];
  const noise = fc.oneof(
    fc.array(fc.constantFrom(...pieces), { maxLength: 25 }).map((texts) => Buffer.from(texts.join(""), "latin1")),
    fc.tuple(records, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean()).map(([given, place, byte, isCut]) => {
      const bytes = Buffer.from(JSON.stringify(given));
      const at = place % bytes.length;
      if (isCut) return bytes.subarray(0, at);
      bytes[at] = byte;
      return bytes;
    }),
  );

  /** The objects of a document by the engine's own parser; undefined when it is none. */
  function parseWhole(bytes: Buffer): Record<string, unknown>[] | undefined {
    try {
      const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
      return Array.isArray(value) ? value : undefined;
    } catch {
      return undefined;
    }
  }

  it("give what another parser finds, or an error or a reject, however they are cut", () => {
    fc.assert(
      fc.property(noise, cuts, fc.integer({ min: 1, max: 3 }), (noise, cuts, batchRows) => {
        const input = Buffer.concat([Buffer.from(BLANKS), noise]);
        const init = { batchRows, options: { max_record_bytes: 10_000 } };
        const whole = decode(jsonFormat, input, init);
        const cut = decode(jsonFormat, input, { ...init, first: BLANKS.length, cuts });
        expect(summaryOf(cut)).toEqual(summaryOf(whole));
        if (whole.error) expect(whole.error).toBeInstanceOf(DativoError);
        const parsed = parseWhole(noise);
        if (parsed === undefined) expect([whole.error !== undefined, whole.rejects.length > 0]).toContain(true);
        else expect([whole.error, whole.rows.length + whole.rejects.length]).toEqual([undefined, parsed.length]);
      }),
      { numRuns: 2000 },
    );
  });
});

it("reads what DuckDB writes as an array, and writes what DuckDB reads", async () => {
  const folder = tempFolder();
  const from = join(folder, "duck.json");
  const sql = `select i as id, 'x"\\' || i as name, [i, null] as list, {'a': i / 2} as pair from range(5000) t(i)`;
  await tellDuckDB(`copy (${sql}) to '${from}' (format json, array true)`);
  const { names = [], rows, rejects } = decodeWell(jsonFormat, readFileSync(from), { cuts: [65_536] });
  expect([names, rows.length, rejects]).toEqual([["id", "name", "list", "pair"], 5000, []]);
  expect(rows[7]).toEqual([7, 'x"\\7', [7, null], { a: 3.5 }]);
  const schema = Schema.lexical(names);
  const encoder = jsonFormat.encoder?.({}, { schema, metadata: {} });
  const columns = names.map((_, i) => rows.map((row) => row[i]));
  const bytes = [...((encoder?.encode(RowBatch.fromColumns(schema, columns, rows.length)) ?? []) as Uint8Array[])];
  const to = join(folder, "ours.json");
  writeFileSync(to, Buffer.concat([...bytes, ...((encoder?.end() ?? []) as Uint8Array[])]));
  const [difference] = await askDuckDB(`select count(*) as n from (
    (from read_json('${from}') except from read_json('${to}')) union all (from read_json('${to}') except from read_json('${from}')))`);
  expect(difference).toEqual({ n: "0" });
});
