import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Row } from "../../../lib/contract/batch.ts";
import { SourceConfig } from "../../../lib/contract/config.ts";
import { compileConverter, describeMisfit, Misfit } from "../../../lib/contract/convert.ts";
import { stringifyJson } from "../../../lib/contract/json.ts";
import { parseType } from "../../../lib/contract/types.ts";
import { livePluginProcesses } from "../../../lib/isolation/plugin-process.ts";
import { asset, base, both, type Files, reader } from "../../support/both-modes.ts";
import { dativo, writeFiles } from "../../support/cli.ts";
import { tempFolder, visibleFiles } from "../../support/folder.ts";
import { MODES, type Mode, readerIn, withoutPlace } from "../../support/player-modes.ts";

async function rowsOf(mode: Mode, file: string): Promise<Row[]> {
  const Reader = await readerIn(mode, file, "Mine");
  const mine = new Reader(new SourceConfig());
  const rows: Row[] = [];
  for await (const yielded of mine.extract()) rows.push(...(yielded as Row[]));
  await mine.close();
  return rows;
}

/** What stages make of a value: its kind, its text as JSON, and what a column of text, a date or a document takes. */
function seen(given: unknown): unknown {
  const value = given ?? null;
  const json = (): unknown => {
    try {
      return stringifyJson(value, "string");
    } catch (error) {
      return (error as Error).message;
    }
  };
  const made = ["string", "timestamptz", "binary", "object", "array"].map((type) => {
    const cell = compileConverter(parseType(type))(value);
    return cell instanceof Misfit ? [cell.code, describeMisfit(cell, value, parseType(type))] : typeof cell;
  });
  return [typeof value, json(), made];
}

const PARQUET = { target_connector: "parquet" };

const VALUES = `[
  1, 1n, 9007199254740993n, 2 ** 60, -0, 1.5, NaN, Infinity, "12", " 7 ", "žluť ☃", "", true, null, undefined,
  new Date(1700000000123), new Date(NaN), "2024-02-29", "2024-02-29T01:02:03.123456Z", new Uint8Array([0, 255]),
  Buffer.from("abc"), [1, "a", null, undefined, 2n], [], { a: { b: [1n, new Date(0)] }, u: undefined }, {},
  new Map([["a", 1]]), new Set([1]), /x/, new Error("no"), Promise.resolve(1), Object.create(null),
  { toJSON: () => "told" }, new (class Money { cents = 5; toJSON() { return { money: 5 } } })(),
  { isLosslessNumber: true, value: "1.50" }, "\\ud800x", { "__proto__x": 1, ["__proto__"]: 2 }, [[["deep", { g: [] }]]],
]`;

const TYPES = ["string", "integer", "double", "decimal(20,2)", "boolean", "date", "timestamp", "binary", "object"];

