import { finished } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import type { Batch, Row } from "../../../lib/contract/batch.ts";
import { BaseReader } from "../../../lib/contract/reader.ts";
import type { Split } from "../../../lib/contract/results.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import type { IncrementalStateManager } from "../../../lib/contract/state.ts";
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

  it("numbers records from 1, for rejects to name them, and calls their source by the reader's name", async () => {
    const placeOf = async (owner?: string): Promise<unknown> => {
      const reader = new GeneratorReader(function* () {
        yield numbered(0, 2001);
      });
      const batches = await collect(toReadable(reader, { environment: testEnvironment(), owner }));
      return (batches[1] as RowBatch).provenance?.at(0);
    };
    expect(await placeOf()).toEqual({ source: "GeneratorReader", row: 2001 });
    expect(await placeOf("./cars.ts:Cars")).toEqual({ source: "./cars.ts:Cars", row: 2001 });
  });

  it("calls the source of records by the split where a reader divides it", async () => {
    class Splits extends BaseReader {
      override plan() {
        return [{ id: "north" }];
      }
      extract() {
        return [[{ a: 1 }]];
      }
    }
    const [batch] = await collect(toReadable(new Splits(), { environment: testEnvironment() }));
    expect((batch as RowBatch).provenance?.at(0)).toEqual({ source: "north", row: 1 });
  });

  it("makes smaller batches of wide records, so that none outweighs the budget", async () => {
    const wide = "x".repeat(12_500);
    const reader = new GeneratorReader(function* () {
      yield { batch: numbered(0, 1000).map((row) => ({ ...row, wide })), position: 1000 };
    });
    let most = 0;
    const rows: unknown[] = [];
    const positions: unknown[] = [];
    for await (const batch of toReadable(reader, { environment: testEnvironment() })) {
      most = Math.max(most, batch.sizeBytes);
      rows.push(...[...batch].map(({ id }, i) => [id, (batch as RowBatch).provenance?.at(i).row]));
      positions.push(takeEnvelope(batch)?.positions.get("0"));
    }
    expect(rows).toEqual(numbered(0, 1000).map(({ id }) => [id, (id as number) + 1]));
    expect(most).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(positions).toEqual([...positions.slice(1).fill(undefined), 1000]);
  });

  it("takes a copy of what it is given, so that a reader may use it again", async () => {
    const row = { n: 0, object: { n: 0 }, list: [{ n: 0 }], bytes: Uint8Array.of(0) };
    const position = { at: 0 };
    const reader = new GeneratorReader(async function* () {
      for (let i = 0; i < 3; i++) {
        row.n = row.object.n = position.at = row.bytes[0] = i;
        row.list[0] = { n: i };
        yield { batch: [row], position };
      }
    });
    const batches = await collect(toReadable(reader, { environment: testEnvironment() }));
    expect(batches.flatMap((batch) => [...batch])).toEqual(
      [0, 1, 2].map((n) => ({ n, object: { n }, list: [{ n }], bytes: Uint8Array.of(n) })),
    );
    expect(batches.map((batch) => takeEnvelope(batch)?.positions.get("0"))).toEqual([{ at: 0 }, { at: 1 }, { at: 2 }]);
  });

  it("leaves values of other classes whole", async () => {
    const at = new Date(0);
    const reader = new GeneratorReader(function* () {
      yield [{ at }];
    });
    const [batch] = await collect(toReadable(reader, { environment: testEnvironment() }));
    expect([...(batch as Batch)][0]?.["at"]).toBe(at);
  });

  it.each(["constructor", "toString", "__proto__"])(
    "has no position for a split named %s until there is one",
    async (id) => {
      const seen: unknown[] = [];
      class Splits extends BaseReader {
        override plan() {
          return [{ id }];
        }
        *extract(state?: IncrementalStateManager) {
          seen.push(state?.position);
          yield { batch: [{ a: 1 }], position: 7 };
        }
      }
      const read = (positions: object): Promise<Batch[]> =>
        collect(
          toReadable(new Splits(), {
            environment: testEnvironment(),
            state: { positions: positions as Record<string, unknown>, values: {} },
          }),
        );
      const [batch] = await read({});
      await read(Object.fromEntries(takeEnvelope(batch as Batch)?.positions ?? []));
      expect(seen).toEqual([undefined, 7]);
    },
  );

  it("sends rejects ahead of a reader that yields nothing for long", async () => {
    const reject = { source: "x", faults: [{ column: null, rule: "fields", reason: "bad" }] };
    let most = 0;
    const reader = new GeneratorReader(async function* (self) {
      for (let i = 0; i < 50_000; i++) {
        self.ctx.reject(reject);
        if (i % 1000 === 0) await sleep(0);
      }
      yield numbered(0, 1);
    });
    let total = 0;
    for await (const batch of toReadable(reader, { environment: testEnvironment() })) {
      const rejects = takeEnvelope(batch)?.rejects.length ?? 0;
      most = Math.max(most, rejects);
      total += rejects;
    }
    expect(total).toBe(50_000);
    expect(most).toBeLessThan(20_000);
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

  describe("names the reader that gave", () => {
    const owner = "./cars.ts:Cars";
    const failure = async (source: (self: GeneratorReader) => Iterable<unknown>): Promise<unknown> => {
      const reader = new GeneratorReader(source as never);
      return collect(toReadable(reader, { environment: testEnvironment(), owner })).catch((error: unknown) => error);
    };
    const yielding = (yielded: unknown): Promise<unknown> => failure(() => [yielded]);

    it.each([
      ["1", 1],
      ['"ab"', "ab"],
      ["null", null],
      ["undefined", undefined],
      ["an array", [{ a: 1 }]],
      ["a batch", RowBatch.fromRows([{ a: 1 }])],
      ["bytes", Buffer.from("ab")],
      ["a promise", Promise.resolve({ a: 1 })],
    ])("%s as a record", async (what, record) => {
      expect(await yielding([{ a: 1 }, record])).toMatchObject({
        code: "DTV_PLUGIN_RESULT",
        culprit: owner,
        message: `${owner}: record 2: extract() yielded ${what} as a record; a record is an object`,
      });
    });

    it.each([
      ["a bigint", { n: 5n }, "is no JSON: it holds a bigint"],
      ["a function", () => 1, "is no JSON: it holds a function"],
      ["NaN", [Number.NaN], "is no JSON: it holds NaN"],
      ["too much", "x".repeat(65_535), "has 65537 bytes of JSON"],
    ])("a position with %s", async (_, position, why) => {
      expect(await yielding({ batch: [{ a: 1 }], position })).toMatchObject({
        code: "DTV_PLUGIN_RESULT",
        culprit: owner,
        message: expect.stringContaining(`extract() yielded a position that ${why}`),
      });
    });

    it("a record that throws when it is read", async () => {
      const record = {
        get a(): never {
          throw new Error("not now");
        },
      };
      expect(await yielding([record])).toMatchObject({
        code: "DTV_PLUGIN_FAILED",
        culprit: owner,
        message: `extract() of ${owner} failed: not now`,
      });
    });

    it("a reject that is none", async () => {
      const failed = await failure(function* (self) {
        self.ctx.reject(undefined as never);
        yield [];
      });
      expect(failed).toMatchObject({ code: "DTV_PLUGIN_RESULT", culprit: owner });
    });

    it.each([
      ["nothing", undefined],
      ["text", "abc"],
      ["a number", 7],
    ])("%s to iterate", async (_, given) => {
      expect(await failure(() => given as never)).toMatchObject({ code: "DTV_PLUGIN_RESULT", culprit: owner });
    });

    it.each([
      ["nothing", undefined],
      ["null among the splits", [null]],
      ["a split without an id", [{}]],
      ["two splits of one id", [{ id: "a" }, { id: "a" }]],
    ])("%s as its plan", async (_, plan) => {
      class Planning extends BaseReader {
        override plan() {
          return plan as Split[];
        }
        extract() {
          return [[{ a: 1 }]];
        }
      }
      const reading = collect(toReadable(new Planning(), { environment: testEnvironment(), owner }));
      await expect(reading).rejects.toMatchObject({ code: "DTV_PLUGIN_RESULT", culprit: owner });
    });

    it("no extract()", () => {
      class Empty extends (BaseReader as unknown as new () => object) {}
      expect(() => toReadable(new Empty() as BaseReader, { environment: testEnvironment() })).toThrow(
        "Empty has no extract()",
      );
    });
  });

  it("passes ready-made batches on untouched", async () => {
    const batch = RowBatch.fromRows([{ a: 1 }]);
    const reader = new GeneratorReader(function* () {
      yield batch;
    });
    expect(await collect(toReadable(reader, { environment: testEnvironment() }))).toEqual([batch]);
  });
});
