import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Batch, Row } from "../../../lib/contract/batch.ts";
import { SourceConfig } from "../../../lib/contract/config.ts";
import { INERT_CONTEXT } from "../../../lib/contract/context.ts";
import { Provenance } from "../../../lib/contract/provenance.ts";
import type { Yielded } from "../../../lib/contract/reader.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { Schema } from "../../../lib/contract/schema.ts";
import { livePluginProcesses } from "../../../lib/isolation/plugin-process.ts";
import { liveExports } from "../../../lib/native/export-array.ts";
import { findNativeReader } from "../../../lib/native/find-native.ts";
import { liveNativeArrays } from "../../../lib/native/native-rows.ts";
import { runPipeline } from "../../../lib/stream/run-pipeline.ts";
import { toReadable } from "../../../lib/stream/to-readable.ts";
import { toTransform } from "../../../lib/stream/to-transform.ts";
import { toWritable } from "../../../lib/stream/to-writable.ts";
import { transformBehaviours } from "../../../lib/testing/index.ts";
import { asset, both, reader } from "../../support/both-modes.ts";
import { dativo, smallJob, writeFiles } from "../../support/cli.ts";
import { tempFolder, visibleFiles } from "../../support/folder.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";
import { MODES, type Mode, transformIn } from "../../support/player-modes.ts";
import {
  FunctionTransform,
  GeneratorReader,
  MemoryWriter,
  numbered,
  RecordingCommitter,
  testEnvironment,
} from "../../support/players.ts";

const FIXTURE = nativeLibrary("abi2_fixture");
type Options = Readonly<Record<string, unknown>>;

const NUMBERED = new Schema([
  { name: "id", type: { kind: "integer" }, nullable: false },
  { name: "name", type: { kind: "string" }, nullable: true },
]);

function* typed(...sizes: number[]): Generator<Batch> {
  let next = 0;
  for (const size of sizes) {
    const provenance = Provenance.numbered("people.json", next + 1);
    yield RowBatch.fromRows(numbered(next, size), NUMBERED, { provenance });
    next += size;
  }
}

/** Batches through one library after another into a writer that keeps what it gets; bad records are put aside. */
async function through(mode: Mode, options: readonly Options[], batches: Iterable<Yielded>) {
  const environment = testEnvironment();
  const playerClass = await transformIn(mode, FIXTURE);
  const writer = new MemoryWriter();
  const committer = new RecordingCommitter(writer);
  const sink = toWritable({ environment, committer });
  const seen: unknown[] = [];
  const look = new FunctionTransform((batch) => {
    seen.push({
      schema: batch.schema,
      places: Array.from({ length: batch.length }, (_, i) => batch.provenance?.at(i)),
    });
    return batch;
  });
  const stages = options.map((each) => toTransform(new playerClass(each), { environment, owner: "shaper" }));
  const lenient = toTransform(new FunctionTransform((batch) => batch), { environment, policy: { mode: "warn" } });
  const ahead = toReadable(new GeneratorReader(() => batches), { environment });
  let failure: unknown;
  try {
    await runPipeline([ahead, lenient, ...stages, toTransform(look, { environment }), sink]);
  } catch (error) {
    const { code, message, culprit, hint } = error as Record<string, unknown>;
    failure = { code, message, culprit, hint };
  }
  const { warnings, budget } = environment;
  const { rejects } = committer;
  return { rows: writer.rows, counts: sink.counts, rejects, warnings, seen, failure, left: budget.usedBytes };
}

