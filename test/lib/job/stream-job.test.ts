import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dativo, PEOPLE_ASSET, PEOPLE_CSV, smallJob, writeFiles } from "../../support/cli.ts";
import { askDuckDB } from "../../support/duckdb.ts";
import { listTree, tempFolder, visibleFiles } from "../../support/folder.ts";
import { shell } from "../../support/shell.ts";

const RUN = "dativo run --config job.yaml";

function folder(job: Readonly<Record<string, unknown>>): string {
  const cwd = tempFolder();
  writeFiles(cwd, { "people.csv": PEOPLE_CSV, "people.yaml": PEOPLE_ASSET, "job.yaml": smallJob(job) });
  return cwd;
}

const fromPipe = (options: Readonly<Record<string, unknown>>): string =>
  folder({ source_connector: "stdin", source: { engine: { options } } });

describe("a job whose source is a pipe", () => {
  it.each([
    [{ expect_rows: 3 }, "cat people.csv"],
    [{ format: "csv", done_marker: "#done" }, "(cat people.csv; echo '#done')"],
    [{ accept_eof: true }, "cat people.csv"],
    [{}, "dativo read people.csv"],
  ])("with %j publishes once what it was sent: %s", async (options, upstream) => {
    const cwd = fromPipe(options);
    expect(shell(`${upstream} | ${RUN}`, { cwd })).toMatchObject({ code: 0 });
    const rows = await askDuckDB(`select id, name, born from '${cwd}/lake/people/*.parquet' order by id`);
    expect(rows).toEqual([
      { id: "1", name: "Ada", born: "1815-12-10" },
      { id: "2", name: "Grace", born: "1906-12-09" },
      { id: "3", name: "Edsger", born: null },
    ]);
    const before = visibleFiles(join(cwd, "lake", "people"));
    const again = shell(`${upstream} | ${RUN} --json --receipt receipt.json`, { cwd });
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("this very stream was loaded before")]);
    for (const receipt of [again.stdout, readFileSync(join(cwd, "receipt.json"), "utf8")]) {
      const { status, error, source, counts } = JSON.parse(receipt);
      expect([status, error, source.alreadyLoaded, counts.written]).toEqual(["unchanged", undefined, 1, 0]);
    }
    expect(visibleFiles(join(cwd, "lake", "people"))).toEqual(before);
    const kept = listTree(cwd).filter((path) => path.includes(".receipts/"));
    expect(kept).toHaveLength(1);
  });

  it.each([
    [{}, "cat people.csv", "DTV_UPSTREAM_UNPROVEN"],
    [{ expect_rows: 4 }, "cat people.csv", "DTV_UPSTREAM_INCOMPLETE"],
    [{ done_marker: "#done" }, "cat people.csv", "DTV_UPSTREAM_INCOMPLETE"],
    [{}, "dativo read people.csv | head -c 600", "DTV_UPSTREAM_INCOMPLETE"],
    [{ expect_row: 3 }, "cat people.csv", "expect_row"],
  ])("with %j refuses %s", (options, upstream, message) => {
    const cwd = fromPipe(options);
    const { code, stderr } = shell(`${upstream} | ${RUN}`, { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    const target = join(cwd, "lake", "people");
    expect(existsSync(target) ? visibleFiles(target) : []).toEqual([]);
  });
});

describe("a job whose target is standard output", () => {
  const toPipe = (options: Readonly<Record<string, unknown>> = {}): string =>
    folder({ target_connector: "stdout", target: { engine: { options } } });

  it.each([
    [{}, '{"id":1,"name":"Ada","born":"1815-12-10"}'],
    [{ format: "csv", delimiter: ";" }, "id;name;born"],
    [{ format: "table" }, "id"],
  ])("with %j gives its records to whoever reads it, and nothing else", (options, first) => {
    const { code, stdout } = dativo(["run", "--config", "job.yaml"], { cwd: toPipe(options) });
    expect(code).toBe(0);
    expect(stdout.split("\n")[0]).toContain(first);
    expect(stdout).not.toContain("committed");
  });

  it("sends what the next process knows to be whole", async () => {
    const cwd = toPipe({ format: "dativo" });
    expect(shell(`${RUN} | dativo write out.jsonl`, { cwd })).toMatchObject({ code: 0 });
    expect(readFileSync(join(cwd, "out.jsonl"), "utf8").split("\n")[1]).toBe(
      '{"id":2,"name":"Grace","born":"1906-12-09"}',
    );
  });

  it("tells the next process when it has failed", () => {
    const cwd = toPipe({ format: "dativo" });
    writeFiles(cwd, { "people.csv": `${PEOPLE_CSV}x,y,z\n` });
    const { code, stderr } = shell(`${RUN} | dativo write out.jsonl`, { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining("DTV_UPSTREAM_INCOMPLETE")]);
    expect(existsSync(join(cwd, "out.jsonl"))).toBe(false);
  });
});
