import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AssetDefinition, type FieldSpec } from "../../../lib/contract/asset.ts";
import type { Batch } from "../../../lib/contract/batch.ts";
import { INERT_CONTEXT } from "../../../lib/contract/context.ts";
import type { DativoError } from "../../../lib/contract/errors.ts";
import type { Reject } from "../../../lib/contract/reject.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { formatType } from "../../../lib/contract/types.ts";
import { csvFormat } from "../../../lib/formats/csv/csv-format.ts";
import { Validate } from "../../../transforms/validate/validate.ts";

/** `npm test` builds it, wherever the user's other builds go. */
const program = join(import.meta.dirname, "../../../rust/target/release/examples/decode_json");

interface Case {
  readonly input: Uint8Array;
  readonly options: Record<string, unknown>;
  readonly schema?: readonly FieldSpec[] | undefined;
  readonly cuts?: readonly number[];
  readonly engine?: "portable";
}

/** What came of a case, as plain data in which every cell is a text or null. */
interface Outcome {
  readonly names: readonly string[] | null;
  readonly rows: unknown[][];
  readonly rejects: { row: number; [fact: string]: unknown }[];
  readonly warnings: string[];
  readonly error: { code: string; [fact: string]: unknown } | null;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function textOf(cell: unknown): string | null {
  if (cell === null || cell === undefined) return null;
  return Object.is(cell, -0) ? "-0" : String(cell);
}

function placed({ row = 0, line, offset, length, raw, faults }: Reject): Outcome["rejects"][number] {
  const told = faults.map(({ column, rule, reason }) => [column, rule, reason]);
  return { row, line, offset, length, raw: hex(raw ?? Buffer.of()), faults: told };
}

/** The TypeScript decoder, and behind it the TypeScript gate. */
async function decodeHere({ input, options, schema }: Case): Promise<Outcome> {
  const rejects: Reject[] = [];
  const warnings: string[] = [];
  const batches: RowBatch[] = [];
  const asset = schema && new AssetDefinition({ name: "a", schema });
  const validate = asset && new Validate({ asset });
  const reject = (found: Reject): unknown => rejects.push(found);
  const warn = (message: string): unknown => warnings.push(message);
  if (validate) validate.ctx = { ...INERT_CONTEXT, reject, log: { ...INERT_CONTEXT.log, warn } } as never;
  let isOpen = false;
  const take = async (made: Iterable<Batch>): Promise<void> => {
    for (const batch of made) {
      if (validate && !isOpen) await validate.open(batch.schema, "test.txt");
      isOpen = true;
      batches.push(RowBatch.from(validate ? validate.apply(batch) : batch));
    }
  };
  let error: DativoError | undefined;
  try {
    const context = { source: "test.txt", batchRows: 2000, reject, warn } as never;
    const { batch_rows: _, batch_bytes: __, ...known } = options;
    const decoder = csvFormat.decoder?.(known, context);
    await take(decoder?.push(input) ?? []);
    await take(decoder?.end() ?? []);
  } catch (thrown) {
    error = thrown as DativoError;
    if (!error.code) throw thrown;
  }
  const names = batches.at(-1)?.schema.names ?? null;
  const rowsOf = (batch: RowBatch): unknown[][] => {
    const columns = batch.schema.names.map((_, index) => batch.cells(index));
    return Array.from({ length: batch.length }, (_, row) => columns.map((cells) => textOf(cells[row])));
  };
  return {
    names: names?.length ? names : null,
    rows: batches.flatMap(rowsOf),
    rejects: rejects.map(placed).sort((a, b) => a.row - b.row),
    warnings,
    error: error
      ? {
          code: error.code,
          message: error.message,
          culprit: error.culprit ?? null,
          hint: error.hint ?? null,
          details: error.details ?? {},
        }
      : null,
  };
}

/** The native decoder, for many cases in one process. */
function decodeThere(cases: readonly Case[]): (Outcome & { batches: number[]; unsupported?: string })[] {
  const requests = cases.map(({ input, options, schema, cuts, engine }) => {
    const asset = schema && new AssetDefinition({ name: "a", schema });
    const contract = asset && {
      name: asset.name,
      version: asset.version,
      fingerprint: asset.fingerprint,
      fields: asset.fields.map((field) => ({ ...field, type: formatType(field.type) })),
    };
    return JSON.stringify({ options, contract, cuts, engine, input: hex(input) });
  });
  const { stdout, stderr, status } = spawnSync(program, { input: `${requests.join("\n")}\n`, maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`decode_json: ${stderr}`);
  const answers = stdout.toString().trim().split("\n");
  return answers.map((line) => JSON.parse(line));
}

/** Both decoders, whole and cut, with both engines, must say the same. */
async function compare(cases: readonly Case[]): Promise<void> {
  const expected = await Promise.all(cases.map(decodeHere));
  const whole = decodeThere(cases.map(({ cuts: _, ...rest }) => rest));
  const cut = decodeThere(cases);
  const portable = decodeThere(cases.map((one) => ({ ...one, engine: "portable" })));
  for (const [i, one] of cases.entries()) {
    const label = `${JSON.stringify(Buffer.from(one.input.subarray(0, 2000)).toString("latin1"))} with ${JSON.stringify(one.options)} and ${JSON.stringify(one.schema)}`;
    expect(cut[i], label).toEqual(whole[i]);
    expect(portable[i], label).toEqual(whole[i]);
    const { unsupported, batches: _, rows_read: __, ...found } = whole[i] as unknown as Record<string, unknown>;
    expect(unsupported, label).toBeUndefined();
    const here = expected[i] as Outcome;
    // A batch less was looked at before the columns were found to be missing.
    const isEarly = here.error?.code === "DTV_COLUMN_MISSING";
    expect(isEarly ? { ...found, rejects: [] } : found, label).toEqual(isEarly ? { ...here, rejects: [] } : here);
  }
}

const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });
const sample = <T>(arbitrary: fc.Arbitrary<T>, count: number): T[] =>
  fc.sample(arbitrary, { numRuns: count, seed: 20 });

