import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { SourceConfig } from "../../../lib/contract/config.ts";
import { INERT_CONTEXT } from "../../../lib/contract/context.ts";
import type { Reject } from "../../../lib/contract/reject.ts";
import { IncrementalStateManager } from "../../../lib/contract/state.ts";
import { nativeCallsInFlight } from "../../../lib/native/calls.ts";
import type { ColumnBatch } from "../../../lib/native/column-batch.ts";
import { findNativeReader } from "../../../lib/native/find-native.ts";
import { liveNativeArrays } from "../../../lib/native/native-rows.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";

const FIXTURE = nativeLibrary("abi2_fixture");

interface Read {
  readonly batch: ColumnBatch;
  readonly position: unknown;
}

function make(options: Record<string, unknown>, signal?: AbortSignal) {
  const { playerClass } = findNativeReader(FIXTURE, "create_reader");
  const reader = new playerClass(new SourceConfig({ engine: { options } }));
  const rejects: Reject[] = [];
  reader.ctx = {
    ...INERT_CONTEXT,
    signal: signal ?? INERT_CONTEXT.signal,
    reject: (reject) => void rejects.push(reject),
  };
  return {
    reader,
    rejects,
    read: (position?: unknown) => reader.extract(new IncrementalStateManager(position, {})) as AsyncIterable<Read>,
  };
}

/** What `every_type` of the fixture makes of a number. */
const ROW = {
  int: 9007199254740993n,
  small: 65001n,
  double: 0.125,
  bool: false,
  text: "žluť 1 ☃",
  large: "žluť 1 ☃",
  decimal: "-10000000000000000000000000.00007",
  date: "0001-01-02",
  time: "00:00:01.000001",
  stamp: "1970-01-01T00:00:00.999999",
  zoned: "1970-01-01T00:00:01.500000Z",
  bytes: new Uint8Array([0, 1, 255]),
  list: ["1.0"],
  object: { a: 1, b: "žluť 1 ☃" },
  word: "odd",
};

describeNative("a reader that speaks ABI 2", () => {
  afterEach(() => {
    expect([liveNativeArrays(), nativeCallsInFlight()]).toEqual([0, 0]);
  });

  it("gives columns of every type, exact, nulls and slices included", async () => {
    const { reader, read } = make({ batches: 1, rows: 3 });
    for await (const { batch, position } of read()) {
      expect(position).toBe(1);
      expect(batch.schema.toString()).toBe(
        '"int" integer, "small" integer, "double" double, "bool" boolean, "text" string, "large" string, "decimal" decimal(38,5), "date" date, "time" time, "stamp" timestamp, "zoned" timestamptz, "bytes" binary, "list" array<string>, "object" object{a: integer, b: string}, "word" string',
      );
      const [first, second, third] = [...batch.rows({ integers: "bigint" })];
      expect(first).toEqual(ROW);
      expect(new Set(Object.values(second as object))).toContain(null);
      expect(second).toMatchObject({ int: null, text: null, decimal: null, list: null, word: null });
      expect(third).toMatchObject({
        int: 9007199254740995n,
        list: [],
        word: "odd",
        bytes: new Uint8Array([0, 3, 255]),
      });
      expect(batch.column("date").values[0]).toBe(-719_161);
      batch.release();
    }
    await reader.close();
  });

  it("goes on at a position, and hands over rejects with all their faults", async () => {
    const { reader, rejects, read } = make({ batches: 3, rows: 2, reject_every: 3 });
    const positions = [];
    for await (const { batch, position } of read(1)) {
      positions.push(position);
      batch.release();
    }
    await reader.close();
    expect(positions).toEqual([2, 3]);
    expect(rejects).toEqual([
      {
        source: "fixture",
        row: 4,
        line: 5,
        raw: new Uint8Array([0xff, 3]),
        faults: [
          { column: "int", rule: "type", reason: "row 4 breaks type" },
          { column: "int", rule: "enum", reason: "row 4 breaks enum" },
        ],
      },
    ]);
  });

  it("answers questions before it reads", async () => {
    const { reader } = make({ splits: 2, rows: 7 });
    expect(await reader.plan()).toEqual([{ id: "part 0" }, { id: "part 1" }]);
    expect(await reader.checkConnection()).toMatchObject({ success: true, message: "the fixture is there" });
    expect((await reader.discover()).objects).toEqual([
      { name: "everything", type: "object", columns: [{ name: "int", type: "integer", nullable: true }] },
    ]);
    expect(await reader.getTotalRecordsEstimate()).toBe(7);
    await reader.close();
  });

  it.each([
    ["error", "DTV_PLUGIN_FAILED", "batch 1 is torn"],
    ["panic", "DTV_PLUGIN_FAILED", "panicked: batch 1 is cursed"],
    ["schema", "DTV_SCHEMA_CHANGED", "the batch has another schema than open() gave"],
  ])("that ends in a %s says so, after what it gave before", async (fail, code, message) => {
    const { reader, read } = make({ fail_at: 1, fail });
    let batches = 0;
    const reading = (async () => {
      for await (const { batch } of read()) {
        batches++;
        batch.release();
      }
    })();
    await expect(reading).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(batches).toBe(1);
    await reader.close();
  });

  it("refuses its configuration in its own words", async () => {
    const { reader } = make({ refuse: "no such thing" });
    await expect(reader.checkConnection()).rejects.toMatchObject({
      code: "DTV_OPTION_INVALID",
      message: "no such thing",
      hint: "Leave `refuse` out.",
    });
    await reader.close();
  });

  it("stops when it is told to, in the middle of a call", async () => {
    const abort = new AbortController();
    const { reader, read } = make({ hang: true }, abort.signal);
    const first = read()[Symbol.asyncIterator]().next();
    await sleep(50);
    expect(nativeCallsInFlight()).toBe(1);
    abort.abort();
    await expect(first).rejects.toMatchObject({ code: "DTV_CANCELLED" });
    await reader.close();
  });

  it("gives a batch that is used once, or kept with retain", async () => {
    const { reader, read } = make({ batches: 1 });
    for await (const { batch } of read()) {
      const kept = batch.retain();
      batch.release();
      expect(kept.column("double").values[0]).toBe(0.125);
      kept.release();
      expect(() => batch.column("text")).toThrow(expect.objectContaining({ code: "DTV_BATCH_MOVED" }));
      // What was copied out before is JavaScript's own.
      expect(kept.column("double").values[0]).toBe(0.125);
    }
    await reader.close();
  });

  it("that nobody reads to the end gives back what it holds", async () => {
    const { reader, read } = make({ batches: 100 });
    for await (const { batch } of read()) {
      batch.release();
      break;
    }
    await reader.close();
  });

  it.each([
    ["create_writer", "create_writer is a writer, where a reader is needed"],
    ["create_nothing", "Symbol 'create_nothing' not found"],
  ])("is told apart from %s", (symbol, message) => {
    expect(() => findNativeReader(FIXTURE, symbol)).toThrow(
      expect.objectContaining({ code: "DTV_PLUGIN_CLASS", message: expect.stringContaining(message) }),
    );
  });
});
