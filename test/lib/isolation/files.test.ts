import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { SourceConfig } from "../../../lib/contract/config.ts";
import type { ReaderClass } from "../../../lib/contract/reader.ts";
import { livePluginProcesses } from "../../../lib/isolation/plugin-process.ts";
import { openStore } from "../../../lib/storage/object/open-store.ts";
import { type Behaviour, readerBehaviours, writerBehaviours } from "../../../lib/testing/index.ts";
import { asset, both, type Files } from "../../support/both-modes.ts";
import { dativo, smallJob, writeFiles } from "../../support/cli.ts";
import { listTree, tempFolder, visibleFiles } from "../../support/folder.ts";
import { environmentOf } from "../../support/object-client.ts";
import { describeObjectServer } from "../../support/object-servers.ts";
import { MODES, readerIn, writerIn } from "../../support/player-modes.ts";

/** Lines of `id;text`, read in order, and records of ten bytes, read at any place; lines written. */
const SCRIPT = `
import { BaseReader, BaseWriter, FileReader, FileWriter, Provenance, RowBatch, Schema } from "dativo-ingest";
const SCHEMA = Schema.lexical(["id", "text"]);
class Lines {
  #rest = ""; #row = 0;
  constructor(context) { this.context = context; }
  push(bytes) { const lines = (this.#rest + Buffer.from(bytes).toString("latin1")).split("\\n"); this.#rest = lines.pop(); return this.#batches(lines); }
  end() { return this.#rest === "" ? [] : this.#batches([this.#rest]); }
  *#batches(lines) {
    const { source, batchRows, reject } = this.context;
    for (let at = 0; at < lines.length; at += batchRows) {
      const first = this.#row + 1;
      const missing = [];
      const rows = lines.slice(at, at + batchRows).flatMap((line) => {
        const row = ++this.#row;
        if (line === "dies") process.exit(4);
        if (line.includes(";")) { const [id, text] = line.split(";"); return [{ id, text }]; }
        missing.push(row);
        reject({ source, row, raw: Buffer.from(line), faults: [{ column: null, rule: "line", reason: "it has no ;" }] });
        return [];
      });
      yield RowBatch.fromRows(rows, SCHEMA, { provenance: Provenance.numbered(source, first, missing) });
    }
  }
}
const lines = {
  name: "lines", extension: "lines", isAppendable: true,
  decoder: (_options, context) => new Lines(context),
  encoder(_options, { schema, metadata }) {
    const text = (batch) => [...batch].map((row) => schema.names.map((name) => String(row[name])).join(";") + "\\n").join("");
    let begun = false;
    return {
      bufferedBytes: 0,
      encode(batch) {
        const head = begun ? "" : "# " + schema.names.join(";") + " " + Object.keys(metadata).length + "\\n";
        begun = true;
        return [Buffer.from(head + text(batch))];
      },
      flush: () => [],
      end: () => [Buffer.from("# end\\n")],
    };
  },
};
const fixed = {
  name: "fixed", extension: "fixed",
  async *decodeAt(bytes, _options, { source, skip = 0, batchRows }) {
    for (let row = skip; row * 10 < bytes.sizeBytes; row += batchRows) {
      const block = Buffer.from(await bytes.read(row * 10, 10 * Math.min(batchRows, bytes.sizeBytes / 10 - row))).toString();
      const rows = block.match(/.{10}/gs).map((record) => ({ id: record.slice(0, 4).trim(), text: record.slice(4).trim() }));
      yield RowBatch.fromRows(rows, SCHEMA, { provenance: Provenance.numbered(source, row + 1) });
    }
  },
};
export class ReadsLines extends FileReader { constructor(config) { super(config, lines); } }
export class ReadsFixed extends FileReader { constructor(config) { super(config, fixed); } }
export class ReadsItself extends FileReader {
  constructor(config) { super(config, lines); }
  async *extract() { const file = await this.ctx.storage.open(this.sourceConfig.files[0].path); yield [{ id: file.sizeBytes, text: await file.digest() }]; await file.close(); }
}
export class WritesLines extends FileWriter { constructor(asset, target, base) { super(asset, target, base, lines); } }
export class DyingWriter extends FileWriter {
  constructor(asset, target, base) {
    const encoder = (...init) => ({ ...lines.encoder(...init), end: () => process.exit(5) });
    super(asset, target, base, { ...lines, encoder });
  }
}
export class Stages extends BaseWriter {
  async writeBatch(records, counter) {
    const file = await this.ctx.storage.create("part " + counter + ".txt", ["in", { column: "day", value: "a/b" }]);
    await file.write(Buffer.from(records.length + " records\\n"));
    return [{ path: file.path, recordCount: records.length, ...(await file.seal()) }];
  }
}
export class Opens extends BaseReader {
  async *extract() {
    const { path, pattern } = this.sourceConfig.engine.options;
    const told = [];
    const turned = (text) => Buffer.from(text, "base64").toString();
    for (const each of path) {
      try {
        const file = await this.ctx.storage.open(turned(each));
        const read = Buffer.from(await file.read(0, 4)).toString();
        for await (const bytes of file.bytes()) told.push(turned(each).replace(/.*\\//, "") + " " + read + " " + bytes.length);
        await file.verifyUnchanged();
        await file.close();
      } catch (error) { told.push(error.code); }
    }
    try { told.push((await this.ctx.storage.find(turned(pattern))).length); } catch (error) { told.push(error.code); }
    yield told.map((text, id) => ({ id, text: String(text) }));
  }
}
`;

