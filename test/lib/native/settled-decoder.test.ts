import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { compose, readCsv, readJsonl, writeArrow, writeCsv, writeJsonl, writeParquet } from "../../../lib/compose.ts";
import type { Batch } from "../../../lib/contract/batch.ts";
import type { DativoError } from "../../../lib/contract/errors.ts";
import type { SourceContext } from "../../../lib/contract/format.ts";
import { stringifyJson } from "../../../lib/contract/json.ts";
import type { Reject } from "../../../lib/contract/reject.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { TypeSettler } from "../../../lib/contract/settle-types.ts";
import { jsonlFormat } from "../../../lib/formats/jsonl/jsonl-format.ts";
import { ColumnBatch } from "../../../lib/native/column-batch.ts";
import { liveNativeArrays } from "../../../lib/native/native-rows.ts";
import { nativeCodecs } from "../../../lib/plugin/native-builtins.ts";
import { dativo, writeFiles } from "../../support/cli.ts";
import { askDuckDB } from "../../support/duckdb.ts";
import { tempFolder, visibleFiles } from "../../support/folder.ts";
import { describeNative } from "../../support/native.ts";
import { files, NUMBERS, objects, oddLines, TEXTS, values } from "./any-lines.ts";

// What is held against TypeScript here is native, also where all else is not.
process.env["DATIVO_NATIVE"] = "on";

afterEach(() => vi.unstubAllEnvs());

/** What a writer that settles types gets to see of some sources. */
interface Seen {
  readonly schema: string | undefined;
  readonly rows: string[];
  readonly rejects: string[];
  readonly error: { readonly code: string; readonly message: string } | undefined;
  /** Batches that were typed by native code. */
  readonly natively: number;
}

type Decode = (input: Uint8Array, context: SourceContext) => AsyncIterable<Batch>;

async function see(inputs: readonly Uint8Array[], decode: Decode): Promise<Seen> {
  const [rows, rejects]: [string[], Reject[]] = [[], []];
  let settler: TypeSettler | undefined;
  let error: Seen["error"];
  let natively = 0;
  try {
    for (const [number, input] of inputs.entries()) {
      const context = { source: `s${number}`, reject: (reject: Reject) => void rejects.push(reject), warn: () => {} };
      for await (const batch of decode(input, context)) {
        natively += batch instanceof ColumnBatch && batch.schema.fields.every(({ lexical }) => !lexical) ? 1 : 0;
        try {
          if (batch.length === 0) continue;
          settler ??= new TypeSettler(RowBatch.from(batch));
          rows.push(...shown(settler.apply(RowBatch.from(batch)), context.source));
        } finally {
          batch.release();
        }
      }
    }
  } catch (thrown) {
    const { code, message } = thrown as DativoError;
    if (!code) throw thrown;
    error = { code, message };
  }
  const bad = rejects.map(({ source, row, line, offset, length, raw, faults }) =>
    JSON.stringify({ source, row, line, offset, length, raw: Buffer.from(raw ?? []).toString("latin1"), faults }),
  );
  return { schema: settler?.schema.toString(), rows, rejects: bad, error, natively };
}

function shown(batch: RowBatch, source: string): string[] {
  const columns = batch.schema.fields.map((_, index) => batch.cells(index));
  return Array.from({ length: batch.length }, (_, row) => {
    const cells = columns.map((column) => stringifyJson(column[row], "string"));
    return `${source} ${batch.provenance?.rowAt(row)}: ${cells.join(" | ")}`;
  });
}

function seeHere(inputs: readonly Uint8Array[], batchRows: number): Promise<Seen> {
  return see(inputs, async function* (input, context) {
    const decoder = jsonlFormat.decoder?.({}, { ...context, batchRows });
    yield* decoder?.push(input) ?? [];
    yield* decoder?.end() ?? [];
  });
}

async function seeThere(inputs: readonly Uint8Array[], batchRows: number, cuts: readonly number[]): Promise<Seen> {
  const { signal } = new AbortController();
  const decoder = await nativeCodecs.decoder(jsonlFormat, {}, undefined, signal, batchRows);
  if (!decoder) throw new Error("there is no native decoder");
  try {
    return await see(inputs, (input, context) => decoder.decode(chunksOf(input, cuts), context));
  } finally {
    await decoder.close();
  }
}