describe("a script in a process of its own", () => {
  afterEach(() => {
    expect(livePluginProcesses()).toBe(0);
  });

  it.each(TYPES)("gives values of any kind to a field of type %s as it does here", async (type) => {
    const body = `async *extract() { for (const value of ${VALUES}) if (value !== "\\ud800x") yield [{ value }]; yield ${VALUES}.slice(0, 9).map((value) => ({ value })); }`;
    const { told, error } = await both({ "mine.ts": reader(body), "rows.yaml": asset({ value: type }) }, PARQUET);
    // The Parquet writer in TypeScript takes no date or bigint inside of an object, which the one in native code takes.
    const isRefused = type === "object" && process.env["DATIVO_NATIVE"] === "off";
    const counts = (told as { counts: { read: number } }[])[0]?.counts;
    expect([counts?.read, (error as { code?: string } | undefined)?.code]).toEqual(
      isRefused ? [undefined, "DTV_VALUE_UNFIT"] : [45, undefined],
    );
  });

  it("gives rows without a contract with the values that they have", async () => {
    const cwd = tempFolder();
    const rows = `${VALUES}.map((value, index) => ({ index, value, toString: index, ["__proto__"]: value === null }))`;
    writeFiles(cwd, { "mine.ts": reader(`async *extract() { yield ${rows}; yield [{ f() {}, s: Symbol("x") }]; }`) });
    const [here, apart] = await Promise.all(MODES.map((mode) => rowsOf(mode, join(cwd, "mine.ts"))));
    expect(apart).toHaveLength(here?.length as number);
    for (const [index, row] of (here as Row[]).entries()) {
      const other = apart?.[index] as Row;
      expect(Object.keys(other)).toEqual(Object.keys(row));
      for (const name of Object.keys(row)) expect([name, seen(other[name])]).toEqual([name, seen(row[name])]);
    }
  });

  it.each([
    ["a number", "yield 5"],
    ["nothing", "yield undefined"],
    ["a text for a record", 'yield [{ a: 1 }, "x"]'],
    ["a promise for a record", "yield [Promise.resolve({})]"],
    ["a list for a record", "yield [[1]]"],
    ["a position that is no JSON", "yield { batch: [{ a: 1 }], position: 1n }"],
    ["a position with a function", "yield { batch: [{ a: 1 }], position: { f() {} } }"],
    ["a position that is too large", 'yield { batch: [{ a: 1 }], position: "x".repeat(70000) }'],
    ["no batch", "yield { batch: 7, position: 1 }"],
    ["an error of its own", 'throw new TypeError("boom")'],
    ["a text", 'throw "boom"'],
    [
      "an error of ours",
      'throw new DativoError("DTV_CONNECTION_FAILED", "no", { hint: "try", culprit: "x:1", details: { a: 1n } })',
    ],
    ["a temporary error", 'throw new DativoError("DTV_TRANSIENT", "later", { cause: new Error("under") })'],
  ])("fails as it does here: %s", async (_, what) => {
    const { error, published } = await both({
      "mine.ts": reader(`async *extract() { yield [{ a: 1 }]; ${what}; }`),
      "rows.yaml": asset({ a: "integer" }),
    });
    expect(error).toMatchObject({ code: expect.stringMatching(/^DTV_/) });
    expect(published).toEqual({});
  });

  it("says where it threw as it does here, in the lines of its source", () => {
    const [here, apart] = MODES.map((mode) => {
      const cwd = tempFolder();
      const body = `async *extract() {\n  enum Kind { A }\n  interface Unused { a: number }\n  throw new Error("boom " + Kind.A);\n}`;
      const job = { ...base, plugins: { sandbox: { mode } } };
      writeFiles(cwd, {
        "mine.ts": reader(body),
        "rows.yaml": asset({ a: "integer" }),
        "job.yaml": JSON.stringify(job),
      });
      const { code, stderr } = dativo(["run", "--config", "job.yaml"], { cwd });
      return { code, stderr: stderr.replaceAll(cwd, "") };
    });
    expect(apart).toEqual(here);
    expect(apart?.stderr).toMatch(/boom 0\n.*\/mine\.ts:7:\d+/);
  });

  it.each([
    ["a missing class", { "mine.ts": "export class Other {}" }],
    ["no reader", { "mine.ts": "export class Mine {}" }],
    ["no class", { "mine.ts": "export const Mine = 3;" }],
    ["a fault of syntax", { "mine.ts": "export class {" }],
    ["a missing package", { "mine.ts": 'import "not-there-at-all"; export class Mine {}' }],
    ["a missing file", { "mine.ts": 'import "./not-there.ts"; export class Mine {}' }],
    ["no file", {}],
    ["no extract", { "mine.ts": reader("extract = undefined;") }],
    ["a constructor that throws", { "mine.ts": reader('constructor() { super(); throw new Error("no"); }') }],
    ["an extract that gives nothing", { "mine.ts": reader("extract() { return 7; }") }],
    ["splits without ids", { "mine.ts": reader("plan() { return [{}]; } extract() { return []; }") }],
  ])("is refused as it is here: %s", async (_, files) => {
    const { error } = await both({ ...(files as Files), "rows.yaml": asset({ a: "integer" }) });
    expect(error).toMatchObject({ code: expect.stringMatching(/^DTV_PLUGIN_/) });
  });

  it("reads split after split with positions, state, rejects, counts and log lines, and goes on from there", async () => {
    const body = `
      static replay = 3;
      plan() { return [{ id: "a", from: 0 }, { id: "b", from: 100, kind: { x: [1] } }]; }
      async *extract(state, split) {
        const seen = state.get("seen") ?? [];
        state.set("seen", seen);
        const start = state.position ?? split.from;
        this.ctx.log.info("from " + start, { split: split.id, odd: () => 1 });
        for (let i = 0; i < 3; i++) {
          seen.push(split.id + (start + i));
          state.updateFileState("f" + i, "2024-01-0" + (i + 1) + "T00:00:00Z", "files");
          this.ctx.filtered(1);
          this.ctx.reject({ source: "s", row: i + 1, raw: Buffer.from("raw " + i), faults: [{ column: null, rule: "r", reason: "why" }] });
          yield { batch: [{ id: start + i, at: new Date(start + i), seen: [...seen], positions: { ...state.positions } }], position: start + i + 1 };
        }
        state.set("last", { split: split.id, again: state.readState("files") });
      }`;
    const files = {
      "mine.ts": reader(body),
      "rows.yaml": asset({ id: "integer", at: "timestamptz", seen: "array", positions: "object" }),
    };
    const { told, log, cwd } = await both(files, {}, { times: 3 });
    expect(told).toHaveLength(3);
    expect((told as { counts: object }[])[2]?.counts).toMatchObject({ rejected: 6 });
    expect(log.some((line) => line.includes("from 3"))).toBe(true);
    expect(readState(cwd)).toContain('"again"');
  });

  it("counts what it leaves out, also behind its last batch", async () => {
    const body = `async *extract() { this.ctx.filtered(2); yield [{ id: 1 }]; yield { batch: [{ id: 2 }], position: 1 }; this.ctx.filtered(3); }`;
    const { told } = await both({ "mine.ts": reader(body), "rows.yaml": asset({ id: "integer" }) });
    expect(told).toMatchObject([{ counts: { read: 7, added: 0, filtered: 5, rejected: 0, written: 2 } }]);
  });

  it.each([
    "record: () => 1",
    "faults: [{ column: null, rule: Symbol('x'), reason: 'r' }]",
    "faults: [{ column: null, rule: 'x', reason: () => 1 }]",
    "more: { deep: [1n, new Date(0), () => 1] }",
    "raw: 'text'",
    "self: (() => { const a = {}; a.a = a; return a; })()",
  ])("is told as it is here what cannot be kept of a reject: %s", async (odd) => {
    const fault = `{ column: null, rule: "r", reason: "x" }`;
    const body = `async *extract() { yield [{ id: 1 }]; this.ctx.reject({ source: "s", faults: [${fault}], ${odd} }); yield [{ id: 2 }]; }`;
    const { error } = await both({ "mine.ts": reader(body), "rows.yaml": asset({ id: "integer" }) });
    expect(error).toMatchObject({ code: "DTV_PLUGIN_RESULT", message: expect.stringContaining("reject() takes {") });
  });

  it("keeps what more a reject says", async () => {
    const body = `async *extract() { this.ctx.reject({ source: "s", row: 12n, faults: [{ column: null, rule: "r", reason: "x" }], more: { a: [1] } }); yield [{ id: 1 }]; }`;
    const { told } = await both({ "mine.ts": reader(body), "rows.yaml": asset({ id: "integer" }) });
    expect(told).toMatchObject([{ counts: { rejected: 1 } }]);
  });

  it("gives batches with a schema, types and places", async () => {
    const body = `async *extract() {
      const schema = new Schema([
        { name: "id", type: { kind: "integer" }, nullable: false },
        { name: "big", type: { kind: "integer" }, nullable: true },
        { name: "amount", type: { kind: "decimal", precision: 10, scale: 2 }, nullable: true },
        { name: "bytes", type: { kind: "binary" }, nullable: true },
      ], { note: "kept" });
      const rows = [{ id: 1, big: 9007199254740993n, amount: "1.50", bytes: new Uint8Array([1]) }, { id: 2, big: null, amount: "x", bytes: null }];
      yield RowBatch.fromRows(rows, schema, { provenance: Provenance.numbered("file.x", 5) });
      const bytes = Buffer.from("....first\\nsecond\\n");
      const spans = { lines: [1, 2], offsets: [104, 110], lengths: [5, 6], bytes, base: 100 };
      yield RowBatch.fromRows([{ id: 3, amount: "y" }, { id: 4, amount: "z" }], schema, { provenance: new Provenance("file.y", (i) => 10 + i, spans) });
    }`;
    const { told } = await both({
      "mine.ts": reader(body),
      "rows.yaml": asset({ id: "integer", big: "integer", amount: "decimal(10,2)", bytes: "binary" }),
    });
    const [{ rejected }] = told as [{ rejected: { line?: number }[] }];
    expect(rejected).toHaveLength(3);
    expect(rejected[2]?.line).toBe(2);
  });

  it("makes the batches that rows make here, whose fields come one by one", async () => {
    const body = `async *extract() { yield Array.from({ length: 5000 }, (_, i) => (i < 2500 ? { a: i } : { b: i, a: null })); yield [{}]; yield []; }`;
    const { told } = await both({ "mine.ts": reader(body), "rows.yaml": asset({ a: "integer", b: "integer" }) });
    expect(told).toHaveLength(1);
  });
});