const numbered = (from: number, count: number): string =>
  Array.from({ length: count }, (_, i) => `${from + i};t${from + i}\n`).join("");
const fixedText = Array.from({ length: 3000 }, (_, i) => `${String(i).padEnd(4)}f     `).join("");

const files: Files = {
  "mine.ts": SCRIPT,
  "rows.yaml": asset({ id: "integer", text: "string" }),
  "in/a.lines": `${numbered(0, 2500)}no record\n${numbered(2500, 10)}`,
  "in/b.lines": numbered(5000, 3),
  "in/c.fixed": fixedText,
};

const reading = (name: string, path = "in/*.lines", more = {}) => ({
  source: { custom_reader: `mine.ts:${name}`, files: [{ path }], ...more },
});
const writing = (name: string, more = {}) => ({
  ...reading("ReadsLines"),
  target_connector: "theirs",
  target: { custom_writer: `mine.ts:${name}`, connection: { path: "lake" }, ...more },
});

afterEach(() => expect(livePluginProcesses()).toBe(0));

describe("a script that extends FileReader, in a process of its own", () => {
  it.each([
    ["ReadsLines", "in/*.lines", { read: 2514, rejected: 1, written: 2513 }],
    ["ReadsFixed", "in/c.fixed", { read: 3000, written: 3000 }],
    ["ReadsItself", "in/c.fixed", { read: 1, written: 1 }],
  ])("gives what it gives here, and nothing again: %s", async (name, path, counts) => {
    const { told } = await both(files, reading(name, path), { times: 2 });
    const again = name === "ReadsItself" ? 1 : 0;
    expect(told).toMatchObject([{ counts }, { counts: { read: again } }]);
  });

  it("reads compressed files, and tells what a reading would read before it", () => {
    const planned = MODES.map((mode) => {
      const cwd = tempFolder();
      const job = smallJob({ ...reading("ReadsLines", "in/*.gz"), plugins: { sandbox: { mode } } });
      writeFiles(cwd, { ...files, "people.yaml": String(files["rows.yaml"]), "job.yaml": job });
      writeFiles(cwd, { "in/d.lines.gz": gzipSync(numbered(0, 40)) as never });
      const plan = JSON.parse(dativo(["plan", "job.yaml", "--json"], { cwd }).stdout);
      const run = dativo(["run", "--config", "job.yaml", "--json"], { cwd });
      expect(run.code, run.stderr).toBe(0);
      const then = JSON.parse(dativo(["plan", "job.yaml", "--json"], { cwd }).stdout);
      return JSON.stringify([plan.source, JSON.parse(run.stdout).counts, then.source]).replaceAll(cwd, "");
    });
    expect(planned[1]).toBe(planned[0]);
    expect(planned[1]).toContain('"status":"new"');
    expect(planned[1]).toContain('"status":"loaded"');
  });

  it("keeps a cursor as it does here", async () => {
    const incremental = { strategy: "cursor", cursor_field: "id" };
    const job = reading("ReadsLines", "in/b.lines", { incremental });
    const { told } = await both(files, job, { times: 2 });
    expect(told).toMatchObject([{ counts: { written: 3 } }, {}]);
  });

  it("that ends its process ends the run, and nothing is published", () => {
    const cwd = tempFolder();
    const job = smallJob({ ...reading("ReadsLines"), plugins: { sandbox: { mode: "process" } } });
    writeFiles(cwd, {
      ...files,
      "in/c.lines": "1;a\ndies\n",
      "people.yaml": String(files["rows.yaml"]),
      "job.yaml": job,
    });
    const { code, stderr } = dativo(["run", "--config", "job.yaml"], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/DTV_PLUGIN_CRASHED.*with exit code 4/s)]);
    expect(listTree(join(cwd, "lake")).filter((path) => /parquet|staged/.test(path))).toEqual([]);
  });
});

