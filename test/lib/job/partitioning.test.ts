import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Receipt } from "../../../lib/job/receipt.ts";
import { dativo, type Finished, smallJob, writeFiles } from "../../support/cli.ts";
import { askDuckDB } from "../../support/duckdb.ts";
import { emptyFolders, tempFolder, visibleFiles } from "../../support/folder.ts";
import { LONG_STRINGS, NAUGHTY_STRINGS } from "../../support/naughty-strings.ts";

type Row = Readonly<Record<string, unknown>>;

const FORMATS = ["parquet", "csv", "jsonl"] as const;
const LAYOUTS = ["flat", "run-dir"] as const;
const WAYS = FORMATS.flatMap((format) => LAYOUTS.map((layout) => ({ format, layout })));

const ASSET = {
  name: "events",
  version: "1.0.0",
  schema: [
    { name: "id", type: "integer", required: true },
    { name: "day", type: "date" },
    { name: "country", type: "string" },
    { name: "price", type: "decimal(12,2)" },
    { name: "seen", type: "timestamp" },
    { name: "hot", type: "boolean" },
    { name: "ratio", type: "double" },
    { name: "list", type: "array<string>" },
  ],
};

interface JobInit {
  readonly format?: (typeof FORMATS)[number];
  readonly rows: readonly Row[];
  readonly target?: Row;
  readonly asset?: Row;
  readonly job?: Row;
}

function prepare({ format = "jsonl", rows, target = {}, asset = {}, job = {} }: JobInit): string {
  const cwd = tempFolder();
  writeFiles(cwd, {
    "in.jsonl": rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
    "events.yaml": JSON.stringify({ ...ASSET, ...asset }),
    "job.yaml": smallJob({
      source_connector: "jsonl",
      source: { files: [{ path: "in.jsonl" }] },
      target_connector: format,
      target: { connection: { path: "lake" }, ...target },
      asset_path: "events.yaml",
      ...job,
    }),
  });
  return cwd;
}

