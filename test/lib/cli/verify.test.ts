import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Receipt } from "../../../lib/job/receipt.ts";
import { type Verification, verifyReceipt } from "../../../lib/job/verify/verify-receipt.ts";
import { dativo, type Finished, smallJob, writeFiles } from "../../support/cli.ts";
import { tellDuckDB } from "../../support/duckdb.ts";
import { tempFolder } from "../../support/folder.ts";

const ASSET = JSON.stringify({
  name: "people",
  version: "1.0.0",
  source_type: "csv",
  object: "people",
  schema: [
    { name: "id", type: "integer", required: true },
    { name: "name", type: "string" },
    { name: "price", type: "decimal(12,2)" },
    { name: "ratio", type: "double" },
    { name: "seen", type: "timestamp" },
    { name: "active", type: "boolean" },
  ],
});

function people(rows: number): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const seen = new Date(1.7e12 + i * 1e7).toISOString().slice(0, 19);
    return `${i},${i % 5 ? `Ada "${i}" é` : ""},${i / 100},${i / 3}e-9,${seen},${i % 2 === 0}`.replace(/"/g, '""');
  });
  return `id,name,price,ratio,seen,active\n${lines.map((line) => line.replace(/,(Ada[^,]*)/, ',"$1"')).join("\n")}\n`;
}

type Format = "parquet" | "csv" | "json" | "jsonl";

interface Loaded {
  readonly cwd: string;
  readonly receipt: Receipt;
  /** The path of the first file. */
  readonly file: string;
}

function load(format: Format, native: "on" | "off", rows = 20, options: Record<string, unknown> = {}): Loaded {
  const cwd = tempFolder();
  const target = { connection: { path: "lake" }, engine: { options } };
  const job = smallJob({ target_connector: format, target });
  writeFiles(cwd, { "people.csv": people(rows), "people.yaml": ASSET, "job.yaml": job });
  return run(cwd, native);
}

function run(cwd: string, native: "on" | "off" = "on", ...flags: string[]): Loaded {
  const args = ["run", "--config", "job.yaml", "--receipt", "r.json", ...flags];
  const done = dativo(args, { cwd, env: { DATIVO_NATIVE: native } });
  expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("committed")]);
  const receipt = JSON.parse(readFileSync(join(cwd, "r.json"), "utf8")) as Receipt;
  return { cwd, receipt, file: join(cwd, "lake", receipt.files[0]?.path ?? "") };
}

function verify({ cwd }: Loaded, ...flags: string[]): Finished {
  return dativo(["verify", "r.json", ...flags], { cwd });
}

/** What `verify` says of the first file. */
async function judge({ cwd, receipt }: Loaded): Promise<string | undefined> {
  const { differences } = await verifyReceipt("r.json", { cwd });
  return differences.find(({ path }) => path === receipt.files[0]?.path)?.what;
}

const CASES = (["parquet", "csv", "json", "jsonl"] as const).flatMap((format) =>
  (["on", "off"] as const).map((native): [Format, "on" | "off"] => [format, native]),
);

