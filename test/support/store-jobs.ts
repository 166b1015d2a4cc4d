import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import type { Receipt } from "../../lib/job/receipt.ts";
import type { ObjectStore } from "../../lib/storage/object/object-store.ts";
import { openStore } from "../../lib/storage/object/open-store.ts";
import type { StoreSettings } from "../../lib/storage/object/store-settings.ts";
import { dativo, type Finished, PEOPLE_ASSET, smallJob, writeFiles } from "./cli.ts";
import { askDuckDB } from "./duckdb.ts";
import { tempFolder } from "./folder.ts";
import { environmentOf } from "./object-client.ts";
import type { ObjectServer } from "./object-servers.ts";

const FORMATS = ["csv", "jsonl", "json", "parquet", "avro", "arrow"] as const;

/** What jobs and pipes do with objects of a store, through the command line. */
export function storeJobs(server: ObjectServer): void {
  it.each(FORMATS)("read %s of a store, many files, and nothing of them again", async (format) => {
    const { cwd, put, uri, runs } = await placeOf(server);
    for (const [name, from] of [
      ["a", 0],
      ["b", 3000],
      ["c", 6000],
    ] as const) {
      writeFiles(cwd, { "people.csv": csv(from, 3000) });
      const made = dativo(["pipe", "people.csv", "--asset", "people.yaml", "--force", "-o", `made.${format}`], { cwd });
      expect(made.code, made.stderr).toBe(0);
      await put(`in/${name}.${format}`, readFileSync(join(cwd, `made.${format}`)));
    }
    const source = { files: [{ path: `${uri}/in/*.${format}` }] };
    expect(runs({ source_connector: format, source })).toMatchObject({
      status: "committed",
      counts: { written: 9000 },
    });
    expect(await loaded(cwd)).toEqual({ n: "9000", d: "9000" });
    expect(runs({ source_connector: format, source })).toMatchObject({ status: "unchanged", counts: { read: 0 } });
  });

  it("tell what is new from what was loaded: compressed, added, renamed, changed", async () => {
    const { cwd, put, store, uri, run, runs } = await placeOf(server);
    await put("in/a.csv.gz", gzipSync(csv(0, 1000)));
    await put("in/b.csv", csv(1000, 1000));
    const job = { source: { files: [{ path: `${uri}/in/**` }] } };
    expect(runs(job)).toMatchObject({ counts: { written: 2000 } });
    await put("in/sub/c.csv", csv(2000, 10));
    expect(runs(job)).toMatchObject({ counts: { written: 10 }, source: { alreadyLoaded: 2 } });
    await put("in/renamed.csv", csv(1000, 1000));
    await store.remove("in/b.csv");
    expect(runs(job)).toMatchObject({ status: "committed", counts: { read: 0 } });
    expect(runs(job)).toMatchObject({ status: "unchanged" });
    await put("in/renamed.csv", csv(1000, 1000));
    expect(runs(job), "written again as it was").toMatchObject({ counts: { read: 0 } });
    await put("in/renamed.csv", csv(5000, 1000));
    const changed = run("run", "--config", "job.yaml", "--json");
    expect(changed.code).toBe(2);
    expect(changed.stderr).toContain(`${uri}/in/renamed.csv has changed since it was loaded`);
    expect(await loaded(cwd)).toEqual({ n: "2010", d: "2010" });
  });

  it("read below the bucket and prefix of a connection, in the format that is named", async () => {
    const { put, settings, runs, run } = await placeOf(server);
    await put("deep/in/a.csv", csv(0, 10));
    await put("deep/in/plain", csv(10, 10));
    const { connector, connection } = connectionOf(settings);
    const source = { connection: { ...connection, prefix: "deep" }, files: [{ path: "in/*.csv" }] };
    expect(runs({ source_connector: connector, source })).toMatchObject({ counts: { written: 10 } });
    const named = { ...source, files: [{ path: "in/plain" }], file_format: "csv" };
    expect(runs({ source_connector: connector, source: named })).toMatchObject({ counts: { written: 10 } });
    const check = run("check", "--config", "job.yaml", "--json");
    expect(check.code, check.stderr + check.stdout).toBe(0);
    const discovered = run("discover", "--config", "job.yaml", "--json");
    expect(JSON.parse(discovered.stdout)).toMatchObject({
      objects: [{ name: expect.stringContaining("deep/in/plain") }],
    });
    const plan = run("plan", "--config", "job.yaml", "--json");
    expect(plan.code, plan.stderr).toBe(0);
    for (const { stdout, stderr } of [check, discovered, plan]) expect(stdout + stderr).not.toContain("testsecret123");
  });

  it("serve pipes, counts and looks", async () => {
    const { put, uri, run } = await placeOf(server);
    await put("in/a.csv", csv(0, 100));
    await put("in/b.csv", csv(100, 100));
    const piped = run("pipe", `${uri}/in/*.csv`, "-t", "jsonl", "--limit", "3");
    expect(piped.code, piped.stderr).toBe(0);
    expect(piped.stdout.trim().split("\n")).toHaveLength(3);
    expect(run("count", `${uri}/in/*.csv`).stdout).toMatch(/200/);
    expect(run("head", `${uri}/in/a.csv`).stdout).toContain("p0");
    const missing = run("pipe", `${uri}/in/aa.csv`);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain("did you mean 'in/a.csv'?");
  });

  it("take what comes on standard input by one commit, and refuse what they cannot do there yet", async () => {
    const { cwd, settings, uri, run } = await placeOf(server);
    const flags = ["write", `${uri}/piped/`, "--expect-rows", "100", "--receipt", "r.json"];
    const piped = dativo(flags, { cwd, env: environmentOf(settings), input: csv(0, 100) });
    expect([piped.code, piped.stderr]).toEqual([0, expect.stringContaining(`in ${uri}/piped`)]);
    expect(run("count", `${uri}/piped/*.parquet`).stdout).toBe("100\n");
    writeFiles(cwd, { "people.csv": csv(0, 1) });
    expect(run("verify", "r.json")).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("100 records, as the receipt"),
    });
    const refused = run("convert", "people.csv", `${uri}/people.jsonl`);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("DTV_NOT_BUILT") });
    expect(readdirSync(cwd).sort()).toEqual([".local", "people.csv", "people.yaml", "r.json"]);
  });
}

