import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, expect, it, vi } from "vitest";
import { compose, readCsv, writeJsonl, writeParquet } from "../../../lib/compose.ts";
import { csvFormat } from "../../../lib/formats/csv/csv-format.ts";
import { liveNativeArrays } from "../../../lib/native/native-rows.ts";
import { writeFiles } from "../../support/cli.ts";
import { askDuckDB } from "../../support/duckdb.ts";
import { tempFolder, visibleFiles } from "../../support/folder.ts";
import { describeNative } from "../../support/native.ts";
import { decodeHere, decodeThere, type Untyped } from "./untyped-decoders.ts";

// What is held against TypeScript here is native, also where all else is not.
process.env["DATIVO_NATIVE"] = "on";

const FIELDS = ["", "1", "plain", '"quoted"', '"a,b"', '"a\nb"', '""', '"say ""hi"""', "NULL", "é", " x ", "😀"];
const ODD = ['x"y', '"x"y', "1,2,3,4,5,6,7", "", "\xff", "\0", "\r"];

/** Tables of some ten thousand bytes, with a record now and then that is none. */
const tables = fc
  .record({
    header: fc.constantFrom("a,b,c", 'a,,"c,d"', "a,,column_2", "a,a,b", "a", "\ufeffa,b,c", ",,", "a,b,c,d\u0000"),
    rows: fc.array(fc.array(fc.nat(FIELDS.length - 1), { minLength: 3, maxLength: 3 }), {
      minLength: 1,
      maxLength: 30,
    }),
    end: fc.constantFrom("\n", "\r\n", "\r"),
    odd: fc.array(fc.tuple(fc.nat(2000), fc.constantFrom(...ODD)), { maxLength: 3 }),
    repeat: fc.integer({ min: 20, max: 150 }),
    tail: fc.constantFrom("", "", "", '"open', "1,2,3"),
  })
  .map(({ header, rows, end, odd, repeat, tail }) => {
    const width = header.split(",").length;
    const some = rows.map((row) => Array.from({ length: width }, (_, i) => FIELDS[row[i % 3] as number]).join(","));
    const lines = Array.from({ length: repeat }, () => some).flat();
    for (const [at, text] of odd) if (at < lines.length) lines[at] = text;
    return Buffer.concat([Buffer.from(header + end), Buffer.from(lines.join(end) + end + tail, "utf8")]);
  });

const options = fc.record(
  {
    delimiter: fc.constantFrom(",", ";"),
    quote_char: fc.constantFrom('"', "'", ""),
    header: fc.boolean(),
    columns: fc.constantFrom(["x"], ["b", "c", "d"]),
    skip_lines: fc.constantFrom(0, 0, 1, 3),
    null_values: fc.constantFrom([], ["", "1"]),
    max_record_bytes: fc.constantFrom(30, 100, 1000),
    allow_nul: fc.boolean(),
  },
  { requiredKeys: [] },
);

const cuts = fc.array(fc.integer({ min: 1, max: 9000 }), { maxLength: 4 });

/** Both must say the same; returns how many batches were native. */
async function compare(one: Untyped): Promise<number> {
  const { natively, ...there } = await decodeThere(csvFormat, one);
  expect(there).toEqual(await decodeHere(csvFormat, one));
  return natively;
}

afterEach(() => vi.unstubAllEnvs());

describeNative("CSV without a contract", () => {
  it("says the same natively, cut anywhere", { timeout: 120_000 }, async () => {
    let natively = 0;
    const seen = fc.asyncProperty(tables, fc.oneof(fc.constant({}), options), cuts, async (input, given, lengths) => {
      natively += await compare({ input, options: given, cuts: lengths });
    });
    await fc.assert(seen, { numRuns: 200, seed: 7 });
    expect(natively).toBeGreaterThan(50);
    expect(liveNativeArrays()).toBe(0);
  });

  it("says the same of bytes that were damaged", { timeout: 120_000 }, async () => {
    const flips = fc.array(fc.tuple(fc.nat(100_000), fc.nat(7)), { minLength: 1, maxLength: 8 });
    const seen = fc.asyncProperty(tables, flips, fc.nat(100_000), async (table, bits, length) => {
      const input = Buffer.from(table.subarray(0, Math.max(1, length % (table.length + 1))));
      for (const [at, bit] of bits) input[at % input.length] = (input[at % input.length] as number) ^ (1 << bit);
      await compare({ input });
    });
    await fc.assert(seen, { numRuns: 300, seed: 8 });
    expect(liveNativeArrays()).toBe(0);
  });

  it("leaves to the format what has no columns in its first bytes", async () => {
    const long = `${"x".repeat(7_000_000)},b\n1,2\n`;
    for (const text of ["", "a,b\n", `a,${"b".repeat(9000)}\n`, long]) {
      expect(await compare({ input: Buffer.from(text), cuts: [100_000] })).toBe(0);
    }
  });

  it("marks the columns as text", async () => {
    const { nativeCodecs } = await import("../../../lib/plugin/native-builtins.ts");
    const decoder = await nativeCodecs.decoder(csvFormat, {}, undefined, new AbortController().signal);
    const bytes = (async function* () {
      yield Buffer.from(`a\n${"1\n".repeat(5000)}`);
    })();
    for await (const batch of decoder?.decode(bytes, { source: "t", reject: () => {}, warn: () => {} }) ?? []) {
      expect(batch.schema.fields).toMatchObject([{ lexical: true, metadata: { "dativo.lexical": "text" } }]);
      batch.release();
    }
    await decoder?.close();
  });

  it("goes from file to file with the same result", async () => {
    const cwd = tempFolder();
    const records = Array.from({ length: 5000 }, (_, i) => `${i},"name, ${i}",${i % 7 === 0 ? "" : i / 8}`);
    writeFiles(cwd, { "in.csv": `id,name,share\n${records.join("\n")}\n` });
    const load = async (native: string) => {
      vi.stubEnv("DATIVO_NATIVE", native);
      const lines = join(cwd, `lines-${native}`);
      const columns = join(cwd, `columns-${native}`);
      const { counts } = await compose(readCsv(join(cwd, "in.csv")), writeJsonl(lines));
      await compose(readCsv(join(cwd, "in.csv")), writeParquet(columns));
      const text = visibleFiles(lines).map((file) => readFileSync(join(lines, file), "utf8"));
      return { counts, text, rows: await askDuckDB(`from read_parquet('${columns}/*.parquet') order by all`) };
    };
    expect(await load("on")).toEqual(await load("off"));
    expect(liveNativeArrays()).toBe(0);
  });
});