describe("the storage of a script in a process of its own", () => {
  it("opens what the configuration names, and what is below, and nothing else", async () => {
    const cwd = tempFolder();
    writeFiles(cwd, {
      "own/mine.ts": SCRIPT,
      "own/package.json": "{}",
      "own/x.json": "mine",
      "other.txt": "other",
      "given/deep/x.txt": "given",
      "one.txt": "one",
    });
    // Texts of the configuration that are paths may be opened.
    const turned = (text: string): string => Buffer.from(text).toString("base64");
    const paths = [
      "own/x.json",
      "other.txt",
      "given/deep/x.txt",
      "one.txt",
      "given/../other.txt",
      "/etc/passwd",
      "s3://bucket/key",
    ];
    const Opens = (await readerIn("process", join(cwd, "own/mine.ts"), "Opens", { cwd })) as ReaderClass;
    const source = { connection: { folder: "given", file: "one.txt" } };
    const options = { path: paths.map(turned), pattern: turned("other*") };
    const opens = new Opens(new SourceConfig({ ...source, engine: { options } }));
    const { LocalStorage } = await import("../../../lib/storage/local.ts");
    opens.ctx = { ...opens.ctx, tempDir: join(cwd, "scratch"), storage: new LocalStorage(cwd) };
    const rows = [];
    for await (const yielded of opens.extract()) rows.push(...(yielded as { text: string }[]));
    await opens.close();
    expect(rows.map(({ text }) => text)).toEqual([
      "x.json mine 4",
      "DTV_SOURCE_UNREADABLE",
      "x.txt give 5",
      "one.txt one 3",
      "DTV_SOURCE_UNREADABLE",
      "DTV_SOURCE_UNREADABLE",
      "DTV_SOURCE_UNREADABLE",
      "DTV_SOURCE_UNREADABLE",
    ]);
  });
});

