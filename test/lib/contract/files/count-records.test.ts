import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { INERT_CONTEXT } from "../../../../lib/contract/context.ts";
import { DativoError } from "../../../../lib/contract/errors.ts";
import { countRecords } from "../../../../lib/contract/files/count-records.ts";
import type { Format } from "../../../../lib/contract/format.ts";
import { csvFormat } from "../../../../lib/formats/csv/csv-format.ts";
import { jsonlFormat } from "../../../../lib/formats/jsonl/jsonl-format.ts";
import { parquetFormat } from "../../../../lib/formats/parquet/parquet-format.ts";
import { nativeCallsInFlight } from "../../../../lib/native/calls.ts";
import { nativeCodecs } from "../../../../lib/plugin/native-builtins.ts";
import { LocalStorage } from "../../../../lib/storage/local.ts";
import { VEGA } from "../../../support/cli.ts";
import { askDuckDB, tellDuckDB } from "../../../support/duckdb.ts";
import { tempFolder } from "../../../support/folder.ts";
import { describeNative } from "../../../support/native.ts";
import { decode } from "../../formats/csv/decode.ts";

// What is held against TypeScript here is native, also where all else is not.
process.env["DATIVO_NATIVE"] = "on";

const SOURCE = "test.txt";

type Outcome = number | Pick<DativoError, "code" | "message" | "culprit" | "hint">;

async function outcomeOf(counting: () => number | Promise<number>): Promise<Outcome> {
  try {
    return await counting();
  } catch (error) {
    if (!(error instanceof DativoError)) throw error;
    const { code, message, culprit, hint } = error;
    return { code, message, culprit, hint };
  }
}

interface Case {
  readonly bytes: Uint8Array;
  readonly options: object;
  readonly cuts: readonly number[];
}

function* cut({ bytes, cuts }: Case): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const end = at + (cuts[i % cuts.length] as number);
    yield bytes.subarray(at, end);
    at = end;
  }
}

function countHere(format: Format, one: Case): Promise<Outcome> {
  return outcomeOf(() => {
    const counter = format.counter?.(one.options, { source: SOURCE });
    for (const bytes of cut(one)) counter?.push(bytes);
    return counter?.end() ?? -1;
  });
}

function countNatively(format: Format, one: Case): Promise<Outcome> {
  return outcomeOf(async () => {
    const counter = await nativeCodecs.counter(format, one.options, SOURCE, INERT_CONTEXT.signal);
    try {
      for (const bytes of cut(one)) await counter?.push(bytes);
      return (await counter?.end()) ?? -1;
    } finally {
      await counter?.close();
    }
  });
}

/** What decoding says: good records and bad, or the error. Names of columns are not a counter's matter. */
function countDecoded(format: Format, { bytes, options, cuts }: Case): Promise<Outcome> {
  return outcomeOf(() => {
    const { rows, rejects, error } = decode(format, bytes, { options, cuts });
    if (error) throw error;
    return rows.length + rejects.length;
  });
}

function isAboutNames(outcome: Outcome): boolean {
  return typeof outcome === "object" && outcome.code === "DTV_CSV_HEADER";
}

const WORDS = [
  "a",
  "abc,def",
  ",",
  ";",
  '"',
  '""',
  '"x\ny",',
  "\n",
  "\n",
  "\r",
  "\r\n",
  "\n\n",
  " ",
  "\t",
  "#",
  "\\",
  "é",
];
const noise = fc.array(fc.constantFrom(...WORDS, "\0", "{}", "x".repeat(70)), { maxLength: 80 });
const bytes = noise.map((words) => Buffer.from(words.join("")));
const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 });

const dialect = fc.record(
  {
    delimiter: fc.constantFrom(",", ";"),
    quote_char: fc.constantFrom('"', null, "'"),
    header: fc.boolean(),
    columns: fc.constantFrom(["x"], ["x", "y"]),
    skip_lines: fc.constantFrom(0, 1, 3),
    max_field_bytes: fc.constantFrom(5, 66, 200),
    max_record_bytes: fc.constantFrom(7, 100, 400),
    allow_nul: fc.boolean(),
  },
  { requiredKeys: [] },
);
/** What only TypeScript reads. */
const rare = fc.record(
  {
    delimiter: fc.constantFrom("||", "é"),
    comment: fc.constantFrom("#", "a"),
    escape_char: fc.constant("\\"),
    encoding: fc.constantFrom("latin1", "utf-16le"),
  },
  { requiredKeys: [] },
);

