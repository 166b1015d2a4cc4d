import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ControlPaths } from "../../../lib/commit/folder/control-paths.ts";
import { FolderBooks } from "../../../lib/commit/folder/folder-books.ts";
import { Ledger, type LedgerPlace, type LedgerTools } from "../../../lib/commit/ledger.ts";
import type { CommitRecord } from "../../../lib/commit/record.ts";
import { commitReset, countHeld } from "../../../lib/commit/reset.ts";
import { AssetDefinition } from "../../../lib/contract/asset.ts";
import { INERT_CONTEXT } from "../../../lib/contract/context.ts";
import type { FileMetadata } from "../../../lib/contract/results.ts";
import type { Schema } from "../../../lib/contract/schema.ts";
import { LocalStorage } from "../../../lib/storage/local.ts";
import type { Sealed } from "../../../lib/stream/to-writable.ts";
import { listTree, modesBelow, tempFolder, visibleFiles } from "../../support/folder.ts";
import { type JobPlace, jobPlace } from "../../support/job-place.ts";
import { MemoryWriter } from "../../support/players.ts";
import { until } from "../../support/shell.ts";

const asset = new AssetDefinition({ name: "zips", version: "1.0.0", schema: [{ name: "id", type: "integer" }] });
const tools = { log: INERT_CONTEXT.log, clock: INERT_CONTEXT.clock, storage: new LocalStorage() };

interface RunParts {
  readonly contents?: readonly string[];
  readonly positions?: Record<string, unknown>;
  readonly mode?: "append" | "overwrite";
  readonly values?: Record<string, unknown>;
  readonly tools?: LedgerTools;
  readonly schema?: Schema;
}

/** Keeps what is warned of. */
function listening(): { warnings: string[]; tools: LedgerTools } {
  const warnings: string[] = [];
  return { warnings, tools: { ...tools, log: { ...tools.log, warn: (message) => warnings.push(message) } } };
}

/** One run through the whole protocol, staging real files. */
async function runOnce(
  place: LedgerPlace,
  parts: RunParts,
): Promise<{ status: string; record: CommitRecord | undefined }> {
  const ledger = await Ledger.open(place, parts.tools ?? tools, parts.mode);
  try {
    const attempt = await ledger.begin(asset);
    await attempt.stage();
    const files = [];
    for (const [index, content] of (parts.contents ?? []).entries())
      files.push(await stageFile(attempt.storage, `zips-${index}.txt`, content));
    const result = await attempt.commit(sealedOf(files, parts));
    return { status: result.status, record: await place.books.latest() };
  } finally {
    await ledger.close();
  }
}

async function stageFile(
  storage: { create(name: string): Promise<import("../../../lib/contract/storage.ts").StagedFile> },
  name: string,
  content: string,
): Promise<FileMetadata> {
  const file = await storage.create(name);
  await file.write(Buffer.from(content));
  return { path: file.path, recordCount: 1, ...(await file.seal()) };
}

function sealedOf(files: FileMetadata[], { positions = {}, values, schema }: RunParts): Sealed {
  const written = files.length;
  return {
    writer: new MemoryWriter(),
    files,
    counts: { read: written, added: 0, filtered: 0, rejected: 0, written },
    positions: new Map(Object.entries(positions)),
    values,
    schema: schema ?? asset.targetSchema(),
    balanced: true,
  };
}

const contentsOf = (place: { folder: string }): string[] =>
  visibleFiles(place.folder).map((path) => readFileSync(join(place.folder, path), "utf8"));

