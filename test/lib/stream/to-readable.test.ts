import { finished } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import type { Batch, Row } from "../../../lib/contract/batch.ts";
import { BaseReader } from "../../../lib/contract/reader.ts";
import type { Split } from "../../../lib/contract/results.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { adoptUpstream } from "../../../lib/stream/adoption.ts";
import { takeEnvelope } from "../../../lib/stream/envelope.ts";
import { toReadable } from "../../../lib/stream/to-readable.ts";
import { GeneratorReader, numbered, sleep, testEnvironment, watchUnhandled } from "../../support/players.ts";

async function collect(stream: AsyncIterable<Batch>): Promise<Batch[]> {
  const batches = [];
  for await (const batch of stream) batches.push(batch);
  return batches;
}

describe("toReadable", () => {
  it("yields the rows of a synchronous reader as batches of bearable size", async () => {
    const reader = new GeneratorReader(function* () {
      yield numbered(0, 4500);
      yield [];
      yield numbered(4500, 1);
    });
    const batches = await collect(toReadable(reader, { environment: testEnvironment() }));
    expect(batches.map((batch) => batch.length)).toEqual([2000, 2000, 500, 1]);
    expect([...(batches[3] as Batch)]).toEqual([{ id: 4500, name: "row 4500" }]);
    expect(reader.closed).toBe(1);
  });

  it("numbers records from 1, for rejects to name them", async () => {
    const reader = new GeneratorReader(function* () {
      yield numbered(0, 2001);
    });
    const batches = await collect(toReadable(reader, { environment: testEnvironment() }));
    expect((batches[1] as RowBatch).provenance?.at(0)).toEqual({ source: "0", row: 2001 });
  });

  it("keeps one schema object until a new name appears", async () => {
    const reader = new GeneratorReader(function* () {
      yield [{ a: 1 }];
      yield [{ a: 2 }];
      yield [{ a: 3, b: 4 }];
      yield [{ a: 5 }];
    });
    const schemas = (await collect(toReadable(reader, { environment: testEnvironment() }))).map(
      (batch) => batch.schema,
    );
    expect(schemas[1]).toBe(schemas[0]);
    expect(schemas[2]?.names).toEqual(["a", "b"]);
    expect(schemas[3]).toBe(schemas[2]);
  });

  it("attaches a position to the last batch made of a yield, and to an empty one when there is none", async () => {
    const reader = new GeneratorReader(function* () {
      yield { batch: numbered(0, 3000), position: { at: 3000 } };
      yield { batch: [], position: { at: 3001 } };
    });
    const batches = await collect(toReadable(reader, { environment: testEnvironment() }));
    const positions = batches.map((batch) => Object.fromEntries(takeEnvelope(batch)?.positions ?? []));
    expect(positions).toEqual([{}, { "0": { at: 3000 } }, { "0": { at: 3001 } }]);
  });

  it("hands over rejects with the next batch, or with an empty one at the end, and counts them as read", async () => {
    const reject = { source: "x", row: 1, faults: [{ column: null, rule: "fields", reason: "bad" }] };
    const reader = new GeneratorReader(function* (self) {
      self.ctx.reject(reject);
      yield numbered(0, 2);
      self.ctx.reject(reject);
    });
    const envelopes = (await collect(toReadable(reader, { environment: testEnvironment() }))).map(takeEnvelope);
    expect(envelopes.map((envelope) => [envelope?.read, envelope?.rejects.length])).toEqual([
      [3, 1],
      [1, 1],
    ]);
  });

  it("reads one batch ahead at most", async () => {
    let made = 0;
    const reader = new GeneratorReader(function* () {
      for (; made < 100; made++) yield numbered(made, 1);
    });
    const stream = toReadable(reader, { environment: testEnvironment() });
    await stream[Symbol.asyncIterator]().next();
    await sleep(20);
    expect(made).toBeLessThanOrEqual(3);
    stream.destroy();
    await finished(stream).catch(() => {});
  });

  it("waits for memory before it emits, and reads nothing meanwhile", async () => {
    const environment = testEnvironment(1000);
    let made = 0;
    const reader = new GeneratorReader(function* () {
      for (; made < 100; made++) yield numbered(made, 10);
    });
    const stream = toReadable(reader, { environment });
    // As a writer at the end of the pipeline would.
    adoptUpstream(stream);
    const iterator = stream[Symbol.asyncIterator]();
    const first = (await iterator.next()).value as Batch;
    await sleep(20);
    const before = made;
    await sleep(30);
    expect(made).toBe(before);
    expect(before).toBeLessThan(4);
    takeEnvelope(first)?.lease?.release();
    await sleep(10);
    expect(made).toBeGreaterThanOrEqual(before);
    await iterator.return?.();
  });

  it("needs nobody to give memory back when its batches are taken by a loop", async () => {
    const environment = testEnvironment(1000);
    const reader = new GeneratorReader(function* () {
      for (let at = 0; at < 100; at++) yield numbered(at, 10);
    });
    expect(await collect(toReadable(reader, { environment }))).toHaveLength(100);
    expect(environment.budget.usedBytes).toBe(0);
  });

  it("stops the generator, closes the reader and gives the memory back when a consumer breaks off", async () => {
    const check = watchUnhandled();
    const environment = testEnvironment();
    let finalized = false;
    const reader = new GeneratorReader(async function* () {
      try {
        for (let i = 0; ; i++) yield numbered(i, 10);
      } finally {
        finalized = true;
      }
    });
    for await (const batch of toReadable(reader, { environment })) {
      expect(batch.length).toBe(10);
      break;
    }
    await sleep(10);
    expect(finalized).toBe(true);
    expect(reader.closed).toBe(1);
    expect(environment.budget.usedBytes).toBe(0);
    check();
  });

  it("fails with the reader's own error, after the batches before it", async () => {
    const reader = new GeneratorReader(function* () {
      yield numbered(0, 1);
      throw new Error("the source broke");
    });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const batch of toReadable(reader, { environment: testEnvironment() })) seen.push(batch.length);
    })();
    await expect(reading).rejects.toThrow("the source broke");
    expect(seen).toEqual([1]);
    expect(reader.closed).toBe(1);
  });

  it("takes a generator that returns because it was told to stop for stopped, not for ended", async () => {
    let stopped = false;
    const reader = new GeneratorReader(async function* (self) {
      yield numbered(0, 1);
      while (!self.ctx.signal.aborted) await sleep(1);
      stopped = true;
    });
    const stream = toReadable(reader, { environment: testEnvironment() });
    const ended = new Promise<boolean>((resolve) => {
      stream.on("end", () => resolve(true)).on("close", () => resolve(false));
    });
    stream.once("data", () => setTimeout(() => stream.destroy(new Error("enough")), 5));
    stream.on("error", () => {});
    expect(await ended).toBe(false);
    await sleep(10);
    expect(stopped).toBe(true);
  });

  it("does not begin the next split when it was stopped", async () => {
    const begun: string[] = [];
    class Splits extends BaseReader {
      override plan() {
        return [{ id: "a" }, { id: "b" }];
      }
      async *extract(_state: unknown, split?: Split) {
        begun.push(split?.id ?? "");
        while (!this.ctx.signal.aborted) await sleep(1);
        yield* [] as Row[][];
      }
    }
    const stream = toReadable(new Splits(), { environment: testEnvironment() });
    stream.read();
    await sleep(10);
    stream.destroy();
    await new Promise((resolve) => stream.on("close", resolve));
    expect(begun).toEqual(["a"]);
  });

  it("abandons a reader that never answers, after the grace period, and says so", async () => {
    const environment = testEnvironment(undefined, 50);
    const reader = new GeneratorReader(async function* () {
      await new Promise(() => {});
      yield [];
    });
    const stream = toReadable(reader, { environment });
    stream.read();
    await sleep(5);
    const start = performance.now();
    stream.destroy();
    await new Promise((resolve) => stream.on("close", resolve));
    expect(performance.now() - start).toBeLessThan(1000);
    expect(environment.warnings).toEqual(["The reader did not stop within 50 ms and was abandoned"]);
  });

  it.each([
    ["a number", 7],
    ["an object that is no batch", { batch: 7, position: 1 }],
    ["nothing", undefined],
  ])("refuses %s from a reader with one clear error", async (_, yielded) => {
    const reader = new GeneratorReader(function* () {
      yield yielded as never;
    });
    await expect(collect(toReadable(reader, { environment: testEnvironment() }))).rejects.toThrow(
      "extract() must yield",
    );
  });

  it("passes ready-made batches on untouched", async () => {
    const batch = RowBatch.fromRows([{ a: 1 }]);
    const reader = new GeneratorReader(function* () {
      yield batch;
    });
    expect(await collect(toReadable(reader, { environment: testEnvironment() }))).toEqual([batch]);
  });
});
