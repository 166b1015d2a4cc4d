import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dativo, PEOPLE_ASSET, PEOPLE_CSV, smallJob, writeFiles } from "../../support/cli.ts";
import { askDuckDB } from "../../support/duckdb.ts";
import { tempFolder, visibleFiles } from "../../support/folder.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";

const SHOUT = `import { BaseTransform, RowBatch } from "dativo-ingest";
export class Shout extends BaseTransform {
  apply(batch) {
    const { column, mark = "!" } = this.options;
    return RowBatch.fromRows([...batch].map((row) => ({ ...row, [column]: String(row[column]).toUpperCase() + mark })), batch.schema);
  }
}
export class Twice extends BaseTransform {
  apply(batch) { return [batch, batch.retain()]; }
}
export class Born extends BaseTransform {
  apply(batch) { return RowBatch.fromRows([...batch].filter((row) => row.born !== null), batch.schema); }
}
export class Century extends BaseTransform {
  apply(batch) { return RowBatch.fromRows([...batch].map(({ id, born }) => ({ id, century: born ? Math.ceil(Number(born.slice(0, 4)) / 100) : null }))); }
}
export class Broken extends BaseTransform {
  apply() { throw new Error("no ink"); }
}
export const NoClass = 7;
export class Stranger {}
`;

function folder(transforms: unknown, overrides: Readonly<Record<string, unknown>> = {}): string {
  const cwd = tempFolder();
  const job = smallJob({ transforms, ...overrides });
  writeFiles(cwd, { "people.csv": PEOPLE_CSV, "people.yaml": PEOPLE_ASSET, "shout.ts": SHOUT, "job.yaml": job });
  return cwd;
}

function run(cwd: string) {
  const done = dativo(["run", "--config", "job.yaml", "--json"], { cwd });
  return { ...done, receipt: done.code === 2 ? undefined : JSON.parse(done.stdout) };
}

const written = (cwd: string, columns: string, group = "") =>
  askDuckDB(`select ${columns} from read_parquet('${cwd}/lake/people/*.parquet') ${group} order by all`);

describe("transforms of a job", () => {
  it("change the records that were checked, one after the other, before the mapping", async () => {
    const cwd = folder(
      [
        { plugin: "shout.ts:Shout", options: { column: "name" } },
        { plugin: "./shout.ts:Shout", options: { column: "name", mark: "?" } },
      ],
      { map: { rename: { name: "cry" } } },
    );
    const { code, receipt } = run(cwd);
    expect(code).toBe(0);
    expect(await written(cwd, "cry")).toEqual([{ cry: "ADA!?" }, { cry: "EDSGER!?" }, { cry: "GRACE!?" }]);
    expect(receipt.plugins).toEqual([
      expect.objectContaining({ path: join(cwd, "shout.ts:Shout"), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }),
      expect.objectContaining({ path: join(cwd, "shout.ts:Shout"), sha256: expect.any(String) }),
    ]);
    const stages = receipt.timings.stages.map(({ stage, rows }: { stage: string; rows: number }) => [stage, rows]);
    expect(stages).toEqual([
      ["read", 3],
      ["validate", 3],
      ["transform 1", 3],
      ["transform 2", 3],
      ["map", 3],
      ["write", 3],
    ]);
  });

  it.each([
    ["Twice", { read: 3, added: 3, filtered: 0, rejected: 0, written: 6 }],
    ["Born", { read: 3, added: 0, filtered: 1, rejected: 0, written: 2 }],
  ])("%s: records that it adds and leaves out are counted", (name, counts) => {
    expect(run(folder([{ plugin: `shout.ts:${name}` }])).receipt.counts).toEqual(counts);
  });

  it("may make other columns, which the mapping and the writer see", async () => {
    const cwd = folder([{ plugin: "shout.ts:Century" }], { map: { rename: { century: "c" } } });
    expect(dativo(["check", "--config", "job.yaml"], { cwd })).toMatchObject({ code: 0 });
    expect(run(cwd).receipt.target.schema.map(({ name }: { name: string }) => name)).toEqual(["id", "c"]);
    expect(await written(cwd, "id, c")).toEqual([
      { id: "1", c: "19" },
      { id: "2", c: "20" },
      { id: "3", c: null },
    ]);
  });

  it("that throw publish nothing, and the error names the plugin", () => {
    const cwd = folder([{ plugin: "shout.ts:Broken" }]);
    const { code, stderr } = run(cwd);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/DTV_PLUGIN_FAILED.*apply\(\) of .*shout.ts:Broken failed: no ink/s),
    ]);
    expect(visibleFiles(join(cwd, "lake"))).toEqual([]);
  });

  it.each([
    ["missing.ts:Shout", "DTV_PLUGIN_NOT_FOUND", "transforms.0.plugin"],
    ["shout.ts", "DTV_PLUGIN_PATH", "transforms.0.plugin"],
    ["missing.so:create_transform", "DTV_PLUGIN_NOT_FOUND", "transforms.0.plugin"],
    ["shout.ts:Shuot", "DTV_PLUGIN_CLASS", "did you mean 'Shout'?"],
    ["shout.ts:NoClass", "DTV_PLUGIN_CLASS", "NoClass is not a class"],
    ["shout.ts:Stranger", "DTV_PLUGIN_CLASS", "must inherit from BaseTransform"],
  ])("%s is refused by check and by run: %s", (plugin, errorCode, said) => {
    const cwd = folder([{ plugin }]);
    for (const verb of ["check", "run"]) {
      const { code, stdout, stderr } = dativo([verb, "--config", "job.yaml"], { cwd });
      expect([code, stdout + stderr]).toEqual([2, expect.stringContaining(said)]);
      expect(stdout + stderr).toContain(errorCode);
    }
    expect(existsSync(join(cwd, "lake"))).toBe(false);
  });

  it("a misspelt key of an entry is named with its place", () => {
    const { code, stderr } = dativo(["check", "--config", "job.yaml"], {
      cwd: folder([{ plugin: "shout.ts:Shout", optoins: {} }]),
    });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/transforms\.0\.optoins.*did you mean 'options'\?/)]);
  });
});