describeNative("a transform of a library, in a process of its own", () => {
  afterEach(() => {
    expect([livePluginProcesses(), liveNativeArrays(), liveExports()]).toEqual([0, 0, 0]);
  });

  const untyped = [
    { id: 1, at: null, more: null },
    { id: 2, at: 0.5, more: ["x"] },
  ];

  it.each<[string, readonly Options[], () => Iterable<Yielded>]>([
    ["one to one", [{}], () => typed(3, 2)],
    ["one after another, more and fewer", [{}, { repeat: 2 }, { keep: 3 }], () => typed(3, 2, 4)],
    ["held back to the end", [{ hold: true }], () => typed(3, 2)],
    ["counted at the end", [{ count: true }], () => typed(3, 2)],
    ["rejected by number", [{ keep: 1, reject: 2 }], () => typed(3, 2)],
    ["rejected by a number that no record has", [{}, { keep: 1, reject: 9 }], () => typed(3)],
    ["rejected of records that stand nowhere", [{ reject: 1 }], () => [RowBatch.fromRows(numbered(0, 2), NUMBERED)]],
    ["without types", [{}], () => [untyped]],
    ["without records", [{ repeat: 2 }], () => []],
    ["with a warning", [{ warn: "is it winter?" }], () => typed(1)],
    ["another schema", [{}], () => [...typed(1), RowBatch.fromRows([{ id: "x" }], Schema.lexical(["id"]))]],
    ["failing", [{ fail: "torn" }], () => typed(3)],
    ["panicking", [{ fail: "panic" }], () => typed(3)],
    ["failing in the end", [{ fail: "flush" }], () => typed(3)],
    ["refusing", [{ refuse: "no such shape" }], () => typed(3)],
  ])("gives the same: %s", async (_, options, batches) => {
    const [here, apart] = [
      await through("in_process", options, batches()),
      await through("process", options, batches()),
    ];
    expect(apart).toEqual(here);
    expect(apart.left).toBe(0);
    expect(apart.rows.length + apart.rejects.length || apart.failure || options[0]?.["repeat"]).toBeTruthy();
  });

  it("gets the columns of a library as they lie", async () => {
    const outcomes = MODES.map(async (mode) => {
      const { playerClass } = findNativeReader(FIXTURE, "create_reader");
      const source = new playerClass(new SourceConfig({ engine: { options: { batches: 2, rows: 40, plain: true } } }));
      const batches: Batch[] = [];
      for await (const yielded of source.extract()) batches.push((yielded as { batch: Batch }).batch);
      const outcome = await through(mode, [{}, { keep: 30 }, { count: true }], batches);
      await source.close();
      return outcome;
    });
    const [here, apart] = await Promise.all(outcomes);
    expect(apart).toMatchObject({ failure: undefined, rows: [{ records: 60 }] });
    expect(apart).toEqual(here);
  });

  it("is refused as it is here", async () => {
    const old = nativeLibrary("abi1_fixture");
    for (const [library, symbol, said] of [
      [old, "create_reader", "speaks ABI 1, which has no transforms"],
      [FIXTURE, "create_reader", "is a reader, where a transform is needed"],
      [FIXTURE, "create_nothing", "create_nothing"],
    ] as const) {
      await expect(transformIn("process", library, symbol)).rejects.toMatchObject({
        code: "DTV_PLUGIN_CLASS",
        message: expect.stringContaining(said),
      });
    }
  });

  let Shaper: Awaited<ReturnType<typeof transformIn>>;
  beforeAll(async () => {
    Shaper = await transformIn("process", FIXTURE);
  });

  for (const behaviour of transformBehaviours({
    create: () => new Shaper({}),
    rows: numbered(0, 5),
    independentOfBatches: true,
  })) {
    it(behaviour.name, () => behaviour.run());
  }
});