describe("Ledger", () => {
  it("publishes files under names that carry the run, and keeps the books beside them", async () => {
    const place = jobPlace(tempFolder());
    const { status, record } = await runOnce(place, { contents: ["one", "two"], positions: { "0": 7 } });
    expect(status).toBe("success");
    expect(visibleFiles(place.folder)).toEqual([`zips-0-${record?.runId}.txt`, `zips-1-${record?.runId}.txt`]);
    expect(contentsOf(place)).toEqual(["one", "two"]);
    expect(record).toMatchObject({
      seq: 1,
      mode: "append",
      counts: { written: 2 },
      endState: { positions: { "0": 7 } },
    });
    expect(listTree(place.paths.root)).toEqual(["commits/00000000000000000001.commit"]);
    expect(JSON.parse(readFileSync(place.stateFile, "utf8"))).toMatchObject({
      seq: 1,
      positions: { "0": 7 },
      recordCount: 2,
    });
  });

  it("gives each run a folder of its own where the layout says so", async () => {
    const place = jobPlace(tempFolder(), "job", "run-dir");
    const { record } = await runOnce(place, { contents: ["one", "two"] });
    const folder = `zips-${record?.runId}`;
    expect(visibleFiles(place.folder)).toEqual([`${folder}/zips-0.txt`, `${folder}/zips-1.txt`]);
    expect(modesBelow(place.folder)[folder]).toBe((0o777 & ~process.umask()).toString(8));
    await runOnce(place, { contents: ["three"] });
    await runOnce(place, { contents: ["new"], mode: "overwrite" });
    expect(contentsOf(place)).toEqual(["new"]);
    expect(readdirSync(place.folder)).toHaveLength(2);
    expect(listTree(place.paths.root).filter((path) => !path.startsWith("commits"))).toHaveLength(3);
  });

  it("gives the next run what the last one left, and counts on", async () => {
    const place = jobPlace(tempFolder());
    await runOnce(place, { contents: ["one"], positions: { a: 1 }, values: { seen: 1 } });
    const ledger = await Ledger.open(place, tools);
    expect(ledger.state).toEqual({ positions: { a: 1 }, values: { seen: 1 } });
    await ledger.close();
    const { record } = await runOnce(place, { contents: ["two"], positions: { b: 2 } });
    expect(record?.seq).toBe(2);
    expect(record?.endState).toEqual({ positions: { a: 1, b: 2 }, values: { seen: 1 } });
    expect(contentsOf(place).sort()).toEqual(["one", "two"]);
  });

  it("makes no commit when nothing came and nothing moved", async () => {
    const place = jobPlace(tempFolder());
    await runOnce(place, { contents: ["one"], positions: { a: 1 } });
    const before = listTree(place.folder);
    expect((await runOnce(place, { positions: { a: 1 } })).status).toBe("unchanged");
    expect(listTree(place.folder)).toEqual(before);
  });

  it("takes a file that was reported each time it grew for one file", async () => {
    const place = jobPlace(tempFolder());
    const ledger = await Ledger.open(place, tools);
    const attempt = await ledger.begin(asset);
    const path = join(await attempt.stage(), "grown.txt");
    writeFileSync(path, "one two");
    const files = [
      { path, recordCount: 1, sizeBytes: 3, sha256: "of one" },
      { path: "grown.txt", recordCount: 2, sizeBytes: 7 },
    ];
    await attempt.commit(sealedOf(files, {}));
    await ledger.close();
    expect(attempt.committed?.files).toEqual([
      {
        staged: "grown.txt",
        path: `grown-${ledger.runId}.txt`,
        sizeBytes: 7,
        sha256: createHash("sha256").update("one two").digest("hex"),
        rows: 3,
      },
    ]);
  });

  it("makes a commit without files when only the position moved", async () => {
    const place = jobPlace(tempFolder());
    const { status, record } = await runOnce(place, { positions: { a: 1 } });
    expect([status, record?.files.length, record?.seq]).toEqual(["success", 0, 1]);
  });

  it("on overwrite moves the old files away after the decision, and forgets old positions", async () => {
    const place = jobPlace(tempFolder());
    await runOnce(place, { contents: ["one"], positions: { a: 1 } });
    await runOnce(place, { contents: ["two"], positions: { b: 1 } });
    const { record } = await runOnce(place, { contents: ["new"], positions: { c: 1 }, mode: "overwrite" });
    expect(contentsOf(place)).toEqual(["new"]);
    expect(record?.replaces).toHaveLength(2);
    expect(record?.endState.positions).toEqual({ c: 1 });
    expect(listTree(join(place.paths.root, "old")).every((path) => path.endsWith(".txt.old"))).toBe(true);
    await runOnce(place, { mode: "overwrite" });
    expect(contentsOf(place)).toEqual([]);
  });

  it("lets two jobs share a folder, and never touches what it did not write", async () => {
    const folder = tempFolder();
    const [first, second] = [jobPlace(folder, "first"), jobPlace(folder, "second")];
    mkdirSync(first.folder);
    writeFileSync(join(first.folder, "theirs.txt"), "theirs");
    await runOnce(first, { contents: ["one"] });
    await runOnce(second, { contents: ["two"] });
    await runOnce(first, { contents: ["three"], mode: "overwrite" });
    expect(contentsOf(first).sort()).toEqual(["theirs", "three", "two"]);
  });

  it("leaves nothing visible of a run that is aborted, and keeps its rejects", async () => {
    const place = jobPlace(tempFolder());
    const ledger = await Ledger.open(place, tools);
    const attempt = await ledger.begin(asset);
    await attempt.stage();
    await stageFile(attempt.storage, "zips-0.txt", "half");
    const raw = Buffer.from([0x61, 0xff]);
    await attempt.keepRejects([
      {
        source: "a.csv",
        row: 3,
        line: 4,
        offset: 20,
        length: 2,
        raw,
        faults: [{ column: "id", rule: "type", reason: "no" }],
      },
    ]);
    const { rejectsPath } = await attempt.abort();
    await ledger.close();
    expect(visibleFiles(place.folder)).toEqual([]);
    expect(listTree(place.paths.root)).toEqual([`rejects/${ledger.runId}.rejects`]);
    expect(JSON.parse(readFileSync(rejectsPath as string, "utf8"))).toEqual({
      source: "a.csv",
      row: 3,
      line: 4,
      offset: 20,
      length: 2,
      raw_base64: "Yf8=",
      column: "id",
      rule: "type",
      reason: "no",
      run_id: ledger.runId,
      asset: "zips",
      asset_version: "1.0.0",
    });
  });

  it("writes what is its own for its own eyes only", async () => {
    const folder = tempFolder();
    const place = jobPlace(folder);
    const ledger = await Ledger.open(place, tools);
    const attempt = await ledger.begin(asset);
    await attempt.stage();
    await attempt.keepRejects([{ source: "a", faults: [] }]);
    const staged = await stageFile(attempt.storage, "zips-0.txt", "x");
    await attempt.commit(sealedOf([staged], {}));
    await ledger.close();
    const modes = { ...modesBelow(join(place.folder, "_dativo")), ...modesBelow(join(folder, "state")) };
    expect(Object.keys(modes).length).toBeGreaterThan(4);
    for (const [path, mode] of Object.entries(modes))
      expect([path, mode]).toEqual([path, path.includes(".") ? "600" : "700"]);
  });

  it("refuses a second run while one is under way, and takes a dead one's lock over", async () => {
    const place = jobPlace(tempFolder());
    const ledger = await Ledger.open(place, tools);
    await expect(Ledger.open(place, tools)).rejects.toMatchObject({
      code: "DTV_LOCKED",
      message: expect.stringContaining(`process ${process.pid}`),
    });
    const holder = JSON.parse(readFileSync(place.paths.lock, "utf8")) as Record<string, unknown>;
    await ledger.close();
    // The same number is another process elsewhere, so that only the heartbeat tells.
    writeFileSync(place.paths.lock, JSON.stringify({ ...holder, pid: 2 ** 22 + 1, pidNamespace: "pid:[1]" }));
    await expect(Ledger.open(place, tools)).rejects.toMatchObject({ code: "DTV_LOCKED" });
    utimesSync(place.paths.lock, 0, 0);
    await (await Ledger.open(place, tools)).close();
    for (const dead of [
      { ...holder, pid: 2 ** 22 + 1 },
      { ...holder, bootId: "another boot" },
      { ...holder, startTicks: "1" },
    ]) {
      writeFileSync(place.paths.lock, JSON.stringify(dead));
      const next = await Ledger.open(place, tools);
      await next.close();
      expect(existsSync(place.paths.lock)).toBe(false);
    }
  });

  it.skipIf(process.platform !== "linux")(
    "takes over from a process that has ended and that nobody asks for",
    async () => {
      const place = jobPlace(tempFolder());
      const ledger = await Ledger.open(place, tools);
      const holder = JSON.parse(readFileSync(place.paths.lock, "utf8")) as Record<string, unknown>;
      await ledger.close();
      const parent = spawn("sh", ["-c", "sleep 0.1 & echo $!; exec sleep 60"]);
      onTestFinished(() => void parent.kill("SIGKILL"));
      const pid = Number(await new Promise((resolve) => parent.stdout.once("data", resolve)));
      writeFileSync(place.paths.lock, JSON.stringify({ ...holder, pid, startTicks: "" }));
      await expect(Ledger.open(place, tools)).rejects.toMatchObject({ code: "DTV_LOCKED" });
      await until(() => readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z "), "the end");
      await (await Ledger.open(place, tools)).close();
    },
  );

  it("leaves a file alone that has the name of one of its own, and takes back what it had published", async () => {
    const place = jobPlace(tempFolder());
    const ledger = await Ledger.open(place, tools);
    const attempt = await ledger.begin(asset);
    await attempt.stage();
    const files = [await stageFile(attempt.storage, "a.txt", "one"), await stageFile(attempt.storage, "b.txt", "two")];
    writeFileSync(join(place.folder, `b-${ledger.runId}.txt`), "theirs");
    await expect(attempt.commit(sealedOf(files, {}))).rejects.toMatchObject({ code: "DTV_COMMIT_CONFLICT" });
    await ledger.close();
    expect(contentsOf(place)).toEqual(["theirs"]);
    expect(listTree(place.paths.root)).toEqual([]);
  });

  describe("after a run that died", () => {
    it("finishes moving away what a full refresh has replaced", async () => {
      const place = jobPlace(tempFolder());
      await runOnce(place, { contents: ["old"] });
      // A file where the folder of old files should be stops the run right after its decision.
      writeFileSync(place.paths.oldRoot, "");
      expect((await runOnce(place, { contents: ["new"], mode: "overwrite" })).status).toBe("success");
      expect(contentsOf(place).sort()).toEqual(["new", "old"]);
      rmSync(place.paths.oldRoot);
      await (await Ledger.open(place, tools)).close();
      expect(contentsOf(place)).toEqual(["new"]);
    });

    it("removes staging that has no manifest", async () => {
      const place = jobPlace(tempFolder());
      const ledger = await Ledger.open(place, tools);
      const attempt = await ledger.begin(asset);
      await attempt.stage();
      await stageFile(attempt.storage, "zips-0.txt", "lost");
      await ledger.close();
      await runOnce(place, { contents: ["one"] });
      expect(contentsOf(place)).toEqual(["one"]);
      expect(existsSync(place.paths.stagingRoot)).toBe(false);
    });

    /** Leaves the target as a run would that died between manifest and decision. */
    async function dieAfterPrepare(place: JobPlace, published: boolean): Promise<string> {
      const ledger = await Ledger.open(place, tools);
      const attempt = await ledger.begin(asset);
      const staging = await attempt.stage();
      const staged = await stageFile(attempt.storage, "zips-0.txt", "prepared");
      const inTheWay = place.paths.commit(1);
      // A folder where the commit record should be stops the run right before its decision.
      mkdirSync(inTheWay, { recursive: true });
      await expect(attempt.commit(sealedOf([staged], { positions: { a: 1 } }))).rejects.toMatchObject({
        code: "DTV_OUTCOME_UNKNOWN",
      });
      rmSync(inTheWay, { recursive: true });
      await ledger.close();
      if (!published) rmSync(join(place.folder, `zips-0-${ledger.runId}.txt`));
      return staging;
    }

    it.each([true, false])("finishes what was prepared (published: %s)", async (published) => {
      const place = jobPlace(tempFolder());
      await dieAfterPrepare(place, published);
      const ledger = await Ledger.open(place, tools);
      expect(ledger.state.positions).toEqual({ a: 1 });
      expect(ledger.latest?.seq).toBe(1);
      await ledger.close();
      expect(contentsOf(place)).toEqual(["prepared"]);
      expect(listTree(place.paths.root)).toEqual(["commits/00000000000000000001.commit"]);
      expect(JSON.parse(readFileSync(place.stateFile, "utf8"))).toMatchObject({ seq: 1 });
    });

    it("takes back what can no longer be finished", async () => {
      const place = jobPlace(tempFolder());
      const staging = await dieAfterPrepare(place, true);
      rmSync(staging, { recursive: true });
      writeFileSync(join(place.folder, visibleFiles(place.folder)[0] as string), "not what was staged");
      const ledger = await Ledger.open(place, tools);
      expect(ledger.latest).toBeUndefined();
      await ledger.close();
      expect(visibleFiles(place.folder)).toEqual([]);
      expect(listTree(place.paths.root)).toEqual([]);
    });

    it("repairs a state that is missing or older from the target's own record", async () => {
      const place = jobPlace(tempFolder());
      await runOnce(place, { contents: ["one"], positions: { a: 1 } });
      const first = readFileSync(place.stateFile, "utf8");
      await runOnce(place, { contents: ["two"], positions: { a: 2 } });
      for (const spoil of [() => rmSync(place.stateFile), () => writeFileSync(place.stateFile, first)]) {
        spoil();
        const ledger = await Ledger.open(place, tools);
        expect(ledger.state.positions).toEqual({ a: 2 });
        await ledger.close();
        expect(JSON.parse(readFileSync(place.stateFile, "utf8"))).toMatchObject({ seq: 2 });
      }
    });
  });

  it.each<[string, (text: string) => string]>([
    ["does not parse", (text) => text.slice(0, -20)],
    ["was changed", (text) => text.replace('"seq": 1', '"seq": 0')],
    ["is empty", () => ""],
    ["is of another format", () => JSON.stringify({ format: "x" })],
  ])("stops when the state %s; it is never read as empty", async (_, spoil) => {
    const place = jobPlace(tempFolder());
    await runOnce(place, { contents: ["one"] });
    writeFileSync(place.stateFile, spoil(readFileSync(place.stateFile, "utf8")));
    await expect(Ledger.open(place, tools)).rejects.toMatchObject({ code: "DTV_STATE_CORRUPT" });
    renameSync(place.stateFile, `${place.stateFile}.broken`);
    await (await Ledger.open(place, tools)).close();
    expect(JSON.parse(readFileSync(place.stateFile, "utf8"))).toMatchObject({ seq: 1 });
    expect(existsSync(place.paths.lock)).toBe(false);
  });

  it("stops when the target knows less than the state", async () => {
    const place = jobPlace(tempFolder());
    await runOnce(place, { contents: ["one"] });
    rmSync(place.folder, { recursive: true });
    await expect(Ledger.open(place, tools)).rejects.toMatchObject({
      code: "DTV_TARGET_BEHIND",
      message: "The state says that 1 commit was made, the target knows 0",
      hint: expect.stringContaining("--full-refresh"),
    });
  });

  it("replaces what a target that knows less holds, and uses no number twice", async () => {
    const place = jobPlace(tempFolder());
    for (const content of ["one", "two", "three"]) await runOnce(place, { contents: [content] });
    for (const seq of [2, 3]) {
      const { files } = JSON.parse(readFileSync(place.paths.commit(seq), "utf8")) as CommitRecord;
      for (const { path } of files) rmSync(join(place.folder, path));
      rmSync(place.paths.commit(seq));
    }
    const { warnings, tools } = listening();
    const { record } = await runOnce(place, { contents: ["all"], mode: "overwrite", tools });
    expect([record?.seq, contentsOf(place)]).toEqual([4, ["all"]]);
    expect(warnings).toEqual([expect.stringMatching(/says that 3 commits were made, the target knows 1; /)]);
    expect(JSON.parse(readFileSync(place.stateFile, "utf8"))).toMatchObject({ seq: 4 });
    expect((await runOnce(place, { contents: ["more"] })).record?.seq).toBe(5);
    expect((await runOnce(place, { contents: ["new"], mode: "overwrite" })).record?.replaces).toHaveLength(2);
  });

  it("finishes a run that replaces everything although the target had known less", async () => {
    const place = jobPlace(tempFolder());
    for (const content of ["one", "two"]) await runOnce(place, { contents: [content] });
    rmSync(place.folder, { recursive: true });
    const ledger = await Ledger.open(place, tools, "overwrite");
    const attempt = await ledger.begin(asset);
    await attempt.stage();
    const staged = await stageFile(attempt.storage, "zips-0.txt", "all");
    mkdirSync(place.paths.commit(3), { recursive: true });
    await expect(attempt.commit(sealedOf([staged], {}))).rejects.toMatchObject({ code: "DTV_OUTCOME_UNKNOWN" });
    rmSync(place.paths.commit(3), { recursive: true });
    await ledger.close();
    await (await Ledger.open(place, tools)).close();
    expect([(await place.books.latest())?.seq, contentsOf(place)]).toEqual([3, ["all"]]);
  });

  it.each([false, true])(
    "finishes a reset that died between manifest and decision (target emptied: %s)",
    async (emptied) => {
      const place = jobPlace(tempFolder());
      for (const content of ["one", "two"]) await runOnce(place, { contents: [content], positions: { [content]: 1 } });
      if (emptied) rmSync(place.folder, { recursive: true });
      const ledger = await Ledger.open(place, tools, "reset");
      expect(ledger.startsAnew).toBe(false);
      mkdirSync(place.paths.commit(3), { recursive: true });
      await expect(commitReset(ledger, asset)).rejects.toMatchObject({ code: "DTV_OUTCOME_UNKNOWN" });
      rmSync(place.paths.commit(3), { recursive: true });
      await ledger.close();
      const next = await Ledger.open(place, tools);
      expect([next.latest?.seq, next.latest?.mode, next.state]).toEqual([3, "reset", { positions: {}, values: {} }]);
      await next.close();
      const again = await Ledger.open(place, tools, "reset");
      expect([again.startsAnew, await countHeld(again)]).toEqual([
        true,
        emptied ? { files: 0, records: 0 } : { files: 2, records: 2 },
      ]);
      await again.close();
      const { record } = await runOnce(place, { contents: ["all"], mode: "overwrite" });
      expect([record?.replaces.length, contentsOf(place)]).toEqual([emptied ? 0 : 2, ["all"]]);
    },
  );

  it("takes a state of the same number that another run wrote for none of its own", async () => {
    const folder = tempFolder();
    const [place, other] = [jobPlace(folder), jobPlace(tempFolder())];
    const { record } = await runOnce(place, { contents: ["one"] });
    await runOnce(other, { contents: ["two"] });
    writeFileSync(place.stateFile, readFileSync(other.stateFile));
    await (await Ledger.open(place, tools)).close();
    expect(JSON.parse(readFileSync(place.stateFile, "utf8"))).toMatchObject({ runId: record?.runId });
  });

  it("says which files that were published are gone or changed, until everything is loaded again", async () => {
    const place = jobPlace(tempFolder());
    await runOnce(place, { contents: ["replaced"] });
    await runOnce(place, { contents: ["one", "two"], mode: "overwrite" });
    const { record } = await runOnce(place, { contents: ["three"] });
    const gone = record?.files[0]?.path as string;
    rmSync(join(place.folder, gone));
    writeFileSync(join(place.folder, visibleFiles(place.folder)[0] as string), "longer");
    const { warnings, tools } = listening();
    await runOnce(place, { tools });
    expect(warnings).toEqual([
      `Files that this job has published are gone or changed: 2 of 3, ${gone} for one; --full-refresh loads everything again`,
    ]);
    await runOnce(place, { contents: ["all"], mode: "overwrite", tools });
    await runOnce(place, { tools });
    expect(warnings).toHaveLength(1);
  });

  it("says which fields changed when it adds to records of another schema", async () => {
    const place = jobPlace(tempFolder());
    const schemaOf = (...fields: [string, string, boolean?][]): Schema =>
      new AssetDefinition({
        name: "zips",
        schema: fields.map(([name, type, required = false]) => ({ name, type, required })),
      }).targetSchema();
    const first = schemaOf(["id", "integer", true], ["price", "decimal(10,2)"], ["old", "string"]);
    const second = schemaOf(["id", "integer"], ["price", "decimal(12,2)"], ["new", "string"]);
    const { warnings, tools } = listening();
    await runOnce(place, { contents: ["one"], schema: first, tools });
    // Nothing is written, so nothing differs yet, and what was written is not forgotten.
    await runOnce(place, { positions: { a: 1 }, schema: second, tools });
    expect(warnings).toEqual([]);
    await runOnce(place, { contents: ["two"], schema: second, tools });
    expect(warnings).toEqual([
      "The schema of what was loaded before differs: 'id' was integer not null and is integer; " +
        "'price' was decimal(10,2) and is decimal(12,2); 'old' is gone; 'new' is new; " +
        "--full-refresh loads everything with one schema",
    ]);
    await runOnce(place, { contents: ["three"], schema: second, tools });
    await runOnce(place, { contents: ["all"], schema: first, mode: "overwrite", tools });
    expect(warnings).toHaveLength(1);
    await runOnce(place, {
      contents: ["moved"],
      schema: schemaOf(["old", "string"], ["price", "decimal(10,2)"], ["id", "integer", true]),
      tools,
    });
    expect(warnings[1]).toContain("the fields have another order");
  });

  it("says where the state is looked for when it cannot be read, and goes on when it cannot be written", async () => {
    const place = jobPlace(tempFolder());
    await runOnce(place, { contents: ["one"] });
    const folder = join(place.stateFile, "..");
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "a file");
    await expect(Ledger.open(place, tools)).rejects.toMatchObject({
      code: "DTV_STATE_DIR",
      message: expect.stringContaining(place.stateFile),
      hint: expect.stringContaining("STATE_DIR"),
    });
    rmSync(folder);
    symlinkSync("/proc/nowhere", folder);
    const { warnings, tools: heard } = listening();
    await (await Ledger.open(place, heard)).close();
    expect(warnings).toEqual([expect.stringMatching(/^The state .* cannot be used: /)]);
    const paths = new ControlPaths(join(place.stateFile, "own"));
    const own = { ...place, target: undefined, books: new FolderBooks(paths) };
    await expect(Ledger.open(own, tools)).rejects.toMatchObject({ code: "DTV_STATE_DIR" });
  });

  it("stops at a commit record that is damaged", async () => {
    const place = jobPlace(tempFolder());
    await runOnce(place, { contents: ["one"] });
    writeFileSync(place.paths.commit(1), "{}");
    await expect(Ledger.open(place, tools)).rejects.toMatchObject({ code: "DTV_COMMIT_RECORD" });
  });

  it("gives way when another run took its number, and takes its own files back", async () => {
    const place = jobPlace(tempFolder());
    const ledger = await Ledger.open(place, tools);
    const attempt = await ledger.begin(asset);
    await attempt.stage();
    const staged = await stageFile(attempt.storage, "zips-0.txt", "loser");
    rmSync(place.paths.lock);
    const winner = await runOnce(place, { contents: ["winner"] });
    await attempt.stage();
    const again = existsSync(staged.path) ? staged : await stageFile(attempt.storage, "zips-0.txt", "loser");
    await expect(attempt.commit(sealedOf([again], {}))).rejects.toMatchObject({ code: "DTV_COMMIT_CONFLICT" });
    expect(contentsOf(place)).toEqual(["winner"]);
    expect((await place.books.latest())?.runId).toBe(winner.record?.runId);
  });

  it.each<[string, (target: string) => void, RegExp]>([
    ["is a file", (target) => writeFileSync(target, ""), /a file stands where a folder is needed/],
    [
      "is below a file",
      (target) => {
        writeFileSync(join(target, ".."), "", { flag: "wx" });
      },
      /./,
    ],
  ])("says in plain words when the target %s", async (name, prepare, message) => {
    const folder = tempFolder();
    const place = name === "is a file" ? jobPlace(folder) : jobPlace(join(folder, "file"));
    prepare(place.folder);
    await expect(Ledger.open(place, tools)).rejects.toMatchObject({
      code: "DTV_TARGET_UNWRITABLE",
      message: expect.stringMatching(message),
    });
  });
});