describe.each(CASES)("dativo verify, of %s with native code %s,", (format, native) => {
  it("passes what the run wrote, and its values", () => {
    const loaded = load(format, native, 200, { target_size_mb: 0.001 });
    const done = verify(loaded);
    expect([done.code, done.stdout]).toEqual([0, ""]);
    expect(done.stderr).toContain("200 records, as the receipt says");
    const full = verify(loaded, "--full", "--json");
    expect(JSON.parse(full.stdout)).toMatchObject({ status: "verified", rows: 200, differences: [], notes: [] });
  });

  it("catches a file that is dropped, and one that is there twice", () => {
    const loaded = load(format, native);
    const copies = [`copy.${format}`, `sub/${loaded.receipt.files[0]?.path}`, `x-${loaded.receipt.files[0]?.path}`];
    mkdirSync(join(loaded.cwd, "lake", "sub"));
    for (const copy of copies) {
      copyFileSync(loaded.file, join(loaded.cwd, "lake", copy));
      const found = verify(loaded);
      expect([found.code, found.stdout]).toEqual([2, expect.stringMatching(new RegExp(`${copy}.*is a copy of`))]);
      rmSync(join(loaded.cwd, "lake", copy));
    }
    expect(verify(loaded).code).toBe(0);
    rmSync(loaded.file);
    const dropped = verify(loaded);
    expect([dropped.code, dropped.stdout]).toEqual([2, expect.stringContaining("is missing")]);
  });

  it("catches a file that is cut off, wherever", async () => {
    const loaded = load(format, native, 8);
    const bytes = readFileSync(loaded.file);
    const passed = [];
    for (let length = 0; length < bytes.length; length += length < bytes.length - 40 ? 7 : 1) {
      writeFileSync(loaded.file, bytes.subarray(0, length));
      if ((await judge(loaded)) === undefined) passed.push(length);
    }
    expect(passed).toEqual([]);
    writeFileSync(loaded.file, bytes);
    expect(await judge(loaded)).toBeUndefined();
  });

  it("catches any byte with another bit", { timeout: 120_000 }, async () => {
    const loaded = load(format, native, 8);
    const bytes = readFileSync(loaded.file);
    const passed = [];
    for (let at = 0; at < bytes.length; at++) {
      // The bit that makes another case of a letter leaves many values as they are.
      const bit = at % 2 === 0 ? 0x20 : 1 << (at % 8);
      const damaged = Buffer.from(bytes);
      damaged[at] = (bytes[at] as number) ^ bit;
      writeFileSync(loaded.file, damaged);
      if ((await judge(loaded)) === undefined) passed.push([at, bit]);
    }
    expect(passed).toEqual([]);
  });
});