const SHAPES = `
import { BaseTransform, DativoError, RowBatch, Schema } from "dativo-ingest";
const show = (value) => typeof value + " " + String(value) + " " + Object.prototype.toString.call(value);
export class Same extends BaseTransform { apply(batch) { return batch; } }
export class Seen extends BaseTransform {
  apply(batch) {
    const rows = [...batch.rows({ integers: "bigint" })].map((row, i) => ({
      of: Object.entries(row).map(([name, value]) => name + "=" + show(value)).join("; "),
      at: JSON.stringify(batch.provenance?.at(i)),
      length: batch.length,
    }));
    return RowBatch.fromRows(rows);
  }
}
export class Columns extends Seen { static input = "columns"; }
export class Opens extends BaseTransform {
  opened = [];
  open(schema, source) {
    this.opened.push(source + " " + schema.names.join("+"));
    this.input = schema;
    this.output = new Schema([...schema.fields, { name: "opened", type: { kind: "string" }, nullable: true }], { by: "us" });
    return this.output;
  }
  apply(batch) {
    const opened = this.opened.join(", ") + " " + (batch.schema === this.input);
    return RowBatch.fromRows([...batch].map((row) => ({ ...row, opened })), this.output, { provenance: batch.provenance });
  }
}
export class List extends BaseTransform { apply(batch) { return [batch, RowBatch.empty(batch.schema), batch.retain()]; } }
export class Made extends BaseTransform {
  *apply(batch) { for (let i = 0; i < batch.length; i++) yield batch.take([i, i]); }
}
export class Later extends BaseTransform {
  async *apply(batch) { for (let i = batch.length - 1; i >= 0; i--) { await null; yield batch.take([i]); } }
}
export class Fewer extends BaseTransform {
  async apply(batch) {
    const even = [...batch].flatMap(({ id }, i) => (id % 2 === 0 ? [i] : []));
    this.ctx.filtered(batch.length - even.length);
    return even.length > 0 ? batch.take(even) : undefined;
  }
}
export class Nothing extends BaseTransform { apply() {} }
export class Held extends BaseTransform {
  #rows = [];
  apply(batch) { this.#rows.push(...batch); if (this.#rows.length > 4) return RowBatch.fromRows(this.#rows.splice(0, 4)); }
  *flush() { for (const row of this.#rows) yield RowBatch.fromRows([row]); }
}
export class Sum extends BaseTransform {
  #total = 0;
  apply(batch) { for (const { id } of batch) this.#total += id; }
  flush() { return RowBatch.fromRows([{ total: this.#total }]); }
}
export class Rejects extends BaseTransform {
  *apply(batch) {
    for (const [i, { id }] of [...batch].entries()) {
      if (id % 3 !== 0) { yield batch.take([i]); continue; }
      const place = batch.provenance?.at(i) ?? { source: "nowhere" };
      this.ctx.reject({ ...place, record: JSON.stringify({ id }), faults: [{ column: "id", rule: "third", reason: "it is a third" }] });
    }
  }
}
export class Told extends BaseTransform {
  apply(batch) {
    const { note, deep, big } = this.options;
    this.ctx.log.warn("told " + note + " " + show(big), { deep });
    return batch;
  }
}
export class Wrong extends BaseTransform { apply(batch) { return [...batch]; } }
export class Wronger extends BaseTransform { apply() { return 7; } }
export class Unopened extends BaseTransform { open() { throw new DativoError("DTV_OPTION_INVALID", "not so", { hint: "otherwise" }); } apply(batch) { return batch; } }
export class Broken extends BaseTransform { apply() { throw new TypeError("no ink"); } }
export class BreaksLater extends BaseTransform { *apply(batch) { yield batch; throw new Error("out of ink"); } }
export class Unflushed extends BaseTransform { apply(batch) { return batch; } flush() { throw new Error("stuck"); } }
export class BadReject extends BaseTransform { apply(batch) { this.ctx.reject("no"); return batch; } }
export class Lacking extends BaseTransform {}
export class Unmade extends BaseTransform { constructor(options) { super(options); throw new Error("no hands"); } apply() {} }
export class Closed extends BaseTransform { apply(batch) { return batch; } close() { throw new Error("shut"); } }
export class OwnFlush extends BaseTransform { held = []; apply(batch) { this.held.push(batch); } flush = () => this.held; }
export class Reader {}
`;

/** Batches with places and positions, then rows that have neither. */
const ROWS = `async *extract() {
  const schema = new Schema([{ name: "id", type: { kind: "integer" }, nullable: true }, { name: "text", type: { kind: "string" }, nullable: true }]);
  for (let at = 0; at < 9; at += 3) {
    const rows = [at, at + 1, at + 2].map((id) => ({ id, text: "t" + id }));
    yield { batch: RowBatch.fromRows(rows, schema, { provenance: Provenance.numbered("place.txt", at + 1) }), position: at };
  }
  yield Array.from({ length: 2500 }, (_, i) => ({ id: 9 + i, text: i % 2 === 0 ? null : "x" }));
}`;

const files = {
  "mine.ts": reader(ROWS),
  "shapes.ts": SHAPES,
  "rows.yaml": asset({ id: "integer", text: "string" }),
};

const withTransforms = (...names: string[]) => ({
  transforms: names.map((name) => ({ plugin: `shapes.ts:${name}`, options: { note: "a", deep: { of: [1] } } })),
});