describe("a count in TypeScript", () => {
  const counts = (format: Format, options: fc.Arbitrary<object>) =>
    fc.assert(
      fc.asyncProperty(fc.record({ bytes, options, cuts }), async (one) => {
        const expected = await countDecoded(format, one);
        fc.pre(!isAboutNames(expected));
        expect(await countHere(format, one)).toEqual(expected);
      }),
      { numRuns: 1500 },
    );

  it("is that of the CSV decoder", () => counts(csvFormat, dialect));
  it("is that of the CSV decoder in rare dialects", () => counts(csvFormat, rare));
  it("is that of the JSON Lines decoder", () =>
    counts(jsonlFormat, fc.record({ max_record_bytes: fc.constantFrom(8, 100) }, { requiredKeys: [] })));
});

describeNative("a native count", () => {
  const counts = (format: Format, options: fc.Arbitrary<object>) =>
    fc.assert(
      fc.asyncProperty(fc.record({ bytes, options, cuts }), async (one) => {
        expect(await countNatively(format, one)).toEqual(await countHere(format, one));
      }),
      { numRuns: 1500 },
    );

  it("is that of TypeScript for CSV", () => counts(csvFormat, dialect));
  it("is that of TypeScript for JSON Lines", () =>
    counts(jsonlFormat, fc.record({ max_record_bytes: fc.constantFrom(8, 100) }, { requiredKeys: [] })));

  it("is left to TypeScript for what only that reads", async () => {
    const counter = nativeCodecs.counter(csvFormat, { comment: "#" }, SOURCE, INERT_CONTEXT.signal);
    expect(await counter).toBeUndefined();
  });
});

describe("countRecords", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    expect(nativeCallsInFlight()).toBe(0);
  });

  async function count(path: string, format: Format, options?: unknown, signal = INERT_CONTEXT.signal) {
    const file = await new LocalStorage().open(path);
    try {
      return await countRecords(file, format, options, { ...INERT_CONTEXT, native: nativeCodecs, signal });
    } finally {
      await file.close();
    }
  }

  it.each(["on", "off"])("counts real files, natively: %s", async (native) => {
    vi.stubEnv("DATIVO_NATIVE", native);
    const folder = tempFolder();
    const csv = join(VEGA, "zipcodes.csv");
    const [json, parquet] = [join(folder, "a.jsonl"), join(folder, "a.parquet")];
    await tellDuckDB(`copy (from read_csv('${csv}')) to '${json}' (format json)`);
    await tellDuckDB(`copy (from read_csv('${csv}')) to '${parquet}'`);
    const [counted] = await askDuckDB(`select count(*) as n from read_csv('${csv}')`);
    const expected = Number(counted?.["n"]);
    expect(await count(csv, csvFormat)).toBe(expected);
    expect(await count(json, jsonlFormat)).toBe(expected);
    expect(await count(parquet, parquetFormat)).toBe(expected);
  });

  it("counts in gzip, and by options", async () => {
    const path = join(tempFolder(), "a.csv.gz");
    writeFileSync(path, gzipSync("x\n1,2\n\n3\n'\n'\n"));
    expect(await count(path, csvFormat, { header: false, quote_char: "'" })).toBe(4);
    await expect(count(path, csvFormat, { quote: 1 })).rejects.toMatchObject({ code: "DTV_OPTION_INVALID" });
  });

  it.each(["on", "off"])("takes the options of every file reader, natively: %s", async (native) => {
    vi.stubEnv("DATIVO_NATIVE", native);
    const path = join(tempFolder(), "a.csv.gz");
    writeFileSync(path, gzipSync(`x\n${"1\n".repeat(2_000_000)}`));
    await expect(count(path, csvFormat, { batch_size: 100 })).rejects.toMatchObject({
      code: "DTV_DECOMPRESSION_LIMIT",
    });
    expect(await count(path, csvFormat, { chunk_size: 100, max_compression_ratio: 5000 })).toBe(2_000_000);
    await expect(count(path, csvFormat, { compression: "none" })).rejects.toMatchObject({ code: "DTV_ENCODING" });
  });

  it("decodes where a format has no counter", async () => {
    const path = join(tempFolder(), "a.csv");
    writeFileSync(path, "x\n1\n1,2\n");
    const { counter: _, native: __, ...plain } = csvFormat;
    expect(await count(path, plain)).toBe(2);
  });

  it("ends when it is asked to", async () => {
    const path = join(tempFolder(), "a.csv");
    writeFileSync(path, "x\n1\n");
    const reason = new Error("enough");
    await expect(count(path, csvFormat, {}, AbortSignal.abort(reason))).rejects.toThrow("enough");
  });
});