const WRITERS = `
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BaseWriter, DativoError } from "dativo-ingest";
const show = (value) => typeof value + " " + String(value) + " " + Object.prototype.toString.call(value);
const lines = (rows) => rows.map((row) => Object.entries(row).map(([k, v]) => k + "=" + show(v)).join("; ") + "\\n").join("");
class Files extends BaseWriter {
  held = [];
  open(schema) { this.schema = schema; this.client = { self: this, f() {} }; return this.client; }
  writeBatch(records, counter) {
    const path = join(this.outputBase, "part-" + counter + ".txt");
    const fields = this.schema.fields.map(({ name, type }) => name + ":" + type.kind).join(" ");
    writeFileSync(path, fields + " " + Array.isArray(records) + " " + this.assetDefinition.description + "\\n" + lines([...records]));
    this.held.push(path);
    return [{ path, recordCount: records.length, note: { of: [1n] } }];
  }
  seal() {
    const path = join(this.outputBase, "sealed.txt");
    writeFileSync(path, this.held.length + " parts\\n");
    return [{ path, recordCount: 0 }];
  }
}
export class Rows extends Files {}
export class Batches extends Files { static input = "batch"; }
export class Columns extends Files { static input = "columns"; }
export class Store extends BaseWriter {
  get #file() { return join(this.outputBase, "store.txt"); }
  #note(line) { mkdirSync(this.outputBase, { recursive: true }); appendFileSync(this.#file, line + "\\n"); }
  open() { this.#note("open"); }
  writeBatch(records) { this.#note("write " + records.length); this.rows = (this.rows ?? 0) + records.length; return [{ path: "batch-" + records.length, recordCount: records.length }]; }
  seal() { this.#note("seal"); return []; }
  commitFiles(files, token) {
    this.#note("commit " + JSON.stringify(files) + " " + token.seq);
    const { fail } = this.targetConfig.engine.options;
    if (fail) throw new DativoError("DTV_CONNECTION_FAILED", fail, { hint: "look there" });
    return { status: "success", filesAdded: files.length, extra: new Date(0) };
  }
  abortFiles(files, cause) { this.#note("abort " + files.length + " " + cause?.code + " " + cause?.message + " " + cause?.hint); }
  close() { this.#note("close"); }
  checkConnection() { return { success: true, message: "there", details: { a: 1 } }; }
}
export class Sure extends Store { committed() { return undefined; } }
`;

