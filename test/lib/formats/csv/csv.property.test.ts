import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DativoError } from "../../../../lib/contract/errors.ts";
import { RowBatch } from "../../../../lib/contract/row-batch.ts";
import { Schema } from "../../../../lib/contract/schema.ts";
import { csvFormat } from "../../../../lib/formats/csv/csv-format.ts";
import { HEAD_BYTES } from "../../../../lib/formats/text/text-head.ts";
import { type Decoded, decode, decodeWell, summaryOf } from "./decode.ts";

/** Text in which everything that has a meaning in CSV is frequent, with characters of one to four bytes. */
const alphabet = [
  "a",
  "b",
  ",",
  ";",
  "|",
  '"',
  "'",
  "\\",
  "\n",
  "\r",
  "\r\n",
  "#",
  " ",
  "é",
  "€",
  "\u{1F600}",
  "\u2C41\u0100",
];
const hardText = fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 8 });
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

interface Dialect {
  readonly delimiter: string;
  readonly quote_char: string | null;
  readonly escape_char?: string;
  readonly comment?: string;
  readonly encoding: "utf-8" | "latin1" | "windows-1252" | "utf-16le" | "utf-16be";
}

const dialects: fc.Arbitrary<Dialect> = fc
  .record({
    delimiter: fc.constantFrom(",", ";", "|", "||", "tab", "é"),
    quote_char: fc.constantFrom('"', "'", null),
    escaped: fc.boolean(),
    commented: fc.constantFrom(undefined, "#", "##"),
    encoding: fc.constantFrom<Dialect["encoding"]>("utf-8", "latin1", "windows-1252", "utf-16le", "utf-16be"),
  })
  .map(({ escaped, commented, ...dialect }) => ({
    ...dialect,
    ...(escaped && dialect.quote_char ? { escape_char: "\\" } : {}),
    ...(commented ? { comment: commented } : {}),
  }));

/** Nothing is read before the first bytes have been looked at: a line in front makes the cuts behind it count. */
const SKIPPED = `${"x".repeat(HEAD_BYTES)}\n`;

function bytesOf(text: string, encoding: Dialect["encoding"]): Buffer {
  if (encoding === "utf-16be") return Buffer.from(text, "utf16le").swap16();
  return Buffer.from(text, encoding === "utf-8" ? "utf8" : encoding === "windows-1252" ? "latin1" : encoding);
}

/** Every place lies in the input, and its bytes are those of the input. */
function expectPlacesIn(decoded: Decoded, input: Uint8Array): void {
  for (const { offset = -1, length = -1, line = 0, row = 0, raw } of [...decoded.places, ...decoded.rejects]) {
    expect(offset).toBeGreaterThanOrEqual(0);
    expect(offset + length).toBeLessThanOrEqual(input.length);
    expect(Buffer.compare(raw ?? Buffer.of(0), input.subarray(offset, offset + length))).toBe(0);
    expect(line).toBeGreaterThan(0);
    expect(row).toBeGreaterThan(0);
  }
  const rows = [...decoded.places, ...decoded.rejects].map(({ row }) => row).sort((a = 0, b = 0) => a - b);
  expect(rows).toEqual(rows.map((_, i) => i + 1));
}

