import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CrashSuite } from "../../../lib/testing/crash-suite.ts";
import type { CrashReport } from "../../../lib/testing/crash-sweep.ts";
import { crashSweep } from "../../../lib/testing/crash-sweep.ts";
import { type Death, deathsBy } from "../../../lib/testing/deaths.ts";
import { NODE, PEOPLE_ASSET, smallJob, writeFiles } from "../../support/cli.ts";
import { tempFolder } from "../../support/folder.ts";

/** A table in a file, a line for each commit. `DIE` kills the process in the middle of `commitFiles`. */
const WRITER = `
  import { BaseWriter } from "dativo-ingest";
  import { appendFileSync, existsSync, readFileSync } from "node:fs";

  const lines = () => existsSync("table") ? readFileSync("table", "utf8").split("\\n").filter(Boolean) : [];
  const append = (line) => appendFileSync("table", JSON.stringify(line) + "\\n");
  const die = () => { if (process.env.DIE) process.kill(process.pid, "SIGKILL"); };

  export class W extends BaseWriter {
    writeBatch(records) { return [{ path: "pending", recordCount: records.length, records }]; }
    commitFiles(files, token) {
      append({ ...token, records: files.flatMap(({ records }) => records) });
      die();
      return { status: "success" };
    }
    committed({ jobKey, seq }) {
      const found = lines().map((line) => JSON.parse(line)).find((line) => line.jobKey === jobKey && line.seq === seq);
      return found && { status: "success", runId: found.runId };
    }
  }`;