const ROWS = `async *extract() {
  yield [{ id: 1, big: 9007199254740993n, at: new Date(0), text: "a", list: [1, null] }, { id: null, text: "b" }];
  yield Array.from({ length: 4500 }, (_, id) => ({ id, text: "t" + id }));
}`;

const TYPED = JSON.stringify({
  name: "rows",
  version: "1.0.0",
  description: { purpose: "kept" },
  schema: [
    { name: "id", type: "integer" },
    { name: "big", type: "integer", integers: "bigint" },
    { name: "at", type: "timestamptz" },
    { name: "text", type: "string" },
    { name: "list", type: "array<integer>" },
  ],
});

describe("a script that writes, in a process of its own", () => {
  const files = { "mine.ts": reader(ROWS), "writers.ts": WRITERS, "rows.yaml": TYPED };
  const target = (name: string, path = "lake", options = {}) => ({
    target_connector: "theirs",
    target: { custom_writer: `writers.ts:${name}`, connection: { path }, engine: { options } },
  });

  it.each(["Rows", "Batches", "Columns"])("leaves the files that it leaves here: %s", async (name) => {
    const { published, told } = await both(files, target(name));
    expect(Object.keys(published).length).toBeGreaterThan(2);
    expect(told).toMatchObject([{ counts: { written: 4502 } }]);
  });

  it.each(["Store", "Sure"])("is asked what it is asked here: %s", async (name) => {
    const { published, told } = await both(files, target(name));
    expect(published["store.txt"]).toMatch(/^open\nwrite 2\n(write \d+\n)+seal\ncommit .*\nclose\n$/);
    expect(told).toMatchObject([{ counts: { written: 4502 } }]);
  });

  it.each(["Store", "Sure"])("fails to commit as it does here: %s", async (name) => {
    const { error, published } = await both(files, target(name, "lake", { fail: "no route" }));
    expect(error).toMatchObject({ message: expect.stringContaining("no route") });
    expect(published["store.txt"]).toContain("commit");
  });

  it("is told why what it staged is of no use", async () => {
    const failing = {
      ...files,
      "mine.ts": reader(
        `${ROWS.slice(0, -1)}; await new Promise((resolve) => setTimeout(resolve, 500)); throw new DativoError("DTV_CONNECTION_FAILED", "lost", { hint: "dial again" }); }`,
      ),
    };
    const { published } = await both(failing, target("Store"));
    expect(published["store.txt"]).toMatch(/abort \d+ DTV_CONNECTION_FAILED lost dial again\nclose\n$/);
  });

  it("answers check", () => {
    const cwd = tempFolder();
    const job = { ...base, ...target("Store"), plugins: { sandbox: { mode: "process" } } };
    const asking = `checkConnection() { return { success: true, message: "it is there" }; }
      discover() { return { objects: [{ name: "everything", type: "table" }], metadata: {} }; } ${ROWS}`;
    writeFiles(cwd, { ...files, "mine.ts": reader(asking), "job.yaml": JSON.stringify(job) });
    const { code, stdout } = dativo(["check", "--config", "job.yaml"], { cwd });
    expect([code, stdout]).toEqual([0, expect.stringContaining("it is there")]);
    const found = dativo(["discover", "--config", "job.yaml"], { cwd });
    expect([found.code, found.stdout]).toEqual([0, expect.stringContaining("everything")]);
    const explained = dativo(["explain", "--config", "job.yaml"], { cwd });
    expect([explained.code, explained.stdout]).toEqual([
      0,
      expect.stringContaining("a script in a process of its own"),
    ]);
  });
});

