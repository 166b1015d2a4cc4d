import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Receipt } from "../../../lib/job/receipt.ts";
import {
  dativo,
  type Finished,
  PEOPLE_ASSET,
  PEOPLE_CSV,
  smallJob,
  startDativo,
  VEGA,
  writeFiles,
} from "../../support/cli.ts";
import { askDuckDB } from "../../support/duckdb.ts";
import { listTree, tempFolder, visibleFiles } from "../../support/folder.ts";

/** A folder with the smallest job in it. */
function jobFolder(
  files: Readonly<Record<string, string | Uint8Array>> = {},
  job: Record<string, unknown> = {},
): string {
  const cwd = tempFolder();
  writeFiles(cwd, { "people.csv": PEOPLE_CSV, "people.yaml": PEOPLE_ASSET, "job.yaml": smallJob(job), ...files });
  return cwd;
}

function run(cwd: string, ...flags: string[]): Finished {
  return dativo(["run", "--config", "job.yaml", "--mode", "self_hosted", ...flags], { cwd });
}

function receiptOf({ stdout }: Finished): Receipt {
  return JSON.parse(stdout) as Receipt;
}

const lake = (cwd: string): string => join(cwd, "lake", "people");
const parquet = (cwd: string): string => `read_parquet('${lake(cwd)}/*.parquet')`;