const COMMITTED = /committed\(\{[\s\S]*?\n {4}\}/;

/** Steps around the commit, which are few of all, so that many writers can be tried. */
const killAt = (...steps: string[]): Death[] => deathsBy("kill").filter(({ name }) => steps.includes(name));
const MIDDLE: Death = { name: "the middle of commitFiles", action: "own", env: { DIE: "1" } };

function suiteOf(writer: string, more: Partial<CrashSuite> = {}): CrashSuite {
  return {
    prepare(folder) {
      const target = { custom_writer: "./w.mjs:W", connection: { host: "h" } };
      const job = smallJob({ source: { files: [{ path: "in/*.csv" }] }, target_connector: "mine", target });
      writeFiles(folder, { "w.mjs": writer, "people.yaml": PEOPLE_ASSET, "job.yaml": job });
      writeFiles(folder, { "in/1.csv": "id,name\n1,a\n2,b\n" });
    },
    grow: (folder) => writeFiles(folder, { "in/2.csv": "id,name\n3,c\n4,d\n" }),
    readTarget: (folder) => recordsOf(join(folder, "table")),
    deaths: [...killAt("K13", "K17"), MIDDLE],
    node: NODE,
    ...more,
  };
}

function recordsOf(path: string): unknown[] {
  const lines = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
  return lines.flatMap((line) => JSON.parse(line).records);
}

async function faultOf(sweep: Promise<CrashReport>): Promise<string> {
  return sweep.then(
    ({ matrix }) => `no fault\n${matrix}`,
    (error: Error) => error.message,
  );
}

describe("the crash sweep", { timeout: 120_000 }, () => {
  it("passes a writer that answers for its commits", async () => {
    const { effect, matrix } = await crashSweep(suiteOf(WRITER));
    expect([effect, matrix.split("\n").slice(1)]).toEqual([
      "exactly-once",
      ["kill  ..  K13, K17", "own   .  the middle of commitFiles"],
    ]);
  });

  it.each([
    [
      "says that it has no commit",
      WRITER.replace(COMMITTED, "committed() {}"),
      killAt("K17"),
      /kill at K17: recovered: records are there more than once: 2, such as \{"born":null,"id":3/,
    ],
    [
      "says that it has every commit",
      WRITER.replace(COMMITTED, 'committed() { return { status: "success" }; }'),
      killAt("K13"),
      /kill at K13: recovered: records are lost: 2, such as .* \(2 in all, 4 where nothing dies\)/,
    ],
    [
      "commits what it holds in memory",
      WRITER.replace("writeBatch(records) {", "held = []; writeBatch(records) { this.held.push(...records);").replace(
        "files.flatMap(({ records }) => records)",
        "this.held",
      ),
      killAt("K13"),
      /kill at K13: recovered: records are lost/,
    ],
    [
      "commits in two steps",
      WRITER.replace(
        "append({ ...token, records: files.flatMap(({ records }) => records) });\n      die();",
        "append({ records: files.flatMap(({ records }) => records) }); die(); append({ ...token, records: [] });",
      ),
      [MIDDLE],
      /own at the middle of commitFiles: recovered: records are there more than once/,
    ],
    [
      "shows records before they are committed",
      WRITER.replace("writeBatch(records) {", "writeBatch(records) { append({ records });").replace(
        "records: files.flatMap(({ records }) => records)",
        "records: []",
      ),
      killAt("K06"),
      /kill at K06: recovered: records are there more than once/,
    ],
  ])("finds a writer that %s", async (_, writer, deaths, expected) => {
    expect(writer).not.toBe(WRITER);
    const fault = await faultOf(crashSweep(suiteOf(writer, { deaths })));
    expect(fault).toMatch(/^The crash sweep found what is wrong:\n/);
    expect(fault).toMatch(expected);
  });

  it("finds a writer that shows what a run had staged which failed", async () => {
    const writer = WRITER.replace("writeBatch(records) {", "writeBatch(records) { append({ records });");
    const fault = await faultOf(crashSweep(suiteOf(writer, { deaths: deathsBy("throw").slice(6, 7) })));
    expect(fault).toContain("throw at K06: the run said that it failed, and something is visible");
  });

  it("lets a writer double that promises no more, unless more is asked of it", async () => {
    const unable = WRITER.replace(COMMITTED, "");
    expect((await crashSweep(suiteOf(unable, { deaths: killAt("K17") }))).effect).toBe("at-least-once");
    expect(await faultOf(crashSweep(suiteOf(unable, { effect: "exactly-once", deaths: [MIDDLE] })))).toBe(
      "the job promises 'at-least-once', not 'exactly-once'",
    );
  });

  it("finds a reader that keeps its own books while it reads", async () => {
    const reader = `
      import { BaseReader } from "dativo-ingest";
      import { existsSync, readFileSync, writeFileSync } from "node:fs";
      export class R extends BaseReader {
        *extract() {
          const from = existsSync("cursor") ? Number(readFileSync("cursor", "utf8")) : 0;
          const to = Number(readFileSync("size", "utf8"));
          for (let id = from + 1; id <= to; id++) {
            writeFileSync("cursor", String(id));
            yield { batch: [{ id, name: "n" }], position: id };
          }
        }
      }`;
    const source = { custom_reader: "./r.mjs:R" };
    const target = { connection: { path: "lake" }, custom_writer: "./w.mjs:W" };
    const suite = suiteOf(WRITER, {
      prepare(folder) {
        const job = smallJob({ source_connector: "mine", source, target_connector: "mine", target });
        writeFiles(folder, {
          "r.mjs": reader,
          "w.mjs": WRITER,
          "people.yaml": PEOPLE_ASSET,
          "job.yaml": job,
          size: "2",
        });
      },
      grow: (folder) => writeFiles(folder, { size: "5" }),
      deaths: killAt("K06"),
    });
    expect(await faultOf(crashSweep(suite))).toMatch(/kill at K06: recovered: records are lost: [13]/);
  });

  it("empties a target outside of the folder before each death", async () => {
    const table = join(tempFolder(), "table");
    const outside = suiteOf(WRITER.replaceAll('"table"', "process.env.TABLE"), {
      env: { TABLE: table },
      readTarget: () => recordsOf(table),
      resetTarget: () => rmSync(table, { force: true }),
    });
    const { outcomes } = await crashSweep(outside);
    expect(outcomes.map(({ verdict }) => verdict)).toEqual(["good", "good", "good"]);
    const kept = crashSweep({ ...outside, resetTarget: () => {} });
    expect(await faultOf(kept)).toMatch(/DTV_COMMIT_CONFLICT/);
  });

  it("refuses what it can say nothing of", async () => {
    const none = { deaths: killAt("K15") };
    expect(await faultOf(crashSweep(suiteOf(WRITER, none)))).toMatch(
      /^the run comes to none of the steps\n[\s\S]*kill {2}-/,
    );
    const failing = suiteOf(WRITER.replace("writeBatch(", "wrote("));
    expect(await faultOf(crashSweep(failing))).toMatch(/^the first run ended with 2: /);
  });
});