async function* chunksOf(input: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < input.length; turn++) {
    const end = cuts.length === 0 ? input.length : at + (cuts[turn % cuts.length] as number);
    yield input.subarray(at, end);
    at = end;
  }
}

const ENDINGS = ["DTV_SCHEMA_CHANGED", "DTV_VALUE_UNFIT"];

/** Both must say the same; returns what native code said. */
async function compare(inputs: readonly Uint8Array[], batchRows: number, cuts: readonly number[] = []): Promise<Seen> {
  const [there, here] = [await seeThere(inputs, batchRows, cuts), await seeHere(inputs, batchRows)];
  expect(there.schema).toEqual(here.schema);
  // Records are looked at in stretches, and those before a fault need not end at the same record.
  const reach = here.error ? Math.min(there.rows.length, here.rows.length) : undefined;
  expect(there.rows.slice(0, reach)).toEqual(here.rows.slice(0, reach));
  const told = here.error ? Math.min(there.rejects.length, here.rejects.length) : undefined;
  expect(there.rejects.slice(0, told)).toEqual(here.rejects.slice(0, told));
  const [a, b] = [here.error, there.error];
  // Of two faults that lie close together, each may see another one first.
  if (a && b && a.code !== b.code) expect([a.code, b.code].sort()).toEqual(ENDINGS);
  else expect(numbered(b, inputs)).toEqual(numbered(a, inputs));
  return there;
}

/** A native batch knows numbers of records, and no lines; without blank lines they are the same. */
function numbered(error: Seen["error"], inputs: readonly Uint8Array[]): Seen["error"] {
  const hasBlanks = inputs.some((input) => /\n\s*\n/.test(Buffer.from(input).toString("latin1")));
  const place = / at (s\d+), (?:record|line) (\d+)(?: \(byte \d+\))?:/;
  return error && { ...error, message: error.message.replace(place, hasBlanks ? ":" : " at $1 $2:") };
}

const cuts = fc.array(fc.integer({ min: 1, max: 300_000 }), { maxLength: 4 });
const batchRows = fc.constantFrom(1, 10, 100, 2000);

const integers = fc.oneof(
  fc.integer().map(String),
  fc.constantFrom(...NUMBERS.filter((text) => /^-?\d{1,16}$/.test(text) && text !== "-0")),
);
const numbers = fc.constantFrom(...NUMBERS.filter((text) => /[.e]/i.test(text) && !/e-?\d{3}|1e99|123e25/i.test(text)));
const texts = fc.constantFrom(...TEXTS);
/** Values of one column: what a program writes into it. */
const KINDS: readonly fc.Arbitrary<string>[] = [
  integers,
  numbers,
  fc.oneof(integers, numbers),
  texts,
  fc.constantFrom("true", "false"),
  fc.array(values, { maxLength: 3 }).map((items) => `[${items.join(", ")}]`),
  objects,
  fc.oneof(integers, texts, fc.constantFrom("true", "false")),
  fc.constant("null"),
];

/** Records of columns that each have one kind of values, or none; some are bad. */
const tables: fc.Arbitrary<string[]> = fc
  .uniqueArray(fc.tuple(fc.constantFrom('"a"', '"b"', '"7"', '"é"', '"\\u0063"', '""'), fc.constantFrom(...KINDS)), {
    minLength: 1,
    maxLength: 5,
    selector: ([name]) => name,
  })
  .chain((columns) => {
    const cells = columns.map(([name, kind]) =>
      fc.oneof(
        { arbitrary: kind.map((text) => `${name}: ${text}`), weight: 9 },
        fc.constant(`${name}:null`),
        fc.constant(""),
      ),
    );
    const line = fc.tuple(...cells).map((made) => `{${made.filter((text) => text !== "").join(",")}}`);
    return fc.array(line, { minLength: 1, maxLength: 12 });
  });

