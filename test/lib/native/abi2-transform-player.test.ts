import { afterEach, expect, it } from "vitest";
import type { Batch, Row } from "../../../lib/contract/batch.ts";
import { SourceConfig } from "../../../lib/contract/config.ts";
import { Provenance } from "../../../lib/contract/provenance.ts";
import type { Yielded } from "../../../lib/contract/reader.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { Schema } from "../../../lib/contract/schema.ts";
import { nativeCallsInFlight } from "../../../lib/native/calls.ts";
import { liveExports } from "../../../lib/native/export-array.ts";
import { findNativeReader, findNativeTransform } from "../../../lib/native/find-native.ts";
import { liveNativeArrays } from "../../../lib/native/native-rows.ts";
import { runPipeline } from "../../../lib/stream/run-pipeline.ts";
import { toReadable } from "../../../lib/stream/to-readable.ts";
import { toTransform } from "../../../lib/stream/to-transform.ts";
import { toWritable } from "../../../lib/stream/to-writable.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";
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

/** Batches through one transform after another into a writer that keeps what it gets; bad records are put aside. */
async function through(options: readonly Options[], batches: Iterable<Yielded> = typed(3, 2)) {
  const environment = testEnvironment();
  const { playerClass } = findNativeTransform(FIXTURE, "create_transform");
  const writer = new MemoryWriter();
  const committer = new RecordingCommitter(writer);
  const sink = toWritable({ environment, committer });
  const lenient = toTransform(new FunctionTransform((batch) => batch), { environment, policy: { mode: "warn" } });
  const shapers = options.map((each) => toTransform(new playerClass(each), { environment, owner: "shaper" }));
  const reader = toReadable(new GeneratorReader(() => batches), { environment });
  await runPipeline([reader, lenient, ...shapers, sink]);
  expect(environment.budget.usedBytes).toBe(0);
  return { rows: writer.rows, counts: sink.counts, rejects: committer.rejects, warnings: environment.warnings };
}

function* typed(...sizes: number[]): Generator<Batch> {
  let next = 0;
  for (const size of sizes) {
    const provenance = Provenance.numbered("people.json", next + 1);
    yield RowBatch.fromRows(numbered(next, size), NUMBERED, { provenance });
    next += size;
  }
}

const idsOf = (rows: readonly Row[]): unknown[] => rows.map((row) => row["id"]);

describeNative("a transform that speaks ABI 2", () => {
  afterEach(() => {
    expect([liveNativeArrays(), liveExports(), nativeCallsInFlight()]).toEqual([0, 0, 0]);
  });

  it("gives what it makes of JavaScript's records, and of another library's", async () => {
    const { rows, counts } = await through([{}, { repeat: 2 }, {}]);
    expect(idsOf(rows)).toEqual([0, 1, 2, 0, 1, 2, 3, 4, 3, 4]);
    expect(rows[0]).toEqual({ id: 0, name: "row 0" });
    expect(counts).toEqual({ read: 5, added: 5, filtered: 0, rejected: 0, written: 10 });
  });

  it("reads the types of records that have none off the first of them", async () => {
    const rows = [
      { id: 1, at: null, more: null },
      { id: 2, at: 0.5, more: ["x"] },
    ];
    // What has no declared inside has no Arrow type: it goes as JSON text.
    expect((await through([{}], [rows])).rows).toEqual([rows[0], { id: 2, at: 0.5, more: '["x"]' }]);
  });

  it("takes over the memory of a library's batch", async () => {
    const { playerClass } = findNativeReader(FIXTURE, "create_reader");
    const reader = new playerClass(new SourceConfig({ engine: { options: { batches: 1, rows: 4, plain: true } } }));
    const batches: Batch[] = [];
    for await (const yielded of reader.extract()) batches.push((yielded as { batch: Batch }).batch);
    expect((await through([{}, { count: true }], batches)).rows).toEqual([{ records: 4 }]);
    expect(() => batches[0]?.column("int")).toThrow(expect.objectContaining({ code: "DTV_BATCH_MOVED" }));
    await reader.close();
  });

  it("is asked at the end for what it has held back", async () => {
    const held = await through([{ hold: true }]);
    expect(idsOf(held.rows)).toEqual([0, 1, 2, 3, 4]);
    expect(held.counts).toMatchObject({ added: 0, filtered: 0, written: 5 });
    const counted = await through([{ count: true }]);
    expect(counted.rows).toEqual([{ records: 5 }]);
    expect(counted.counts).toEqual({ read: 5, added: 0, filtered: 4, rejected: 0, written: 1 });
  });

  it("rejects a record by its number in the batch, which is told with its place in the source", async () => {
    const { counts, rejects } = await through([{ keep: 1, reject: 2 }]);
    expect(counts).toEqual({ read: 5, added: 0, filtered: 1, rejected: 2, written: 2 });
    expect(rejects).toEqual([
      expect.objectContaining({ source: "people.json", row: 2, record: '{"id":1,"name":"row 1"}' }),
      expect.objectContaining({ source: "people.json", row: 5, faults: [expect.objectContaining({ rule: "shape" })] }),
    ]);
    const { rejects: placeless } = await through([{}, { keep: 1, reject: 9 }], typed(3));
    expect(placeless[0]).toMatchObject({ source: expect.stringContaining(":create_transform") });
    expect(placeless[0]).not.toHaveProperty("row");
  });

  it("warns the user", async () => {
    expect((await through([{ warn: "is it winter?" }])).warnings).toContain("is it winter?");
  });

  it.each([
    [{ fail: "torn" }, "DTV_PLUGIN_FAILED", "apply.. of .* failed: torn"],
    [{ fail: "panic" }, "DTV_PLUGIN_FAILED", "panicked: out of shape"],
    [{ fail: "flush" }, "DTV_PLUGIN_FAILED", "flush.. of .* failed: the end is torn"],
    [{ refuse: "no such shape" }, "DTV_OPTION_INVALID", "no such shape"],
  ])("that fails with %j ends the run, and nothing is left behind", async (options, code, message) => {
    await expect(through([{ repeat: 3 }, options, { hold: true }])).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it("does not take a second schema", async () => {
    const other = new Schema([{ name: "id", type: { kind: "string" }, nullable: true }]);
    const batches = [...typed(1), RowBatch.fromRows([{ id: "x" }], other)];
    await expect(through([{}], batches)).rejects.toMatchObject({ code: "DTV_SCHEMA_CHANGED" });
  });

  it.each([
    ["create_reader", "create_reader is a reader, where a transform is needed"],
    ["create_nothing", "create_nothing"],
  ])("%s of a library is none", (symbol, message) => {
    expect(() => findNativeTransform(FIXTURE, symbol)).toThrow(
      expect.objectContaining({ code: "DTV_PLUGIN_CLASS", message: expect.stringContaining(message) }),
    );
  });

  it("there is none in ABI 1", () => {
    const library = nativeLibrary("abi1_fixture");
    expect(() => findNativeTransform(library, "create_reader")).toThrow(/speaks ABI 1, which has no transforms/);
  });
});