describe("any table", () => {
  const tables = fc
    .integer({ min: 1, max: 6 })
    .chain((width) =>
      fc.array(fc.array(hardText, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 12 }),
    );

  it("comes back as csv-stringify wrote it, and every span parses to its record again", () => {
    fc.assert(
      fc.property(tables, cuts, fc.constantFrom("\n", "\r\n", "\r"), (table, cuts, record_delimiter) => {
        const header = (table[0] ?? []).map((_, i) => `c${i}`);
        const text =
          SKIPPED +
          stringify([header, ...table], { record_delimiter, quoted_empty: true, quote_record_delimiter: true });
        const input = Buffer.from(text);
        const decoded = decodeWell(csvFormat, input, {
          options: { null_values: [], skip_lines: 1 },
          first: SKIPPED.length,
          cuts,
          batchRows: 5,
        });
        expect(decoded.names).toEqual(header);
        expect(decoded.rows).toEqual(table);
        expect(decoded.rejects).toEqual([]);
        expectPlacesIn(decoded, input);
        const reparsed = decoded.places.map(
          ({ raw }) => parse(Buffer.from(raw ?? []), { record_delimiter: [record_delimiter] })[0],
        );
        expect(reparsed).toEqual(table);
        expect(decoded.places.map(({ line }) => line)).toEqual(linesOf(text, decoded));
      }),
      { numRuns: 400 },
    );
  });

  it("comes back as the encoder wrote it, null and empty text apart", () => {
    const cells = fc.oneof(hardText, fc.constantFrom("", "-", "NULL", "\uFEFFx", "=1"), fc.constant(null));
    const arbitrary = fc
      .integer({ min: 1, max: 4 })
      .chain((width) => fc.array(fc.array(cells, { minLength: width, maxLength: width }), { maxLength: 12 }));
    const options = fc.record({
      delimiter: fc.constantFrom(",", "||", "tab", "é"),
      quote_char: fc.constantFrom('"', "'"),
      line_ending: fc.constantFrom("\n", "\r\n"),
    });
    fc.assert(
      fc.property(arbitrary, options, fc.boolean(), cuts, (table, { line_ending, ...shared }, header, cuts) => {
        const names = (table[0] ?? ["a"]).map((_, i) => `c${i}`);
        const encoder = csvFormat.encoder?.(
          { ...shared, line_ending, header, null_value: "-" },
          { schema: Schema.lexical(names), metadata: {} },
        );
        const columns = names.map((_, i) => table.map((row) => row[i]));
        const batch = RowBatch.fromColumns(Schema.lexical(names), columns, table.length);
        const bytes = Buffer.concat([
          ...((encoder?.encode(batch) ?? []) as Uint8Array[]),
          ...((encoder?.end() ?? []) as Uint8Array[]),
        ]);
        // Our reader takes quoted words for no value as well, so the word that the writer uses must not be in the data.
        const decoded = decodeWell(csvFormat, bytes, {
          options: { ...shared, header, columns: names, null_values: [] },
          cuts,
        });
        expect(decoded.rows).toEqual(table.map((row) => row.map((cell) => cell ?? "-")));
        const raw = parse(bytes, {
          delimiter: shared.delimiter === "tab" ? "\t" : shared.delimiter,
          quote: shared.quote_char,
          escape: shared.quote_char,
          record_delimiter: line_ending,
          from: header ? 2 : 1,
          cast: (value, { quoting }) => (value === "-" && !quoting ? null : value),
        });
        expect(raw).toEqual(table);
      }),
      { numRuns: 400 },
    );
  });
});