describe("a script that extends FileWriter, in a process of its own", () => {
  it("leaves the files that it leaves here", async () => {
    const { published, told } = await both(files, writing("WritesLines"));
    expect(Object.values(published).join("")).toMatch(/^# id;text \d+\n0;t0\n/);
    expect(Object.values(published).join("")).toMatch(/5002;t5002\n# end\n$/);
    expect(told).toMatchObject([{ counts: { written: 2513 }, guarantee: expect.anything() }]);
  });

  it("divides its files as it does here", async () => {
    const many = { ...files, "in/a.lines": "1;a\n2;b\n3;a\n", "in/b.lines": "4;b\n" };
    const { published } = await both(many, writing("WritesLines", { partitioning: ["text"] }));
    expect(Object.keys(published).filter((name) => name.includes("text=a"))).toHaveLength(1);
  });

  it("stages by ctx.storage as it does here", async () => {
    const { published } = await both(files, writing("Stages"));
    expect(Object.keys(published).length).toBeGreaterThan(1);
  });

  it("leaves nothing when the source fails", async () => {
    const dying = { ...files, "in/z.lines": "1;a\n", "rows.yaml": asset({ id: "integer" }) };
    const { published } = await both(dying, { ...writing("WritesLines"), schema_validation_mode: "strict" });
    expect(published).toEqual({});
  });

  it("that ends its process ends the run, and nothing of it stays", () => {
    const cwd = tempFolder();
    const job = smallJob({
      ...writing("DyingWriter"),
      plugins: { sandbox: { mode: "process" } },
      schema_validation_mode: "warn",
    });
    writeFiles(cwd, { ...files, "people.yaml": String(files["rows.yaml"]), "job.yaml": job });
    const { code, stderr } = dativo(["run", "--config", "job.yaml"], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/DTV_PLUGIN_CRASHED.*seal\(\), with exit code 5/s)]);
    expect(listTree(join(cwd, "lake")).filter((path) => /lines|staged/.test(path))).toEqual([]);
  });
});

describe("the behaviours, of scripts that extend FileReader and FileWriter in processes of their own", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dativo-files-"));
  writeFiles(folder, files);
  const limits = { cwd: folder };
  const Reader = await readerIn("process", join(folder, "mine.ts"), "ReadsLines", limits);
  const Fixed = await readerIn("process", join(folder, "mine.ts"), "ReadsFixed", limits);
  const Writer = await writerIn("process", join(folder, "mine.ts"), "WritesLines", limits);
  afterAll(() => rmSync(folder, { recursive: true }));

  const runAll = (kind: string, behaviours: readonly Behaviour[]): void => {
    describe(kind, () => {
      for (const behaviour of behaviours) it(behaviour.name, async () => void (await behaviour.run()));
    });
  };
  const lines = () => new Reader(new SourceConfig({ files: [{ path: join(folder, "in/*.lines") }] }));
  const fixed = () => new Fixed(new SourceConfig({ files: [{ path: join(folder, "in/c.fixed") }] }));
  runAll("lines", readerBehaviours({ create: lines, cwd: folder }));
  if (process.env["DATIVO_TEST_SWEEP"] === "all") {
    runAll("at any place", readerBehaviours({ create: fixed, cwd: folder }));
  }
  runAll("written", writerBehaviours({ writerClass: Writer }));
});

describeObjectServer("versitygw", "files in a store, of a script in a process of its own", (server) => {
  it("are read as they are here", async () => {
    const outcomes = [];
    const settings = await server.makeBucket();
    const store = await openStore(settings);
    await store.put("in/a.lines", Buffer.from(String(files["in/a.lines"])));
    for (const mode of MODES) {
      const cwd = tempFolder();
      const job = smallJob({
        ...writing("WritesLines"),
        ...reading("ReadsLines", `${store.uri}/in/*.lines`),
        schema_validation_mode: "warn",
        plugins: { sandbox: { mode } },
      });
      writeFiles(cwd, { ...files, "people.yaml": String(files["rows.yaml"]), "job.yaml": job });
      const runs = [1, 2].map(() => {
        const env = environmentOf(settings);
        const { code, stdout, stderr } = dativo(["run", "--config", "job.yaml", "--json"], { cwd, env });
        if (code === 2) return { stderr };
        const { counts, positions } = JSON.parse(stdout);
        return { code, counts, positions };
      });
      const names = visibleFiles(join(cwd, "lake"));
      outcomes.push({ runs, kept: names.map((name) => readFileSync(join(cwd, "lake", name), "utf8")) });
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[1]).toMatchObject({ runs: [{ code: 1, counts: { written: 2510 } }, { counts: { read: 0 } }] });
    expect(outcomes[1]?.kept).toHaveLength(1);
  });
});