/** As many lines as that, of those given; the second list stands somewhere in between. */
function fileOf(lines: readonly string[], count: number, late: readonly (readonly [number, Uint8Array])[]): Buffer {
  const all: Uint8Array[] = Array.from({ length: count }, (_, i) => Buffer.from(lines[i % lines.length] as string));
  for (const [at, line] of late) all[at % count] = line;
  return Buffer.concat(all.flatMap((line) => [line, Buffer.from("\n")]));
}

const tableFiles = fc
  .record({
    lines: tables,
    count: fc.integer({ min: 1, max: 800 }),
    bad: fc.array(fc.tuple(fc.nat(800), oddLines), { maxLength: 3 }),
    late: fc.array(fc.tuple(fc.nat(800), objects), { maxLength: 1 }),
    isSame: fc.boolean(),
  })
  .map(({ lines, count, bad, late, isSame }) => {
    const odd = late.map(([at, text]): [number, Uint8Array] => [at, Buffer.from(text)]);
    return fileOf(lines, count, isSame ? bad : [...bad, ...odd]);
  });

describeNative("JSON Lines whose types are settled by the first records", () => {
  it("say the same natively, cut anywhere", { timeout: 300_000 }, async () => {
    let [natively, whole, unfit] = [0, 0, 0];
    const seen = fc.asyncProperty(
      fc.array(tableFiles, { minLength: 1, maxLength: 2 }),
      batchRows,
      cuts,
      async (...all) => {
        const there = await compare(...all);
        natively += there.natively;
        whole += there.error ? 0 : 1;
        unfit += there.error ? 1 : 0;
      },
    );
    await fc.assert(seen, { numRuns: 300, seed: 5, endOnFailure: true });
    expect(natively).toBeGreaterThan(200);
    expect(Math.min(whole, unfit)).toBeGreaterThan(50);
    expect(liveNativeArrays()).toBe(0);
  });

  it("say the same of any lines", { timeout: 300_000 }, async () => {
    const seen = fc.asyncProperty(files, batchRows, cuts, async (input, rows, lengths) => {
      await compare([input], rows, lengths);
    });
    await fc.assert(seen, { numRuns: 30, seed: 7, endOnFailure: true });
    expect(liveNativeArrays()).toBe(0);
  });

  const FIRST = '{"i":1,"d":1.5,"t":"x","b":true,"o":{"k":1},"l":[1],"n":null,"m":1}\n{"m":"x"}\n'.repeat(1000);
  const LATE: Readonly<Record<string, string>> = {
    "text that is an integer": '{"i":" 12 "}',
    "a whole double in a column of integers": '{"i":2.0}',
    "an integer beyond int64": '{"i":9223372036854775808}',
    "the largest integer": '{"i":9223372036854775807}',
    "a fraction in a column of integers": '{"i":1.5}',
    "an integer in a column of doubles": '{"d":3}',
    "an integer that no double holds": '{"d":9007199254740993}',
    "a decimal that no double holds": '{"d":0.1234567890123456789}',
    "a number beyond doubles": '{"d":1e999}',
    "a number in a column of text": '{"t":1.50}',
    "an object in a column of text": '{"t":{}}',
    "a word for true": '{"b":"yes"}',
    "another truth": '{"b":2}',
    "text that is an object": '{"o":"{\\"a\\":[1]}"}',
    "text that is none": '{"o":"x"}',
    "an array for an object": '{"o":[]}',
    "an object for an array": '{"l":{}}',
    "text that is an array": '{"l":"[1, 2]"}',
    "anything in a column without values": '{"n":1}',
    "an object in a column without values": '{"n":{}}',
    "a column of several kinds": '{"m":false}',
    "half of a surrogate pair": '{"t":"\\ud800"}',
    "a repeated name": '{"t":"a","t":"b"}',
    "a new field": '{"late":1}',
    "a new field without a value": '{"late":null}',
    "two faults": '{"i":"x","late":null}',
    "order and escapes of names": '{"o":{"10":1,"9":{"\\u0061":[]}},"\\u0074":"y"}',
  };

  for (const [what, line] of Object.entries(LATE)) {
    it(`say the same of ${what}, late`, async () => {
      const there = await compare([Buffer.from(`${FIRST}${line}\n${FIRST}`)], 2000);
      expect(there.natively).toBeGreaterThan(0);
      expect(liveNativeArrays()).toBe(0);
    });
  }

  it("settles by the first source that has records, and leaves it to the writer where that one has none of use", async () => {
    const [none, blank, full] = ["", "{}\n{}\n", FIRST].map((text) => Buffer.from(text));
    expect((await compare([none, full, full] as Buffer[], 2000)).natively).toBeGreaterThan(1);
    const there = await compare([none, blank, full] as Buffer[], 2000);
    expect(there).toMatchObject({ natively: 0, error: { code: "DTV_SCHEMA_CHANGED" } });
  });

  it("takes rejects in the order of the source, also around what does not fit", async () => {
    const line = '{"i":1}';
    const lines = [...Array(3000).fill(line), "bad", ...Array(4000).fill(line), "worse", '{"i":"x"}', "worst", line];
    const there = await compare([Buffer.from(lines.join("\n"))], 2000, [1000]);
    expect(there.error?.message).toContain("record 7003");
    expect(there.rejects.map((text) => JSON.parse(text).row)).toEqual([3001, 7002, 7004]);
  });
});