describe("any text", () => {
  const texts = fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 60 });

  it("is read the same however it is cut", () => {
    fc.assert(
      fc.property(
        texts,
        dialects,
        cuts,
        fc.boolean(),
        fc.integer({ min: 1, max: 3 }),
        (text, dialect, cuts, header, batchRows) => {
          const input = bytesOf(SKIPPED + text, dialect.encoding);
          const first = input.length - bytesOf(text, dialect.encoding).length;
          const options = { ...dialect, header, skip_lines: 1, max_field_bytes: 8, max_record_bytes: 20 };
          const whole = decode(csvFormat, input, { options, batchRows });
          const pieces = decode(csvFormat, input, { options, batchRows, cuts, first });
          const bytes = decode(csvFormat, input, { options, batchRows, cuts: [1], first });
          expect(summaryOf(pieces)).toEqual(summaryOf(whole));
          expect(summaryOf(bytes)).toEqual(summaryOf(whole));
          expectPlacesIn(whole, input);
          if (whole.error) {
            expect(whole.error).toBeInstanceOf(DativoError);
            expect((whole.error as DativoError).code).not.toBe("DTV_INTERNAL");
          }
        },
      ),
      {
        numRuns: 3000,
        // The limit is passed right before a quote: whether that quote was seen must not depend on the cuts.
        examples: [["aaaa|😀😀||'", { delimiter: "|", quote_char: "'", encoding: "utf-16le" }, [1], false, 1]],
      },
    );
  });

  it("is read as csv-parse reads it, where csv-parse finds no fault", () => {
    let compared = 0;
    fc.assert(
      fc.property(texts, dialects, (text, { comment, ...dialect }) => {
        const input = bytesOf(text, "utf-8");
        const expected = parseOrUndefined(input, dialect);
        if (!expected) return;
        compared++;
        const decoded = decode(csvFormat, input, {
          options: { ...dialect, encoding: "utf-8", header: false, null_values: [] },
        });
        const width = expected[0]?.length ?? 0;
        expect(decoded.rows).toEqual(expected.filter((row) => row.length === width));
        expect(decoded.rejects.length).toBe(expected.length - decoded.rows.length);
      }),
      { numRuns: 3000 },
    );
    expect(compared).toBeGreaterThan(500);
  });

  it("is the same in UTF-16 as in UTF-8, but for the offsets", () => {
    fc.assert(
      fc.property(texts, dialects, cuts, (text, dialect, cuts) => {
        const options = { ...dialect, header: false };
        const narrow = decode(csvFormat, bytesOf(text, "utf-8"), { options: { ...options, encoding: "utf-8" } });
        const wide = decode(csvFormat, bytesOf(text, "utf-16le"), {
          options: { ...options, encoding: "utf-16le" },
          cuts,
        });
        expect(wide.rows).toEqual(narrow.rows);
        expect(wide.places.map(({ line }) => line)).toEqual(narrow.places.map(({ line }) => line));
        const textsOf = ({ places, rejects }: Decoded, encoding: BufferEncoding): string[] =>
          [...places, ...rejects].map(({ raw }) => Buffer.from(raw ?? []).toString(encoding));
        expect(textsOf(wide, "utf16le")).toEqual(textsOf(narrow, "utf8"));
        expect((wide.error as DativoError | undefined)?.code).toBe((narrow.error as DativoError | undefined)?.code);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("any bytes", () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .array(fc.constantFrom(0, 10, 13, 34, 44, 97, 0xc3, 0xa9, 0xff, 0xd8), { maxLength: 200 })
      .map((b) => Uint8Array.from(b)),
  );

  it("at the start of a file give records, rejects or an error of ours", () => {
    fc.assert(
      fc.property(noise, dialects, (input, dialect) => {
        const decoded = decode(csvFormat, input, { options: dialect });
        expectPlacesIn(decoded, input);
        if (decoded.error) expect(decoded.error).toBeInstanceOf(DativoError);
      }),
      { numRuns: 1000 },
    );
  });

  it("give records, rejects or an error of ours, in their places", () => {
    fc.assert(
      fc.property(noise, dialects, cuts, fc.boolean(), (noise, dialect, cuts, header) => {
        const lead = bytesOf(SKIPPED, dialect.encoding);
        const input = Buffer.concat([lead, noise]);
        const options = { ...dialect, header, skip_lines: 1 };
        const decoded = decode(csvFormat, input, { options, first: lead.length, cuts });
        expectPlacesIn(decoded, input);
        expect(summaryOf(decode(csvFormat, input, { options }))).toEqual(summaryOf(decoded));
        if (!decoded.error) return;
        expect(decoded.error).toBeInstanceOf(DativoError);
        expect((decoded.error as DativoError).code).not.toBe("DTV_INTERNAL");
      }),
      { numRuns: 3000 },
    );
  });
});

/** Lines on which records start, counted the plain way. */
function linesOf(text: string, { places }: Decoded): number[] {
  const bytes = Buffer.from(text);
  return places.map(
    ({ offset }) =>
      bytes
        .subarray(0, offset)
        .toString()
        .split(/\r\n|\n|\r/).length,
  );
}

function parseOrUndefined(input: Buffer, dialect: Omit<Dialect, "encoding" | "comment">): string[][] | undefined {
  const { delimiter, quote_char, escape_char } = dialect;
  try {
    return parse(input, {
      delimiter: delimiter === "tab" ? "\t" : delimiter,
      quote: quote_char ?? false,
      escape: quote_char === null ? false : (escape_char ?? quote_char),
      record_delimiter: ["\r\n", "\n", "\r"],
      skip_empty_lines: true,
      relax_column_count: true,
    });
  } catch {
    return undefined;
  }
}