describeNative("transforms of a job, in a library", () => {
  const plugin = `${nativeLibrary("abi2_fixture")}:create_transform`;

  it("work beside those in TypeScript, with counts that balance and rejects that say their place", async () => {
    const cwd = folder(
      [
        { plugin, options: { keep: 2, reject: 1, warn: "one is gone" } },
        { plugin: "shout.ts:Shout", options: { column: "name" } },
        { plugin, options: { repeat: 3 } },
      ],
      { schema_validation_mode: "warn", map: { select: ["name"] } },
    );
    const { code, receipt } = run(cwd);
    expect(code).toBe(1);
    expect(receipt.counts).toEqual({ read: 3, added: 4, filtered: 0, rejected: 1, written: 6 });
    expect(receipt.warnings).toContain("one is gone");
    expect(receipt.plugins.map(({ path }: { path: string }) => path)).toEqual([
      plugin,
      join(cwd, "shout.ts:Shout"),
      plugin,
    ]);
    expect(await written(cwd, "name, count(*) n", "group by name")).toEqual([
      { name: "EDSGER!", n: "3" },
      { name: "GRACE!", n: "3" },
    ]);
    const reject = JSON.parse(readFileSync(receipt.rejects.path, "utf8"));
    expect(reject).toMatchObject({ source: "people.csv", row: 1, rule: "shape" });
  });

  it.each([
    ["create_writer", {}, "DTV_PLUGIN_CLASS", "create_writer is a writer, where a transform is needed"],
    ["create_other", {}, "DTV_PLUGIN_CLASS", "Symbol 'create_other' not found"],
    ["create_transform", { refuse: "no such shape" }, "DTV_OPTION_INVALID", "no such shape"],
  ])("%s with %j is refused by check and by run", (symbol, options, errorCode, said) => {
    const cwd = folder([{ plugin: `${nativeLibrary("abi2_fixture")}:${symbol}`, options }]);
    for (const verb of ["check", "run"]) {
      const { code, stdout, stderr } = dativo([verb, "--config", "job.yaml"], { cwd });
      expect([code, stdout + stderr]).toEqual([2, expect.stringContaining(said)]);
      expect(stdout + stderr).toContain(errorCode);
    }
    const lake = join(cwd, "lake");
    expect(existsSync(lake) ? visibleFiles(lake) : []).toEqual([]);
  });

  it("are stages that explain shows", () => {
    const cwd = folder([{ plugin }, { plugin: "shout.ts:Twice" }]);
    const { stages } = JSON.parse(dativo(["explain", "job.yaml", "--json"], { cwd }).stdout);
    expect(stages.slice(2, 4)).toEqual([
      { stage: "transform 1", by: plugin, runs: "native" },
      { stage: "transform 2", by: join(cwd, "shout.ts:Twice"), runs: "javascript" },
    ]);
  });

  it("say to check what columns they give, which the mapping is held to", () => {
    const cwd = folder([{ plugin, options: { count: true } }], { map: { rename: { record: "n" } } });
    const { code, stdout } = dativo(["check", "--config", "job.yaml"], { cwd });
    expect([code, stdout]).toEqual([2, expect.stringMatching(/Transforms: failed.*'record'.*did you mean 'records'/s)]);
  });
});