function run(cwd: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Finished {
  return dativo(["run", "-c", "job.yaml", "--receipt", "r.json", ...args], { cwd, env });
}

function receiptOf(cwd: string): Receipt {
  return JSON.parse(readFileSync(join(cwd, "r.json"), "utf8")) as Receipt;
}

/** The folders of partitions that hold files. */
function foldersOf(cwd: string): string[] {
  const paths = visibleFiles(join(cwd, "lake")).map((path) => path.split("/").filter((part) => part.includes("=")));
  return [...new Set(paths.map((parts) => parts.join("/")))].sort();
}

function events(count: number): Row[] {
  return Array.from({ length: count }, (_, id) => ({
    id,
    day: id % 7 === 6 ? null : `2024-05-0${(id % 7) + 1}`,
    country: [null, "CH", "a/b", "", "..", "ü=1"][id % 6],
    price: `${id % 3}.50`,
    seen: `2024-05-01T0${id % 2}:00:00`,
    hot: id % 2 === 0,
    ratio: id / 3,
    list: [`x${id}`],
  }));
}

function readBack(cwd: string, format: (typeof FORMATS)[number], types: Row): Promise<Row[]> {
  const hive = `hive_partitioning = true, hive_types = {${Object.entries(types)
    .map(([name, type]) => `'${name}': ${type}`)
    .join(", ")}}`;
  const glob = `'${cwd}/lake/**/*.${format}'`;
  const from = {
    parquet: `read_parquet(${glob}, ${hive})`,
    csv: `read_csv(${glob}, ${hive}, all_varchar = true, nullstr = '', allow_quoted_nulls = false)`,
    jsonl: `read_json(${glob}, ${hive})`,
  }[format];
  return askDuckDB(`select id, ${Object.keys(types).join(", ")} from ${from} order by id::int`);
}

describe("files that are divided by columns", () => {
  it.each(WAYS)("are read back by DuckDB as they were: $format, $layout", async ({ format, layout }) => {
    const rows = events(84);
    const cwd = prepare({ format, rows, target: { layout, partitioning: ["day", "country"] } });
    expect(run(cwd)).toMatchObject({ code: 0 });
    expect(await readBack(cwd, format, { day: "DATE", country: "VARCHAR" })).toEqual(
      rows.map(({ id, day, country }) => ({ id: String(id), day, country })),
    );
    expect(foldersOf(cwd)).toHaveLength(7 * 6);
    expect(foldersOf(cwd).slice(-2)).toEqual(
      [
        "day=__HIVE_DEFAULT_PARTITION__/country=a%2Fb",
        "day=__HIVE_DEFAULT_PARTITION__/country=__HIVE_DEFAULT_PARTITION__",
      ].sort(),
    );
    const receipt = receiptOf(cwd);
    expect(receipt.target.partitioning).toEqual(["day", "country"]);
    expect(receipt.files.map(({ path }) => path).sort()).toEqual(visibleFiles(join(cwd, "lake")));
    expect(dativo(["verify", "r.json", "--full"], { cwd })).toMatchObject({ code: 0 });
  });

  it("hold the same as they would undivided, by the checksums of every column", () => {
    const rows = events(60);
    const [whole, divided] = [[], ["country", "hot"]].map((partitioning) => {
      const cwd = prepare({ format: "parquet", rows, target: { partitioning } });
      expect(run(cwd)).toMatchObject({ code: 0 });
      return receiptOf(cwd).checksums;
    });
    expect(divided).toEqual(whole);
  });

  it.each([
    ["day", "2024-05-01"],
    ["price", "1.50"],
    ["seen", "2024-05-01T01%3A00%3A00.000000"],
    ["hot", "true"],
    ["id", "7"],
  ])("say a value of '%s' as its type is written", (column, text) => {
    const cwd = prepare({ rows: events(12), target: { partitioning: [column] } });
    expect(run(cwd)).toMatchObject({ code: 0 });
    expect(foldersOf(cwd)).toContain(`${column}=${text}`);
    const [path = ""] = visibleFiles(join(cwd, "lake"));
    expect(Object.keys(JSON.parse(readFileSync(join(cwd, "lake", path), "utf8").split("\n")[0] ?? ""))).not.toContain(
      column,
    );
  });

  it.each([
    ["ratio", "'ratio' is of the type double, whose values are no names of folders"],
    ["list", "'list' is of the type array<string>, whose values are no names of folders"],
    ["contry", "there is no column 'contry'"],
    ["day, day", "'day' is named twice"],
    ["id, day, country, price, seen, hot, a, b, c", "they are 9 columns, and 8 is the most"],
    ["x".repeat(200), "is too long for a folder"],
  ])("are refused for a column that cannot divide: %s", (columns, reason) => {
    const cwd = prepare({ rows: events(1), target: { partitioning: columns.split(", ") } });
    const { code, stderr } = run(cwd);
    expect([code, stderr]).toEqual([2, expect.stringContaining(reason)]);
    expect(stderr).toContain("job.yaml");
    expect(dativo(["check", "-c", "job.yaml"], { cwd }).stdout).toContain(reason);
    expect(existsSync(join(cwd, "lake"))).toBe(false);
  });

  it("are refused before anything is written, where only the records tell their columns", () => {
    const job = { map: { rename: { ratio: "share" } } };
    const cwd = prepare({ rows: events(3), target: { partitioning: ["ratio"] }, job });
    expect(run(cwd)).toMatchObject({ code: 2, stderr: expect.stringContaining("there is no column 'ratio'") });
    expect(visibleFiles(join(cwd, "lake"))).toEqual([]);
  });

  it.each([
    ["the job's", { partitioning: ["day"] }, { partitioning: ["hot"] }, "day="],
    ["the contract's", {}, { partitioning: ["hot"] }, "hot="],
    ["none, which the job may ask for", { partitioning: [] }, { partitioning: ["hot"] }, undefined],
  ])("are divided by the columns of whoever is nearest: %s", (_, target, ofAsset, lead) => {
    const cwd = prepare({ rows: events(4), target, asset: { target: ofAsset } });
    expect(run(cwd)).toMatchObject({ code: 0 });
    expect(foldersOf(cwd).every((folder) => (lead === undefined ? folder === "" : folder.startsWith(lead)))).toBe(true);
  });

  it("are divided by the recipe's columns where nobody else names any", () => {
    const cwd = prepare({ rows: events(4), job: { target_connector: undefined, target_connector_path: "mine.yaml" } });
    writeFiles(cwd, { "mine.yaml": "name: mine\ntype: jsonl\npartitioning_default: [hot]\n" });
    expect(run(cwd)).toMatchObject({ code: 0 });
    expect(foldersOf(cwd)).toEqual(["hot=false", "hot=true"]);
  });
});

describe("hostile values", () => {
  const VALUES: readonly (string | null)[] = [null, ...NAUGHTY_STRINGS];
  const rows = VALUES.map((country, id) => ({ id, country }));
  const asset = {
    schema: [
      { name: "id", type: "integer" },
      { name: "country", type: "string" },
    ],
  };

  it.each(["on", "off"])("stay in the target, apart, and are read back: native %s", async (native) => {
    const cwd = prepare({ format: "parquet", rows, asset, target: { partitioning: ["country"] } });
    expect(run(cwd, [], { DATIVO_NATIVE: native })).toMatchObject({ code: 0 });
    expect(readdirSync(cwd).filter((name) => !/^(lake|\.local|r\.json|in\.jsonl|\w+\.yaml)$/.test(name))).toEqual([]);
    expect(foldersOf(cwd)).toHaveLength(VALUES.length);
    expect(visibleFiles(join(cwd, "lake")).every((path) => path.split("/").length === 2)).toBe(true);
    const found = await readBack(cwd, "parquet", { country: "VARCHAR" });
    expect(found.map(({ country }) => country)).toEqual(VALUES);
    expect(dativo(["verify", "r.json", "--full"], { cwd })).toMatchObject({ code: 0 });
  });

  it.each(["on", "off"])(
    "that no folder has room for stay in the files, and that is said: native %s",
    async (native) => {
      const long = LONG_STRINGS.map((country, id) => ({ id, country }));
      const cwd = prepare({ format: "parquet", rows: long, asset, target: { partitioning: ["country"] } });
      const { code, stderr } = run(cwd, [], { DATIVO_NATIVE: native });
      expect([code, stderr]).toEqual([0, expect.stringContaining("A value of 'country' is too long for a folder")]);
      const sql = `select country from read_parquet('${cwd}/lake/**/*.parquet', hive_partitioning = false) order by id`;
      expect((await askDuckDB(sql)).map(({ country }) => country)).toEqual(LONG_STRINGS);
      expect(dativo(["verify", "r.json", "--full"], { cwd })).toMatchObject({ code: 0 });
    },
  );

  it("that no UTF-8 holds are refused", () => {
    const cwd = prepare({ rows: [], asset, target: { partitioning: ["country"] } });
    writeFileSync(join(cwd, "in.jsonl"), '{"id":1,"country":"\\ud800"}\n');
    expect(run(cwd).code).toBe(2);
    expect(visibleFiles(join(cwd, "lake"))).toEqual([]);
  });
});

describe("the files of a partition", () => {
  it("are named by verify when one is moved to another, or lost", () => {
    const cwd = prepare({ rows: events(8), target: { partitioning: ["hot"] } });
    expect(run(cwd)).toMatchObject({ code: 0 });
    const [path = ""] = visibleFiles(join(cwd, "lake"));
    renameSync(join(cwd, "lake", path), join(cwd, "lake", path.replace("false", "true")));
    const { code, stdout } = dativo(["verify", "r.json"], { cwd });
    expect([code, stdout]).toEqual([2, expect.stringContaining("is missing")]);
    expect(stdout).toContain(`is a copy of ${path}`);
  });

  it("move away when they are replaced, and so do folders that are empty then", () => {
    const cwd = prepare({ rows: events(12), target: { partitioning: ["day", "hot"], write_mode: "overwrite" } });
    expect(run(cwd)).toMatchObject({ code: 0 });
    writeFileSync(join(cwd, "in.jsonl"), `${JSON.stringify({ id: 1, day: "2030-01-01", hot: true })}\n`);
    expect(run(cwd)).toMatchObject({ code: 0 });
    expect(readdirSync(join(cwd, "lake")).sort()).toEqual(["_dativo", "day=2030-01-01"]);
    expect(foldersOf(cwd)).toEqual(["day=2030-01-01/hot=true"]);
  });

  it.each(LAYOUTS)("leave no folder when they are taken back: %s", (layout) => {
    const cwd = prepare({ rows: events(12), target: { partitioning: ["day", "hot"], layout } });
    writeFiles(cwd, { "lake/day=2024-05-01/theirs.txt": "not ours", "lake/empty/.keep": "" });
    expect(run(cwd, [], { DATIVO_FAILPOINT: "K16:throw" }).code).not.toBe(0);
    expect(visibleFiles(join(cwd, "lake"))).toEqual(["day=2024-05-01/theirs.txt", "empty/.keep"]);
    expect(emptyFolders(join(cwd, "lake"))).toEqual([]);
    expect(run(cwd)).toMatchObject({ code: 0 });
    expect(dativo(["verify", "r.json"], { cwd })).toMatchObject({ code: 0 });
  });

  it.each([
    ["parquet", "on"],
    ["parquet", "off"],
    ["jsonl", "off"],
  ] as const)("are as many as partitions with few descriptors: %s, native %s", (format, native) => {
    const rows = Array.from({ length: 4000 }, (_, id) => ({ id, country: `c${(id * 7919) % 200}` }));
    const asset = {
      schema: [
        { name: "id", type: "integer" },
        { name: "country", type: "string" },
      ],
    };
    const cwd = prepare({ format, rows, asset, target: { partitioning: ["country"] } });
    const under = ["bash", "-c", 'ulimit -n 64; exec "$@"', "--"];
    const done = dativo(["run", "-c", "job.yaml", "--receipt", "r.json"], {
      cwd,
      under,
      env: { DATIVO_NATIVE: native },
    });
    expect(done).toMatchObject({ code: 0 });
    expect(visibleFiles(join(cwd, "lake"))).toHaveLength(200);
    expect(dativo(["verify", "r.json", "--full"], { cwd })).toMatchObject({ code: 0 });
  });

  it("are told by plan and explain", () => {
    const cwd = prepare({ rows: events(1), target: { partitioning: ["day", "hot"] } });
    expect(dativo(["plan", "-c", "job.yaml"], { cwd }).stdout).toContain("divided by day, hot");
    expect(dativo(["explain", "-c", "job.yaml"], { cwd }).stdout).toContain("divided by day, hot");
  });
});