describe("dativo verify", () => {
  const rewrite = (loaded: Loaded, change: (text: string) => string): void =>
    writeFileSync(loaded.file, change(readFileSync(loaded.file, "utf8")));
  const reversed = (text: string): string => `${text.trimEnd().split("\n").reverse().join("\n")}\n`;

  it.each([
    ["csv", { compression: "gzip", encoding: "utf-16" }],
    ["csv", { encoding: "utf-16be", bom: false }],
    ["json", { compression: "zstd" }],
    ["jsonl", { compression: "gzip", compression_level: 9 }],
  ] as const)(
    "reads other encodings and compressions of %s, and catches what is cut off or damaged",
    async (format, options) => {
      const loaded = load(format, "off", 3000, options);
      const full = verify(loaded, "--full", "--json");
      expect(JSON.parse(full.stdout)).toMatchObject({ status: "verified", rows: 3000, differences: [], notes: [] });
      const bytes = readFileSync(loaded.file);
      for (const damage of [bytes.subarray(0, -1), bytes.fill(bytes.readUInt8(99) ^ 1, 99, 100)]) {
        writeFileSync(loaded.file, damage);
        expect(await judge(loaded)).toBeDefined();
      }
    },
  );

  it("passes a file that was rewritten and is equal, and says so", async () => {
    const csv = load("csv", "on");
    rewrite(csv, (text) => text.replace(/^(.*\n)(.*)$/s, (_, header, rest) => header + reversed(rest)));
    const jsonl = load("jsonl", "on");
    rewrite(jsonl, reversed);
    const spaced = load("jsonl", "off");
    rewrite(spaced, (text) => text.replaceAll('":', '": '));
    const quoted = load("csv", "off");
    rewrite(quoted, (text) => text.replace(/^(\d+),/gm, '"$1",'));
    const parquet = load("parquet", "on");
    await rewriteParquet(parquet, "select * from old order by id desc");
    for (const loaded of [csv, jsonl, spaced, quoted, parquet]) {
      const done = verify(loaded);
      expect([done.code, done.stdout]).toEqual([0, ""]);
      expect(done.stderr).toContain("was rewritten: other bytes, the same values");
    }
  });

  it("catches one changed digit, whatever the format, and names the column", async () => {
    for (const format of ["csv", "jsonl"] as const) {
      const loaded = load(format, "on");
      rewrite(loaded, (text) => text.replace("0.07", "0.08"));
      expect(verify(loaded)).toMatchObject({
        code: 2,
        stdout: expect.stringContaining("column 'price' holds other values"),
      });
      const padded = load(format, "off");
      rewrite(padded, (text) => text.replace("2023-11-14T22:13:20.000000", "2023-11-14T22:13:20.5"));
      expect(verify(padded).stdout).toContain("column 'seen' holds other values");
    }
    const parquet = load("parquet", "on");
    await rewriteParquet(parquet, "select * replace (if(id = 7, 0.08, price)::decimal(12,2) as price) from old");
    expect(verify(parquet).stdout).toContain("column 'price' holds other values");
    await rewriteParquet(parquet, "select * exclude (price) from old");
    expect(verify(parquet).stdout).toContain("column 'price'");
    await rewriteParquet(parquet, "select * from old where id <> 3");
    expect(verify(parquet)).toMatchObject({ code: 2, stdout: expect.stringContaining("19 records, not 20") });
  });

  it("catches a copy in other bytes under a name of the job's", async () => {
    const loaded = load("parquet", "on");
    const name = (loaded.receipt.files[0]?.path ?? "").replace("00000", "00001");
    const copy = join(loaded.cwd, "lake", name);
    await tellDuckDB(`copy (select * from '${loaded.file}') to '${copy}' (format parquet)`);
    const found = verify(loaded);
    expect([found.code, found.stdout]).toEqual([2, expect.stringContaining("named like a file of the job")]);
  });

  it("leaves files of others alone, and those of the job's other runs", () => {
    const first = load("jsonl", "on");
    writeFiles(first.cwd, { "lake/notes.jsonl": '{"id":1}\n', "people.csv": people(30) });
    copyFileSync(join(first.cwd, "r.json"), join(first.cwd, "first.json"));
    run(first.cwd, "on", "--full-refresh");
    expect(verify(first).code).toBe(0);
    const replaced = dativo(["verify", "first.json"], { cwd: first.cwd });
    expect([replaced.code, replaced.stdout]).toEqual([2, expect.stringContaining("was replaced by commit 2")]);
  });

  it("verifies a run that wrote nothing", () => {
    const loaded = load("csv", "on");
    dativo(["run", "--config", "job.yaml", "--receipt", "r.json"], { cwd: loaded.cwd });
    expect(verify(loaded)).toMatchObject({ code: 0, stderr: expect.stringContaining("0 files, 0 records") });
  });

  it("refuses what is no receipt, and one that contradicts itself", () => {
    const loaded = load("csv", "on");
    const { receipt, cwd } = loaded;
    const changed: [unknown, string][] = [
      ["{", "does not parse"],
      [{ ...receipt, format: "dativo.receipt/2" }, "is not a receipt: format"],
      [{ ...receipt, more: 1 }, "is not a receipt"],
      [{ ...receipt, counts: { ...receipt.counts, read: 7 } }, "its counts do not balance"],
      [{ ...receipt, files: [], checksums: [] }, "contradicts itself"],
      [{ ...receipt, files: receipt.files.map((file) => ({ ...file, rows: 3 })) }, "its files have 3 records"],
    ];
    for (const [content, message] of changed) {
      writeFileSync(join(cwd, "r.json"), typeof content === "string" ? content : JSON.stringify(content));
      const refused = verify(loaded);
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(message)]);
      expect(refused.stderr).toContain("DTV_RECEIPT_INVALID");
    }
    expect(dativo(["verify", "none.json"], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("none.json does not exist"),
    });
  });

  it("prints for programs what it found", () => {
    const loaded = load("csv", "on");
    rmSync(loaded.file);
    const found = JSON.parse(verify(loaded, "--json").stdout) as Verification;
    expect(found).toMatchObject({ status: "differs", runId: loaded.receipt.runId, files: 1, rows: 20 });
    expect(found.differences).toEqual([{ path: loaded.receipt.files[0]?.path, what: "is missing" }]);
  });
});

/** Has another tool write the file anew. */
async function rewriteParquet({ file, cwd }: Loaded, query: string): Promise<void> {
  const made = join(cwd, "made.parquet");
  await tellDuckDB(`copy (with old as (from read_parquet('${file}')) ${query}) to '${made}' (format parquet)`);
  const before = readFileSync(file);
  copyFileSync(made, file);
  expect(readFileSync(file).equals(before)).toBe(false);
}