interface Place {
  readonly cwd: string;
  readonly settings: StoreSettings;
  readonly store: ObjectStore;
  readonly uri: string;
  put(key: string, content: string | Uint8Array): Promise<void>;
  run(...args: string[]): Finished;
  /** The receipt of a job. */
  runs(overrides: Readonly<Record<string, unknown>>): Receipt;
}

async function placeOf(server: ObjectServer): Promise<Place> {
  const settings = await server.makeBucket();
  const store = await openStore(settings);
  const cwd = tempFolder();
  writeFiles(cwd, { "people.yaml": PEOPLE_ASSET });
  const run = (...args: string[]): Finished => dativo(args, { cwd, env: environmentOf(settings) });
  return {
    cwd,
    settings,
    store,
    uri: store.uri,
    put: async (key, content) => void (await store.put(key, Buffer.from(content))),
    run,
    runs: (overrides) => {
      writeFiles(cwd, { "job.yaml": smallJob(overrides) });
      const { code, stdout, stderr } = run("run", "--config", "job.yaml", "--json");
      expect(stderr).not.toContain("NodeVersionSupportWarning");
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout);
    },
  };
}

function connectionOf(settings: StoreSettings): { connector: string; connection: Record<string, unknown> } {
  const { bucket, endpoint } = settings;
  if (settings.kind === "gs") return { connector: "gcs", connection: { bucket, endpoint } };
  const { accessKeyId = "", secretAccessKey = "" } = settings.credentials ?? {};
  return { connector: "s3", connection: { bucket, endpoint, access_key: accessKeyId, secret_key: secretAccessKey } };
}

async function loaded(cwd: string): Promise<unknown> {
  const [counts] = await askDuckDB(`select count(*) as n, count(distinct id) as d from '${cwd}/lake/people/*.parquet'`);
  return counts;
}

function csv(from: number, count: number): string {
  const rows = Array.from({ length: count }, (_, index) => `${from + index},p${from + index},2001-02-03\n`);
  return `id,name,born\n${rows.join("")}`;
}