describe("a transform of a script, in a process of its own", () => {
  afterEach(() => {
    expect(livePluginProcesses()).toBe(0);
  });

  it.each([
    "Same",
    "Seen",
    "Columns",
    "Opens",
    "List",
    "Made",
    "Later",
    "Fewer",
    "Nothing",
    "Held",
    "Sum",
    "Rejects",
    "Told",
    "Closed",
    "Rejects, Fewer, Opens, Held",
  ])("gives what it gives here: %s", async (names) => {
    const { told, log } = await both(files, withTransforms(...names.split(", ")));
    expect(told).toMatchObject([{ counts: { read: 2509 } }]);
    if (names === "Told") expect(log.some((line) => line.includes("told a undefined"))).toBe(true);
  });

  it.each([
    ["Wrong", "DTV_PLUGIN_RESULT", "apply() must give batches"],
    ["Wronger", "DTV_PLUGIN_RESULT", "must give a batch, batches, or nothing"],
    ["Unopened", "DTV_OPTION_INVALID", "not so"],
    ["Broken", "DTV_PLUGIN_FAILED", "no ink"],
    ["BreaksLater", "DTV_PLUGIN_FAILED", "out of ink"],
    ["Unflushed", "DTV_PLUGIN_FAILED", "flush() of"],
    ["BadReject", "DTV_PLUGIN_RESULT", "reject() takes"],
    ["Lacking", "DTV_PLUGIN_CLASS", "has no apply()"],
    ["Unmade", "DTV_PLUGIN_FAILED", "The constructor of"],
    ["Reader", "DTV_PLUGIN_CLASS", "must inherit from BaseTransform"],
    ["Missing", "DTV_PLUGIN_CLASS", "Class 'Missing' not found"],
  ])("fails as it does here, and nothing is published: %s", async (name, code, said) => {
    const { error, published } = await both(files, withTransforms(name));
    expect(error).toMatchObject({ code, message: expect.stringContaining(said) });
    expect(published).toEqual({});
  });

  it("goes on behind what was committed, once what it holds back is out", async () => {
    const going = `async *extract({ position = 0 }) {
      for (let at = position; at < position + 6; at += 2) yield { batch: [{ id: at }, { id: at + 1 }], position: at + 2 };
    }`;
    const going2 = { ...files, "mine.ts": reader(going) };
    const { told } = await both(going2, withTransforms("Held"), { times: 2 });
    expect(told).toMatchObject([{ counts: { written: 6 }, positions: { 0: 6 } }, { positions: { 0: 12 } }]);
  });

  it("is refused where it has a hook that only its object knows of", async () => {
    const cwd = tempFolder();
    const job = smallJob({ ...withTransforms("OwnFlush"), plugins: { sandbox: { mode: "process" } } });
    writeFiles(cwd, {
      ...files,
      "people.csv": "id,text\n1,a\n",
      "people.yaml": asset({ id: "integer" }),
      "job.yaml": job,
    });
    const { code, stderr } = dativo(["run", "--config", "job.yaml"], { cwd });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/DTV_PLUGIN_CLASS.*flush\(\) as a property.*Write it as a method/s),
    ]);
  });

  it("answers check and explain", () => {
    const cwd = tempFolder();
    const job = smallJob({ ...withTransforms("Opens", "Same"), plugins: { sandbox: { mode: "process" } } });
    writeFiles(cwd, { ...files, "people.csv": "id,text\n1,a\n", "people.yaml": files["rows.yaml"], "job.yaml": job });
    const { code, stdout } = dativo(["check", "--config", "job.yaml"], { cwd });
    expect([code, stdout]).toEqual([0, expect.stringContaining("Transforms: success")]);
    const { stages } = JSON.parse(dativo(["explain", "job.yaml", "--json"], { cwd }).stdout);
    expect(stages.slice(2, 4)).toMatchObject([
      { stage: "transform 1", note: "a script in a process of its own" },
      { stage: "transform 2", note: "a script in a process of its own" },
    ]);
  });

  it("makes one batch ahead, and no more until that one is taken", async () => {
    const cwd = tempFolder();
    writeFiles(cwd, {
      "many.ts": `import { BaseTransform, RowBatch } from "dativo-ingest";
        export class Many extends BaseTransform {
          *apply(batch) { for (let i = 0; i < 1000; i++) { console.log("call " + i); yield batch.take([0]); } }
        }`,
    });
    const Many = await transformIn("process", join(cwd, "many.ts"), "Many");
    const many = new Many({});
    const lines: string[] = [];
    many.ctx = { ...INERT_CONTEXT, log: { ...INERT_CONTEXT.log, info: (line) => void lines.push(line) } };
    const calls = () => lines.filter((line) => line.includes("call ")).length;
    const made = (await many.apply(RowBatch.fromRows([{ a: 1 }]))) as AsyncGenerator<Batch>;
    await made.next();
    await sleep(300);
    expect(calls()).toBe(2);
    await made.next();
    await sleep(300);
    expect(calls()).toBe(3);
    await made.return(undefined);
    await many.close();
  });

  const shapes = mkdtempSync(join(tmpdir(), "dativo-shapes-"));
  afterAll(() => rmSync(shapes, { recursive: true }));
  const classes = new Map<string, Awaited<ReturnType<typeof transformIn>>>();
  beforeAll(async () => {
    writeFiles(shapes, { "shapes.ts": SHAPES });
    for (const name of ["Same", "Made", "Fewer", "Sum"]) {
      classes.set(name, await transformIn("process", join(shapes, "shapes.ts"), name));
    }
  });

  // Some ten processes for each behaviour; DATIVO_TEST_SWEEP=all tries those that make one batch of each, too.
  for (const name of process.env["DATIVO_TEST_SWEEP"] === "all" ? ["Same", "Made", "Fewer", "Sum"] : ["Fewer", "Sum"]) {
    describe(`keeps every behaviour: ${name}`, () => {
      const create = () => new (classes.get(name) as NonNullable<ReturnType<typeof classes.get>>)({});
      const rows: Row[] = numbered(0, 5);
      for (const behaviour of transformBehaviours({ create, rows, independentOfBatches: true })) {
        it(behaviour.name, () => behaviour.run());
      }
    });
  }
});