describe("dativo run", () => {
  it("loads a CSV file into Parquet, as DuckDB sees it", async () => {
    const cwd = jobFolder();
    const done = run(cwd);
    expect([done.code, done.stdout]).toEqual([0, ""]);
    expect(done.stderr).toContain("committed 3 records");
    expect(await askDuckDB(`select * from ${parquet(cwd)} order by id`)).toEqual([
      { id: "1", name: "Ada", born: "1815-12-10" },
      { id: "2", name: "Grace", born: "1906-12-09" },
      { id: "3", name: "Edsger", born: null },
    ]);
    expect(await askDuckDB(`select column_name, column_type from (describe select * from ${parquet(cwd)})`)).toEqual([
      { column_name: "id", column_type: "BIGINT" },
      { column_name: "name", column_type: "VARCHAR" },
      { column_name: "born", column_type: "DATE" },
    ]);
    const metadata = await askDuckDB(`select key, value from parquet_kv_metadata('${lake(cwd)}/*.parquet')`);
    expect(JSON.stringify(metadata)).toContain("dativo.contract.version");
  });

  it("prints a receipt that a program can read, and nothing else, on stdout", () => {
    const cwd = jobFolder();
    const receipt = receiptOf(run(cwd, "--json", "--quiet"));
    expect(receipt).toMatchObject({
      format: "dativo.receipt/1",
      status: "committed",
      counts: { read: 3, added: 0, filtered: 0, rejected: 0, written: 3 },
      guarantee: { effect: "exactly-once" },
      rejects: { count: 0 },
    });
    expect(receipt.files.map((file) => [file.rows, existsSync(join(lake(cwd), file.path))])).toEqual([[3, true]]);
  });

  it("tells options at fault where they stand, in the job or in its recipe", () => {
    const recipe = "name: mine\ntype: csv\ndefault_engine:\n  type: native\n  options: { native: { delimeter: x } }\n";
    const cwd = jobFolder(
      { "mine.yaml": recipe },
      { source_connector: undefined, source_connector_path: "mine.yaml", map: { rename: { id: "name" } } },
    );
    expect(run(cwd).stderr).toContain(
      "error DTV_OPTION_INVALID mine.yaml:5:35  default_engine.options.native.delimeter: unknown key 'delimeter'",
    );
    writeFiles(cwd, { "mine.yaml": recipe.replace("delimeter: x", "delimiter: ','") });
    expect(run(cwd).stderr).toMatch(/DTV_OPTION_INVALID job\.yaml:1:\d+ {2}map\.rename: 'id' cannot become 'name'/);
  });

  it("changes nothing when it runs again, and reads everything again on a full refresh", async () => {
    const cwd = jobFolder();
    run(cwd);
    const before = listTree(cwd);
    const again = run(cwd);
    expect([again.code, listTree(cwd)]).toEqual([0, before]);
    expect(again.stderr).toContain("nothing new, all of it was loaded before (--full-refresh reads everything again)");
    expect(run(cwd, "--full-refresh").code).toBe(0);
    expect(await askDuckDB(`select count(*) as n from ${parquet(cwd)}`)).toEqual([{ n: "3" }]);
  });

  it("replaces everything by everything each time when the job says overwrite", async () => {
    const cwd = jobFolder({}, { target: { connection: { path: "lake/people" }, write_mode: "overwrite" } });
    for (let time = 0; time < 3; time++) {
      expect(receiptOf(run(cwd, "--json"))).toMatchObject({ counts: { written: 3 }, source: { alreadyLoaded: 0 } });
      expect(await askDuckDB(`select count(*) as n from ${parquet(cwd)}`)).toEqual([{ n: "3" }]);
    }
  });

  it("loads a new file beside the old ones, and knows a file that was renamed or touched by its content", async () => {
    const cwd = jobFolder({}, { source: { files: [{ path: "*.csv" }] } });
    run(cwd);
    renameSync(join(cwd, "people.csv"), join(cwd, "renamed.csv"));
    writeFiles(cwd, { "more.csv": "id,name,born\n4,Alan,1912-06-23\n" });
    const receipt = receiptOf(run(cwd, "--json"));
    expect(receipt.counts.written).toBe(1);
    utimesSync(join(cwd, "more.csv"), new Date(), new Date());
    expect(await askDuckDB(`select id from ${parquet(cwd)} order by id`)).toEqual([
      { id: "1" },
      { id: "2" },
      { id: "3" },
      { id: "4" },
    ]);
    expect(receiptOf(run(cwd, "--json")).counts.read).toBe(0);
    expect(receiptOf(run(cwd, "--json")).status).toBe("unchanged");
  });

  it("reads a second file of equal content beside the first: it may well be meant", () => {
    const cwd = jobFolder(
      { "copy.csv": PEOPLE_CSV, "people.yaml": PEOPLE_ASSET.replace('"unique":true', '"unique":false') },
      { source: { files: [{ path: "*.csv" }] } },
    );
    expect(receiptOf(run(cwd, "--json")).counts.written).toBe(6);
    expect(receiptOf(run(cwd, "--json")).status).toBe("unchanged");
  });

  it("knows files of equal content that were renamed together, one for one", () => {
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`old/${i}.csv`, PEOPLE_CSV]));
    const asset = PEOPLE_ASSET.replace('"unique":true', '"unique":false');
    const cwd = jobFolder({ ...files, "people.yaml": asset }, { source: { files: [{ path: "{old,new}/*.csv" }] } });
    expect(receiptOf(run(cwd, "--json")).counts.written).toBe(120);
    renameSync(join(cwd, "old"), join(cwd, "new"));
    writeFiles(cwd, { "new/one more.csv": PEOPLE_CSV });
    expect(receiptOf(run(cwd, "--json")).counts.written).toBe(3);
    renameSync(join(cwd, "new"), join(cwd, "old"));
    expect(receiptOf(run(cwd, "--json")).counts.read).toBe(0);
    expect(receiptOf(run(cwd, "--json")).status).toBe("unchanged");
  });

  it("refuses a file that has changed since it was loaded, instead of loading its records twice", () => {
    const cwd = jobFolder();
    run(cwd);
    writeFileSync(join(cwd, "people.csv"), PEOPLE_CSV.replace("Ada", "Eve"));
    const again = run(cwd);
    expect([again.code, visibleFiles(lake(cwd)).length]).toEqual([2, 1]);
    expect(again.stderr).toContain("DTV_SOURCE_CHANGED people.csv has changed since it was loaded");
  });

  it("publishes nothing in strict mode when one record is bad, and keeps every bad one", () => {
    const cwd = jobFolder({ "people.csv": "id,name,born\n1,Ada,1815-12-10\nx,Grace,1906-13-09\n1,Edsger,\n4,,\n" });
    const done = run(cwd);
    expect(done.code).toBe(2);
    expect(visibleFiles(lake(cwd))).toEqual([]);
    expect(done.stderr).toContain("3 of 4 records are bad; nothing was published");
    expect(done.stderr).toContain('people.csv, line 3 (byte 30): id: "x" is not an integer (and 1 more)');
    const path = /rejects: (.*)/.exec(done.stderr)?.[1] as string;
    const rejects = readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(
      rejects.map(({ row, line, offset, length, raw, column, rule }) => [row, line, offset, length, raw, column, rule]),
    ).toEqual([
      [2, 3, 30, 18, "x,Grace,1906-13-09", "id", "type"],
      [3, 4, 49, 9, "1,Edsger,", "id", "unique"],
      [4, 5, 59, 3, "4,,", "name", "required"],
    ]);
    expect(rejects[0]).toMatchObject({
      more_faults: [{ column: "born", rule: "type" }],
      asset: "people",
      source: "people.csv",
    });
  });

  it("in warn mode publishes the good records, keeps the bad ones beside them, and ends with 1", async () => {
    const cwd = jobFolder({ "people.csv": `${PEOPLE_CSV}x,Bad,\n` }, { schema_validation_mode: "warn" });
    const done = run(cwd, "--json");
    const receipt = receiptOf(done);
    expect([done.code, receipt.counts]).toEqual([1, { read: 4, added: 0, filtered: 0, rejected: 1, written: 3 }]);
    expect(readFileSync(receipt.rejects.path as string, "utf8")).toContain('"raw":"x,Bad,"');
    expect(await askDuckDB(`select count(*) as n from ${parquet(cwd)}`)).toEqual([{ n: "3" }]);
  });

  it.each([{ max_errors: 0 }, { max_error_rate: 0.2 }])("in warn mode beyond %j publishes nothing", (limit) => {
    const cwd = jobFolder({ "people.csv": `${PEOPLE_CSV}x,Bad,\n` }, { schema_validation_mode: "warn", ...limit });
    const done = run(cwd);
    expect([done.code, visibleFiles(lake(cwd))]).toEqual([2, []]);
    expect(done.stderr).toContain(Object.keys(limit)[0]);
  });

  it("maps records to the target schema after the check", async () => {
    const cwd = jobFolder(
      {},
      {
        map: {
          rename: { name: "full_name" },
          constants: { origin: "csv" },
          defaults: { born: "1900-01-01" },
          select: ["origin", "full_name", "born"],
        },
      },
    );
    expect(run(cwd).code).toBe(0);
    expect(await askDuckDB(`select * from ${parquet(cwd)} order by full_name desc limit 2`)).toEqual([
      { origin: "csv", full_name: "Grace", born: "1906-12-09" },
      { origin: "csv", full_name: "Edsger", born: "1900-01-01" },
    ]);
  });

  it("keeps real, messy data to the last character: airports with missing cities, zip codes with leading zeros", async () => {
    const cwd = tempFolder();
    for (const [name, fields] of [
      ["airports", ["iata", "name", "city", "state", "country", "latitude", "longitude"]],
      ["zipcodes", ["zip_code", "latitude", "longitude", "city", "state", "county"]],
    ] as const) {
      const schema = fields.map((field) => ({ name: field, type: /itude$/.test(field) ? "double" : "string" }));
      writeFiles(cwd, {
        [`${name}.yaml`]: JSON.stringify({ name, version: "1", source_type: "csv", object: name, schema }),
        "job.yaml": smallJob({
          source: { files: [{ path: join(VEGA, `${name}.csv`) }], engine: { options: { null_values: [] } } },
          asset_path: `${name}.yaml`,
          target: { connection: { path: `lake/${name}` } },
        }),
      });
      const done = run(cwd);
      expect([name, done.code, done.stderr.split("\n").at(-1)]).toEqual([name, 0, ""]);
      const columns = fields.join(", ");
      const csv = `select ${columns} from read_csv('${join(VEGA, `${name}.csv`)}', types={${fields.map((field) => `'${field}': '${/itude$/.test(field) ? "DOUBLE" : "VARCHAR"}'`).join(", ")}}, nullstr='\\N', header=true)`;
      const ours = `select ${columns} from read_parquet('${cwd}/lake/${name}/*.parquet')`;
      expect(await askDuckDB(`(${csv}) except all (${ours})`)).toEqual([]);
      expect(await askDuckDB(`(${ours}) except all (${csv})`)).toEqual([]);
    }
  });

  describe("with bad input gives one clear error, the right exit code, and publishes nothing", () => {
    const big = `id,name,born\n1,"${"x".repeat(20 * 1024 * 1024)}",\n`;
    it.each<[string, string | Uint8Array | undefined, RegExp]>([
      ["a missing file", undefined, /File not found.*people\.csv|people\.csv.*not found/is],
      ["an empty file", "", /DTV_CSV_EMPTY.*people\.csv/],
      ["a ragged row", "id,name,born\n1,Ada\n", /people\.csv, line 2 .*fields/],
      ["too many fields", "id,name,born\n1,Ada,,,\n", /people\.csv, line 2 .*fields/],
      [
        "an unclosed quote",
        'id,name,born\n1,Ada,\n2,"Grace,\n3,Edsger,\n',
        /DTV_CSV_UNCLOSED_QUOTE.*people\.csv.*line 3/,
      ],
      ["a NUL byte", "id,name,born\n1,A\u0000da,\n", /people\.csv, line 2 .*U\+0000/],
      ["a field of 20 MB", big, /DTV_RECORD_TOO_LARGE.*people\.csv.*line 2/],
      [
        "invalid UTF-8",
        Buffer.concat([Buffer.from("id,name,born\n1,A"), Buffer.from([0xff]), Buffer.from(",\n")]),
        /people\.csv, line 2 .*utf-8/,
      ],
      ["UTF-16", Buffer.from(`\ufeff${PEOPLE_CSV}`, "utf16le"), /DTV_ENCODING.*people\.csv/],
      ["duplicate headers", "id,name,name\n1,Ada,\n", /DTV_CSV_HEADER.*people\.csv.*'?name/],
      ["a missing required column", "id,nam,born\n1,Ada,\n", /DTV_COLUMN_MISSING.*'name'.*did you mean 'nam'/],
      ["a zip archive", "PK\u0003\u0004", /compressed with zip/],
    ])("%s", (_, content, message) => {
      const cwd = jobFolder(content === undefined ? {} : { "people.csv": content });
      if (content === undefined)
        writeFiles(cwd, { "job.yaml": smallJob({ source: { files: [{ path: "nowhere/people.csv" }] } }) });
      const done = run(cwd);
      expect(done.stderr).toMatch(message);
      expect(done.stderr).not.toMatch(/^\s+at /m);
      expect(done.stderr.match(/^error /gm)).toHaveLength(1);
      expect([done.code, done.stdout, existsSync(lake(cwd)) ? visibleFiles(lake(cwd)) : []]).toEqual([2, "", []]);
    });

    it("a folder instead of a file", () => {
      const cwd = jobFolder({}, { source: { files: [{ path: "data" }] } });
      mkdirSync(join(cwd, "data"));
      const done = run(cwd);
      expect([done.code, done.stderr]).toEqual([2, expect.stringMatching(/data is a folder.*\n.*data\/\*\.csv/)]);
    });

    it("a target that is a file", () => {
      const cwd = jobFolder({ "lake/people": "in the way" });
      const done = run(cwd);
      expect([done.code, done.stderr]).toEqual([2, expect.stringContaining("a file stands where a folder is needed")]);
      expect(readFileSync(lake(cwd), "utf8")).toBe("in the way");
    });

    it("a target that may not be written, and a source that may not be read", () => {
      const cwd = jobFolder();
      mkdirSync(lake(cwd), { recursive: true });
      // Root may do anything, so the run is given a user that may not.
      const under = process.getuid?.() === 0 ? ["unshare", "--user", "--map-user=1000", "--map-group=1000"] : [];
      chmodSync(lake(cwd), 0o500);
      const unwritable = dativo(["run", "--config", "job.yaml"], { cwd, under });
      chmodSync(lake(cwd), 0o700);
      expect([unwritable.code, unwritable.stderr]).toEqual([2, expect.stringContaining("permission denied")]);
      chmodSync(join(cwd, "people.csv"), 0);
      const unreadable = dativo(["run", "--config", "job.yaml"], { cwd, under });
      expect([unreadable.code, unreadable.stderr]).toEqual([
        2,
        expect.stringMatching(/Cannot read people\.csv: permission denied/),
      ]);
    });

    it.each([
      [
        "a read-only volume",
        "mkdir -p lake && mount -t tmpfs -o ro tmpfs lake",
        "lake/people",
        "the file system is read-only",
      ],
      ["a file system that makes no folders", "true", "/proc/dativo/people", "no folder or file can be made there"],
    ])("%s", (_, prepare, path, reason) => {
      const cwd = jobFolder({}, { target: { connection: { path } } });
      const done = dativo(["run", "--config", "job.yaml"], {
        cwd,
        under: ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", `${prepare} && "$@"`, "sh"],
      });
      expect([done.code, done.stderr]).toEqual([2, expect.stringContaining("DTV_TARGET_UNWRITABLE Cannot write")]);
      expect(done.stderr).toContain(reason);
    });

    it("a full disk: earlier data stays, staging is gone, and the run succeeds when there is space", () => {
      const cwd = jobFolder({
        "big.csv": `id,name,born\n${Array.from({ length: 120_000 }, (_, i) => `${i},${(i * 2654435761) % 4294967296}-${(i * 40503) % 65536}-${(i * i * 31) % 1000003},`).join("\n")}\n`,
      });
      writeFiles(cwd, { "job.yaml": smallJob({ source: { files: [{ path: "big.csv" }] } }) });
      const script = `mkdir -p lake && mount -t tmpfs -o size=1m tmpfs lake && "$@"; code=$?; find lake -type f; exit $code`;
      const done = dativo(["run", "--config", "job.yaml"], {
        cwd,
        under: ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"],
      });
      expect([done.code, done.stderr]).toEqual([2, expect.stringContaining("the disk is full")]);
      expect(done.stdout).toBe("");
      expect(run(cwd).code).toBe(0);
    });
  });

  it("takes a header without records for a valid file: zero rows, and says so", () => {
    const cwd = jobFolder({ "people.csv": "id,name,born\n" });
    const done = run(cwd);
    expect([done.code, visibleFiles(lake(cwd))]).toEqual([0, []]);
    expect(done.stderr).toContain("committed 0 records");
  });

  it("keeps a column named __proto__", async () => {
    const schema = ["__proto__", "constructor", "toString"].map((name) => ({ name, type: "string" }));
    const cwd = jobFolder({
      "people.csv": "__proto__,constructor,toString\na,b,c\n",
      "people.yaml": JSON.stringify({ name: "people", version: "1", source_type: "csv", object: "p", schema }),
    });
    expect(run(cwd).code).toBe(0);
    expect(await askDuckDB(`select * from ${parquet(cwd)}`)).toHaveLength(1);
    expect(await askDuckDB(`select "__proto__" as p, "toString" as t from ${parquet(cwd)}`)).toEqual([
      { p: "a", t: "c" },
    ]);
  });

  it("ends with 130 on Ctrl-C, publishes nothing, and runs through afterwards", async () => {
    const rows = Array.from({ length: 400_000 }, (_, i) => `${i},name ${i},1990-01-01`).join("\n");
    const cwd = jobFolder({ "people.csv": `id,name,born\n${rows}\n` });
    const child = startDativo(["run", "--config", "job.yaml"], { cwd });
    let stderr = "";
    child.stderr?.on("data", (chunk) => {
      stderr += chunk;
    });
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (listTree(cwd).some((path) => path.endsWith(".staged"))) resolve(clearInterval(timer));
      }, 20);
    });
    child.kill("SIGINT");
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect([code, visibleFiles(lake(cwd))]).toEqual([130, []]);
    expect(stderr).toMatch(
      /Stopping; press Ctrl-C again to end at once\n[\s\S]*Interrupted by SIGINT; nothing was published/,
    );
    expect(listTree(cwd).filter((path) => path.includes("_dativo"))).toEqual([]);
    writeFiles(cwd, { "people.csv": PEOPLE_CSV });
    expect(run(cwd).code).toBe(0);
  });

  it("runs every job of a folder, goes on after one that fails, and ends with 2 then", async () => {
    const cwd = jobFolder();
    writeFiles(cwd, {
      "jobs/a.yaml": smallJob({ name: "a", target: { connection: { path: "lake/a" } } }),
      "jobs/deep/b.yml": smallJob({
        name: "b",
        source: { files: [{ path: "nowhere.csv" }] },
        target: { connection: { path: "lake/b" } },
      }),
      "jobs/c.yaml": smallJob({ name: "c", target: { connection: { path: "lake/people" } } }),
    });
    const done = dativo(["run", "--job-dir", "jobs", "--json"], { cwd });
    const results = JSON.parse(done.stdout) as { file: string; receipt?: Receipt; error?: { code: string } }[];
    expect(done.code).toBe(2);
    expect(
      results.map(({ file, receipt, error }) => [file.replace(/.*jobs/, "jobs"), receipt?.status ?? error?.code]),
    ).toEqual([
      ["jobs/a.yaml", "committed"],
      ["jobs/c.yaml", "committed"],
      ["jobs/deep/b.yml", "DTV_SOURCE_NOT_FOUND"],
    ]);
    expect(await askDuckDB(`select count(*) as n from ${parquet(cwd)}`)).toEqual([{ n: "3" }]);
  });

  it("writes log lines that no name can forge, and JSON lines on demand", () => {
    const cwd = jobFolder({ "people.csv": 'id,name,born,"evil\nerror: forged\u001b[2J"\n1,Ada,,x\n' });
    const text = run(cwd).stderr;
    expect(text).not.toContain("\u001b[2J");
    expect(text.split("\n").filter((line) => line.startsWith("error: forged"))).toEqual([]);
    const cwd2 = jobFolder({ "people.csv": 'id,name,born,"evil\nx"\n1,Ada,,x\n' });
    const lines = dativo(["run", "--config", "job.yaml", "--log-format", "json"], { cwd: cwd2 })
      .stderr.split("\n")
      .filter((line) => line.startsWith("{"));
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toContain("warn");
  });

  it("prints no colours into a pipe, and nothing but errors when quiet", () => {
    const cwd = jobFolder();
    expect(run(cwd, "--full-refresh").stderr).not.toContain("\u001b[");
    expect(run(cwd, "--full-refresh", "--quiet")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(dativo(["run", "--config", "job.yaml"], { cwd, env: { FORCE_COLOR: "1" } }).stderr).toContain("\u001b[");
    expect(
      dativo(["run", "--config", "job.yaml"], { cwd, env: { FORCE_COLOR: "1", NO_COLOR: "1" } }).stderr,
    ).not.toContain("\u001b[");
  });
});