const dialects = fc.record(
  {
    delimiter: fc.constantFrom(",", ";", "|", "tab", " ", "a"),
    quote_char: fc.constantFrom('"', "'", null, ""),
    header: fc.boolean(),
    columns: fc.constantFrom(["x"], ["x", "y"], ["b", "c", "d"]),
    skip_lines: fc.constantFrom(0, 0, 0, 1, 2),
    null_values: fc.constantFrom([], ["", "b"], ["null", "bb", "é"]),
    max_field_bytes: fc.integer({ min: 1, max: 12 }),
    max_record_bytes: fc.integer({ min: 1, max: 25 }),
    allow_nul: fc.boolean(),
    batch_rows: fc.integer({ min: 1, max: 4 }),
    batch_bytes: fc.integer({ min: 1, max: 30 }),
  },
  { requiredKeys: [] },
);

const pieces = [
  "a",
  "b",
  "bb",
  ",",
  ",",
  ";",
  "|",
  "\t",
  " ",
  '"',
  '"',
  '""',
  "'",
  "\n",
  "\n",
  "\r",
  "\r\n",
  "é",
  "😀",
  "\0",
];
const noise = fc
  .array(fc.constantFrom(...pieces.map((piece) => Buffer.from(piece)), Buffer.of(0xff), Buffer.of(0xed, 0xa0, 0x80)), {
    maxLength: 60,
  })
  .map((parts) => Buffer.concat(parts));

/** Tables as programs write them, with a record now and then that is not. */
const tables = fc
  .record({
    width: fc.integer({ min: 1, max: 5 }),
    rows: fc.array(fc.array(fc.integer({ min: 0, max: 11 }), { minLength: 5, maxLength: 5 }), { maxLength: 40 }),
    end: fc.constantFrom("\n", "\n", "\r\n", "\r"),
    odd: fc.array(fc.tuple(fc.nat(40), fc.constantFrom('x"y', '"x"y', '"', "1,2,3,4,5,6", "", "\xff", "\0")), {
      maxLength: 3,
    }),
    isEnded: fc.boolean(),
  })
  .map(({ width, rows, end, odd, isEnded }) => {
    const words = [
      "",
      "1",
      "plain",
      '"quoted"',
      '"a,b"',
      `"a${end}b"`,
      '""',
      '"say ""hi"""',
      "NULL",
      '"null"',
      "é",
      " x ",
    ];
    const lines = rows.map((row) =>
      row
        .slice(0, width)
        .map((word) => words[word] as string)
        .join(","),
    );
    for (const [at, text] of odd) if (at < lines.length) lines[at] = text;
    const header = ["id", "", "c", "d", "e"].slice(0, width).join(",");
    return Buffer.from([header, ...lines].join(end) + (isEnded ? end : ""), "latin1");
  });

const vectors = JSON.parse(readFileSync(new URL("../../vectors/text-to-type.json", import.meta.url), "utf8")) as {
  type: string;
  text: string;
}[];
const vectorsOf = (type: string): string[] => vectors.filter((one) => one.type === type).map(({ text }) => text);
const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