describe("a transform behind a reader in a process of its own", () => {
  it("is opened once for batches that have one schema", async () => {
    const { published } = await both(files, withTransforms("Opens"));
    const lines = Object.values(published).join("").trim().split("\n");
    expect(JSON.parse(String(lines[8])).opened).toBe(JSON.parse(String(lines[0])).opened);
  });
});

describe("a transform that ends its process", () => {
  const ENDS: [how: string, work: string, said: RegExp, sandbox?: object][] = [
    ["exits", "process.exit(3)", /ended its process in apply\(\), with exit code 3/],
    ["dies", 'process.kill(process.pid, "SIGKILL")', /ended its process in apply\(\), by SIGKILL/],
    ["hangs", "return new Promise(() => setInterval(() => {}, 1000))", /did not return within 1 s/, { timeout: 1 }],
    ["spins", "for (;;);", /did not return within 1 s/, { timeout: 1 }],
  ];

  it.each(ENDS)("ends one run with a named error, and nothing is published: it %s", (_, work, said, sandbox = {}) => {
    const cwd = tempFolder();
    const dying = `import { BaseTransform } from "dativo-ingest";
      export class Dying extends BaseTransform { apply(batch) { if ([...batch].some(({ id }) => id === 2)) { ${work}; } return batch; } }`;
    const job = smallJob({
      transforms: [{ plugin: "dying.ts:Dying", options: { key: "${CANARY}" } }],
      plugins: { sandbox: { mode: "process", ...sandbox } },
    });
    const rows = Array.from({ length: 5000 }, (__, i) => `${i === 4500 ? 2 : 3},a`);
    writeFiles(cwd, {
      "dying.ts": dying,
      "people.csv": ["id,text", ...rows].join("\n"),
      "people.yaml": files["rows.yaml"],
      "job.yaml": job,
    });
    const { code, stderr } = dativo(["run", "--config", "job.yaml"], { cwd, env: { CANARY: "canary-5d0a" } });
    expect([code, stderr]).toEqual([2, expect.stringMatching(said)]);
    expect(stderr).toContain("DTV_PLUGIN_CRASHED");
    expect(visibleFiles(join(cwd, "lake")).filter((name) => !name.includes("_dativo"))).toEqual([]);
  });
});