describe("the examples, in processes of their own", () => {
  it("give what they give here", () => {
    const examples = join(import.meta.dirname, "..", "..", "..", "examples", "plugins");
    const [here, apart] = MODES.map((mode) => {
      const cwd = tempFolder();
      cpSync(examples, cwd, { recursive: true, filter: (path) => !/[\\/](rust|c)$/.test(path) });
      const job = readFileSync(join(cwd, "job.yaml"), "utf8");
      writeFiles(cwd, {
        "job.yaml": `${job.replace("node_modules/", `${join(examples, "../../node_modules")}/`)}\nplugins: { sandbox: { mode: ${mode} } }\n`,
      });
      const { code, stdout, stderr } = dativo(["run", "--config", "job.yaml", "--json"], {
        cwd,
        env: { STATE_DIR: join(cwd, "state") },
      });
      expect([code, stderr]).toEqual([0, expect.any(String)]);
      const { counts, plugins, target } = JSON.parse(stdout);
      const pages = visibleFiles(cwd)
        .filter((name) => name.endsWith(".html"))
        .map((name) => readFileSync(join(cwd, name), "utf8"));
      expect(pages.length).toBeGreaterThan(0);
      return {
        counts,
        plugins: JSON.stringify(withoutPlace(plugins, mode)).replaceAll(cwd, ""),
        schema: target.schema,
        pages,
      };
    });
    expect(apart).toEqual(here);
  });
});

function readState(cwd: string): string {
  const [file] = visibleFiles(join(cwd, "state")).filter((name) => name.endsWith(".state.json"));
  return readFileSync(join(cwd, "state", String(file)), "utf8");
}