const FIELDS: readonly Omit<FieldSpec, "name">[] = [
  { type: "string", enum: ["a", "", "00501"] },
  { type: "string", pattern: "^[\\w ]+$", minLength: 1, maxLength: 5 },
  { type: "string", pattern: "(?i)[^\\d\\s]\\b|é", required: true },
  { type: "string", format: "email" },
  { type: "string", format: "ipv6", minLength: 3 },
  { type: "string", unique: true },
  { type: "integer", minimum: 0, maximum: "9007199254740993", enum: [0, 7, 12, "9007199254740993"] },
  { type: "integer", required: true, exclusiveMinimum: -1, exclusiveMaximum: 13 },
  { type: "integer", unique: true },
  { type: "double", minimum: -0.5, exclusiveMaximum: "1e5" },
  { type: "double", unique: true, enum: [0, 1.5, "NaN", 1e21, "-inf"] },
  { type: "decimal(5,2)", minimum: "0.5", maximum: 120, enum: ["1", 0.5, "999.99", 120] },
  { type: "decimal(5,2)", unique: true },
  { type: "decimal(38,38)" },
  { type: "boolean", enum: [true] },
  { type: "boolean", required: true },
  { type: "date", minimum: "2000-01-01", unique: true },
  { type: "time", exclusiveMaximum: "12:34:56" },
  { type: "timestamp", minimum: "2024-01-01T00:00:00+01:00" },
  { type: "timestamptz", enum: ["2024-01-02", "2024-01-02T03:04:05Z"], unique: true },
  { type: "binary", enum: ["AP8="] },
  { type: "binary", unique: true },
];
const TEXTS = [
  "a",
  "ab c",
  "a@b.co",
  "::1",
  "1:2:3:4:5:6:7:8",
  "É",
  "k",
  "x".repeat(80),
  'é\n"q"',
  "٣",
  "7",
  "-7",
  "1e2",
];

const contracts = fc
  .record({
    picked: fc.array(fc.nat(FIELDS.length - 1), { minLength: 1, maxLength: 4 }),
    keys: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    isExtra: fc.boolean(),
    missing: fc.integer({ min: 0, max: 8 }),
    rows: fc.array(fc.array(fc.tuple(fc.nat(1000), fc.nat(9)), { minLength: 4, maxLength: 4 }), { maxLength: 30 }),
    empty: fc.boolean(),
  })
  .map(({ picked, keys, isExtra, missing, rows, empty }) => {
    const schema = picked.map((field, i) => ({
      ...(FIELDS[field] as FieldSpec),
      name: `c${i}`,
      ...(keys[i] && i > 0 ? { primaryKey: true } : {}),
    }));
    const columns = [...schema.map(({ name }) => name), ...(isExtra ? ["extra"] : [])].reverse();
    const header = columns.map((name) => (missing === Number(name[1]) ? `${name}x` : name));
    const textOfCell = (name: string, [pick = 0, odd = 0]: number[]): string => {
      const type = schema.find((field) => field.name === name)?.type ?? "string";
      const own = odd < 2 ? TEXTS : vectorsOf(type);
      return quoted(own[pick % own.length] ?? "");
    };
    const lines = rows.map((row) => columns.map((name, i) => textOfCell(name, row[i % 4] as number[])).join(","));
    const options = empty ? { null_values: ["NULL"], allow_nul: true } : {};
    return { schema, options, input: Buffer.from(`${[header.join(","), ...lines].join("\n")}\n`) };
  });

const suite = existsSync(program) ? describe : describe.skip;