const RECORDS = Array.from({ length: 9000 }, (_, i) =>
  JSON.stringify({
    id: i,
    ratio: i / 7,
    name: `näme ${i % 17}`,
    on: i % 3 === 0 ? null : i % 2 === 0,
    tags: [i, { a: `${i}` }],
    inside: i % 5 === 0 ? undefined : { "2": i, "1": null },
    day: "2024-02-29",
    mixed: i % 2 === 0 ? i : "text",
    never: null,
  }),
).join("\n");

const CELLS = ["a,b,c", ...Array.from({ length: 9000 }, (_, i) => `${i},"text ${i}",`)].join("\n");

describeNative("a file without a contract", () => {
  const outcome = async (native: string, write: (folder: string) => ReturnType<typeof writeParquet>, text: string) => {
    vi.stubEnv("DATIVO_NATIVE", native);
    const cwd = tempFolder();
    writeFiles(cwd, { "in.jsonl": text });
    const folder = join(cwd, "out");
    const done = await compose(readJsonl(join(cwd, "in.jsonl")), write(folder)).catch((error: DativoError) => error);
    if (done instanceof Error) return { error: { code: done.code, hint: done.hint, culprit: done.culprit } };
    const { counts } = done;
    return { counts, files: visibleFiles(folder).map((file) => join(folder, file)) };
  };

  const parquetOf = async ({ files: [file] = [] }: { files?: string[] }) => ({
    rows: await askDuckDB(`from '${file}'`),
    schema: await askDuckDB(`select name, type, converted_type, repetition_type from parquet_schema('${file}')`),
  });

  it("has the same schema and values as Parquet", async () => {
    const there = await outcome("on", writeParquet, RECORDS);
    const here = await outcome("off", writeParquet, RECORDS);
    expect(there.counts).toEqual(here.counts);
    const [a, b] = [await parquetOf(there), await parquetOf(here)];
    expect(a.rows.length).toBe(9000);
    expect(a).toEqual(b);
  });

  for (const [format, write] of Object.entries({ jsonl: writeJsonl, arrow: writeArrow })) {
    it(`has the same bytes as ${format}`, async () => {
      const [there, here] = [await outcome("on", write, RECORDS), await outcome("off", write, RECORDS)];
      expect(there.counts).toEqual(here.counts);
      const texts = ({ files: all = [] }: { files?: string[] }) =>
        all.map((file) => readFileSync(file).toString("latin1"));
      expect(texts(there).length).toBe(1);
      if (format === "jsonl") expect(texts(there)).toEqual(texts(here));
      expect(liveNativeArrays()).toBe(0);
    });
  }

  it("ends with the same fault of what comes late, in strict mode also behind a record that was rejected", async () => {
    for (const late of ['{"id":"x"}', '{"late":1}', 'bad\n{"id":"x"}', '{"id":"x"}\nbad']) {
      const text = `${RECORDS}\n${late}\n`;
      const [there, here] = [await outcome("on", writeParquet, text), await outcome("off", writeParquet, text)];
      expect(there.error?.code).toMatch(/^DTV_/);
      expect(there).toEqual(here);
    }
  });

  describe("of CSV", () => {
    const rows = (names: string, cells: (i: number) => string): string =>
      [names, ...Array.from({ length: 3000 }, (_, i) => cells(i))].join("\n");
    const A = rows("a,b", (i) => `${i},"x ${i}"`);
    const B = rows("b", (i) => `y${i}`);
    const C = rows("b,a", (i) => `,${i}`);
    const FILES: Readonly<Record<string, readonly string[]>> = {
      "one file": [A],
      "the same columns": [A, A],
      "fewer columns": [A, B],
      "another order": [A, C],
      "more columns": [B, A],
      "no records, then some": ["a,b\n", B, B],
      "one record, then others": ["a,b\n1,x", B, A],
      "a bad record": [A, "a,b\n1,2,3\n4,5\n"],
    };
    for (const [what, sources] of Object.entries(FILES)) {
      it(`is the same natively: ${what}`, async () => {
        const load = async (native: string, write: (folder: string) => ReturnType<typeof writeParquet>) => {
          vi.stubEnv("DATIVO_NATIVE", native);
          const cwd = tempFolder();
          writeFiles(cwd, Object.fromEntries(sources.map((text, i) => [`${i}.csv`, text])));
          const folder = join(cwd, "out");
          const done = compose(readCsv(sources.map((_, i) => join(cwd, `${i}.csv`))), write(folder));
          const fault = await done.then(
            () => undefined,
            ({ code, culprit }: DativoError) => ({ code, culprit }),
          );
          return fault ?? visibleFiles(folder).map((name) => join(folder, name));
        };
        const tables = async (native: string) => {
          const made = await load(native, (folder) => writeParquet(folder));
          return Array.isArray(made) ? parquetOf({ files: made }) : made;
        };
        const texts = async (native: string) => {
          const made = await load(native, (folder) => writeCsv(folder));
          return Array.isArray(made) ? made.map((file) => readFileSync(file, "utf8")) : made;
        };
        expect(await tables("on")).toEqual(await tables("off"));
        expect(await texts("on")).toEqual(await texts("off"));
        expect(liveNativeArrays()).toBe(0);
      });
    }
  });

  describe("on the command line", () => {
    const WAYS: Readonly<Record<string, readonly string[]>> = {
      "convert to Parquet": ["convert", "in.jsonl", "out.parquet"],
      "convert from standard input": ["convert", "-", "out.parquet", "--accept-eof"],
      "convert to Arrow": ["convert", "in.jsonl", "out.arrow"],
      "convert to Avro": ["convert", "in.jsonl", "out.avro"],
      "pipe to Arrow": ["pipe", "in.jsonl", "--to", "arrow", "-o", "out.arrow"],
      "CSV to Arrow": ["convert", "in.csv", "out.arrow"],
    };
    for (const [what, args] of Object.entries(WAYS)) {
      it(`is the same natively: ${what}`, { timeout: 60_000 }, async () => {
        const lines = (native: string): string => {
          const cwd = tempFolder();
          writeFiles(cwd, { "in.jsonl": RECORDS, "in.csv": CELLS });
          const made = dativo(args, { cwd, input: RECORDS, env: { DATIVO_NATIVE: native } });
          expect(made).toMatchObject({ code: 0 });
          const [file = ""] = visibleFiles(cwd).filter((name) => name.startsWith("out."));
          const schema = dativo(["schema-of", file], { cwd, env: { DATIVO_NATIVE: "off" } }).stdout;
          return schema + dativo(["pipe", file, "--to", "jsonl"], { cwd, env: { DATIVO_NATIVE: "off" } }).stdout;
        };
        const there = lines("on");
        expect(there.split("\n").length).toBeGreaterThan(9000);
        expect(there === lines("off")).toBe(true);
      });
    }
  });
});