suite("the native CSV decoder and the TypeScript one", { timeout: 300_000 }, () => {
  it("say the same of any bytes", async () => {
    await compare(
      sample(fc.record({ input: noise, options: dialects, cuts }), 6000).filter(({ options }) => isDialect(options)),
    );
  });

  it("say the same of tables", async () => {
    const some = fc.record({ input: tables, options: dialects, cuts });
    await compare(
      sample(some, 3000)
        .map((one, i) => (i % 2 ? one : { ...one, options: {} }))
        .filter(({ options }) => isDialect(options)),
    );
  });

  it("say the same of records under a contract", async () => {
    await compare(sample(fc.tuple(contracts, cuts), 4000).map(([one, cuts]) => ({ ...one, cuts })));
  });

  it("say the same of patterns that both take", async () => {
    const atoms = [
      "a",
      "é",
      "\\d",
      "\\D",
      "\\w",
      "\\W",
      "\\s",
      "\\S",
      "\\b",
      "\\B",
      ".",
      "^",
      "$",
      "[a-c]",
      "[^\\d]",
      "[\\w-]",
      "[[:alpha:]]",
      "[[&&k]",
      "[]x]",
      "(?i)",
      "(?i:É)",
      "(a|1)",
      "(?:k|)",
      "\\pL",
      "\\p{Greek}",
      "\\x{e9}",
      "\\Qa.\\E",
      "\\.",
      "\\<",
      "{",
      "K",
      "\\z",
      "\\A",
      "|",
    ];
    const pattern = fc
      .array(fc.tuple(fc.constantFrom(...atoms), fc.constantFrom("", "", "", "+", "*", "?", "{2}", "{1,2}", "*?")), {
        minLength: 1,
        maxLength: 5,
      })
      .map((parts) => parts.map(([atom, times]) => atom + times).join(""));
    const texts = [
      "a",
      "b",
      "aa",
      "k",
      "K",
      "\u212a",
      "s",
      "ſ",
      "é",
      "É",
      "1",
      "٣",
      " ",
      "\u00a0",
      "a b",
      "éa",
      "a.",
      "<",
      "{",
      "&",
      "[",
      "]",
      "x",
      "_",
      "-",
      "π",
      "ab1",
      "a1 é",
      "\n",
      "\v",
    ];
    const input = Buffer.from(["v", ...texts.map((text) => `"${text}"`)].join("\n"));
    const all = sample(pattern, 800).map((pattern) => ({
      input,
      options: {},
      schema: [{ name: "v", type: "string", pattern }],
    }));
    const isTaken = await Promise.all(all.map((one) => decodeHere(one).then(({ error }) => error === null)));
    const there = decodeThere(all);
    const both = all.filter((_, i) => isTaken[i] && there[i]?.unsupported === undefined);
    expect(both.length).toBeGreaterThan(400);
    await compare(both);
  });

  it("say the same of files of several pieces", async () => {
    const many = sample(fc.tuple(tables, fc.constantFrom(1, 7, 100), cuts), 12).map(([table, gap, cuts]) => {
      const text = table.toString("latin1");
      const [header = "", ...lines] = text.split(/(?<=\r\n|\n|\r(?!\n))/);
      const good = lines.filter((line) => !/^("|\s*)$/.test(line)).join("");
      const filler = `${Array.from({ length: header.split(",").length }, () => "filler").join(",")}\n`.repeat(gap);
      const body = `${good}\n${filler}`.repeat(Math.ceil(700_000 / (good.length + filler.length + 1)));
      return { input: Buffer.from(header + body, "latin1"), options: {}, cuts: cuts.map((cut) => cut * 5000) };
    });
    await compare(many);
  });

  it("say the same of a field that is as long as many pieces", async () => {
    const long = `"${"line, of text\n".repeat(150_000)}"`;
    const inputs = [
      `a,b\n1,${long}\n2,x\n`,
      `a,b\n1,${long.slice(0, -1)}\n`,
      `a,b\n1,x"${long}\n2,3\n`,
      `${"x".repeat(600_000)}\n1\n`,
    ];
    await compare(
      inputs.flatMap((input) =>
        [{}, { max_field_bytes: 1_000_000 }, { max_record_bytes: 300_000 }].map((options) => ({
          input: Buffer.from(input),
          options,
          cuts: [65_536],
        })),
      ),
    );
  });

  it("say the same of bytes that are no text of theirs", async () => {
    const heads = [
      "PK\x03\x04",
      "\x1f\x8b",
      "\x28\xb5\x2f\xfd",
      "PAR1\x15",
      "\xff\xfe",
      "\xfe\xff",
      "\xef\xbb\xbf",
      "\xef\xbb",
      "%PDF-",
      "Obj\x01",
      "a\0".repeat(40),
      "\x01".repeat(40),
      "\0a,b\n".repeat(5000),
      "",
    ];
    await compare(
      heads.flatMap((head) =>
        ["", "a,b\n1,2\n", "x\n".repeat(4000)].map((rest) => ({
          input: Buffer.from(head + rest, "latin1"),
          options: {},
          cuts: [3],
        })),
      ),
    );
  });
});

/** Whether the options contradict each other, which both refuse before they read. */
function isDialect(options: Record<string, unknown>): boolean {
  const { delimiter, quote_char, columns } = options as { delimiter?: string; quote_char?: string; columns?: string[] };
  return (delimiter ?? ",") !== (quote_char ?? '"') && new Set(columns).size === (columns?.length ?? 0);
}
