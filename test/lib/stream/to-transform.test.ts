import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import type { Batch } from "../../../lib/contract/batch.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { BaseTransform } from "../../../lib/contract/transform.ts";
import { type Envelope, takeEnvelope } from "../../../lib/stream/envelope.ts";
import { toReadable } from "../../../lib/stream/to-readable.ts";
import { type TransformOptions, toTransform } from "../../../lib/stream/to-transform.ts";
import {
  FunctionTransform,
  GeneratorReader,
  numbered,
  sleep,
  testEnvironment,
  watchUnhandled,
} from "../../support/players.ts";

interface Seen {
  readonly batches: Batch[];
  readonly envelopes: (Envelope | undefined)[];
}

/** Runs batches of the given sizes through a transform into a sink that looks at everything. */
async function through(
  sizes: number[],
  transform: BaseTransform,
  options: Partial<TransformOptions> = {},
  onBatch: (batch: Batch) => unknown = () => {},
): Promise<Seen> {
  const environment = options.environment ?? testEnvironment();
  const seen: Seen = { batches: [], envelopes: [] };
  const reader = new GeneratorReader(function* () {
    let at = 0;
    for (const size of sizes) {
      yield { batch: numbered(at, size), position: at + size };
      at += size;
    }
  });
  const sink = new Writable({
    objectMode: true,
    highWaterMark: 1,
    write: (batch: Batch, _, done) => {
      const envelope = takeEnvelope(batch);
      seen.batches.push(batch);
      seen.envelopes.push(envelope);
      Promise.resolve(onBatch(batch)).then(() => {
        envelope?.lease?.release();
        done();
      }, done);
    },
  });
  await pipeline(toReadable(reader, { environment }), toTransform(transform, { ...options, environment }), sink);
  return seen;
}

const sum = (seen: Seen, key: "read" | "added" | "filtered"): number =>
  seen.envelopes.reduce((total, envelope) => total + (envelope?.[key] ?? 0), 0);
const positions = (seen: Seen): unknown[] => seen.envelopes.map((envelope) => envelope?.positions.get("0"));

describe("toTransform", () => {
  it("moves the envelope from input to output", async () => {
    const seen = await through([2, 3], new FunctionTransform((batch) => RowBatch.fromRows([...batch])));
    expect(seen.batches.map((batch) => batch.length)).toEqual([2, 3]);
    expect(positions(seen)).toEqual([2, 5]);
    expect(sum(seen, "read")).toBe(5);
  });

  it("attaches it to the last of several outputs, so that a position never comes before its records", async () => {
    const seen = await through(
      [3],
      new FunctionTransform((batch) => [...batch].map((row) => RowBatch.fromRows([row]))),
    );
    expect(seen.batches).toHaveLength(3);
    expect(positions(seen)).toEqual([undefined, undefined, 3]);
  });

  it("sends it on an empty batch when nothing was made, and counts what was left out", async () => {
    const seen = await through([3], new FunctionTransform(() => undefined));
    expect(seen.batches.map((batch) => batch.length)).toEqual([0]);
    expect(positions(seen)).toEqual([3]);
    expect(sum(seen, "filtered")).toBe(3);
  });

  it("counts records made beyond the input", async () => {
    const seen = await through(
      [2],
      new FunctionTransform((batch) => RowBatch.fromRows([...batch, ...batch, ...batch])),
    );
    expect(sum(seen, "added")).toBe(4);
  });

  it("counts rejects and filtered records once", async () => {
    const reject = { source: "x", row: 1, faults: [{ column: "id", rule: "type", reason: "bad" }] };
    const seen = await through(
      [5],
      new FunctionTransform((batch, self) => {
        self.ctx.reject(reject);
        self.ctx.filtered(1);
        return RowBatch.fromRows([...batch].slice(0, 3));
      }),
    );
    expect(seen.envelopes[0]?.rejects).toEqual([reject]);
    expect([sum(seen, "filtered"), sum(seen, "added")]).toEqual([1, 0]);
  });

  it("keeps two of a thousand outputs alive", async () => {
    let made = 0;
    let taken = 0;
    let most = 0;
    const fanOut = new FunctionTransform(async function* (batch) {
      const [row] = [...batch];
      for (let i = 0; i < 1000; i++) {
        made++;
        most = Math.max(most, made - taken);
        yield RowBatch.fromRows([{ ...row, i }]);
      }
    });
    const seen = await through([1], fanOut, {}, async () => {
      await sleep(0);
      taken++;
    });
    expect(seen.batches).toHaveLength(1000);
    // One is held back to carry the envelope, one lies in the stream's buffer, one is with the sink.
    expect(most).toBeLessThanOrEqual(4);
    expect(sum(seen, "added")).toBe(999);
  });

  it("withholds positions of a transform that holds records back until it flushes", async () => {
    class Buffering extends BaseTransform {
      readonly #held: Batch[] = [];
      apply(batch: Batch): void {
        this.#held.push(batch);
      }
      override flush(): Batch[] {
        return this.#held.map((batch) => RowBatch.fromRows([...batch]));
      }
    }
    const environment = testEnvironment(2000);
    const seen = await through([10, 10, 10], new Buffering(), { environment });
    expect(seen.batches.map((batch) => batch.length)).toEqual([0, 0, 0, 10, 10, 10]);
    expect(positions(seen)).toEqual([undefined, undefined, undefined, undefined, undefined, 30]);
    expect([sum(seen, "read"), sum(seen, "added"), sum(seen, "filtered")]).toEqual([30, 0, 0]);
    expect(environment.budget.usedBytes).toBe(0);
  });

  it("opens a transform before the first batch and again when the schema changes", async () => {
    const opened: string[][] = [];
    class Watching extends BaseTransform {
      override open(schema: Parameters<BaseTransform["open"]>[0]): typeof schema {
        opened.push(schema.names);
        return schema;
      }
      apply(batch: Batch): Batch {
        return batch;
      }
    }
    const reader = new GeneratorReader(function* () {
      yield [{ a: 1 }];
      yield [{ a: 2 }];
      yield [{ a: 3, b: 1 }];
    });
    const environment = testEnvironment();
    const sink = new Writable({ objectMode: true, write: (_, __, done) => done() });
    await pipeline(toReadable(reader, { environment }), toTransform(new Watching(), { environment }), sink);
    expect(opened).toEqual([["a"], ["a", "b"]]);
  });

  it.each([
    ["open", "opening broke"],
    ["apply", "applying broke"],
    ["flush", "flushing broke"],
    ["a generator", "iterating broke"],
  ])("fails cleanly when %s throws", async (hook, message) => {
    const check = watchUnhandled();
    class Breaking extends BaseTransform {
      closed = 0;
      override open(schema: Parameters<BaseTransform["open"]>[0]): typeof schema {
        if (hook === "open") throw new Error(message);
        return schema;
      }
      apply(batch: Batch): Batch | Generator<Batch> {
        if (hook === "apply") throw new Error(message);
        if (hook !== "a generator") return batch;
        return (function* () {
          yield batch;
          throw new Error(message);
        })();
      }
      override flush(): Batch[] {
        if (hook === "flush") throw new Error(message);
        return [];
      }
      override close(): void {
        this.closed++;
      }
    }
    const environment = testEnvironment();
    const transform = new Breaking();
    await expect(through([1, 1, 1], transform, { environment })).rejects.toThrow(message);
    await sleep(5);
    expect(transform.closed).toBe(1);
    expect(environment.budget.usedBytes).toBe(0);
    expect(environment.warnings).toEqual([]);
    check();
  });

  it.each([7, "text", [7], [null]])("names the transform that gives %j", async (given) => {
    await expect(through([1], new FunctionTransform(() => given as never))).rejects.toMatchObject({
      code: "DTV_PLUGIN_RESULT",
      culprit: "FunctionTransform",
    });
  });

  it("takes plain rows from a foreign stage", async () => {
    const rows: unknown[] = [];
    await pipeline(
      async function* () {
        yield [{ a: 1 }, { a: 2 }];
      },
      toTransform(new FunctionTransform((batch) => batch), { environment: testEnvironment() }),
      async (batches: AsyncIterable<Batch>) => {
        for await (const batch of batches) rows.push(...batch);
      },
    );
    expect(rows).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it("gives memory back when it fails after the reader has ended", async () => {
    const environment = testEnvironment();
    const failing = new FunctionTransform(async () => {
      await sleep(20);
      throw new Error("too late");
    });
    await expect(through([5], failing, { environment })).rejects.toThrow("too late");
    await sleep(5);
    expect(environment.budget.usedBytes).toBe(0);
  });

  it("judges for itself when no writer of ours follows", async () => {
    const reject = {
      source: "zips.csv",
      line: 4,
      offset: 9,
      row: 3,
      faults: [{ column: "zip", rule: "type", reason: "bad" }],
    };
    const strict = new FunctionTransform((batch, self) => {
      self.ctx.reject(reject);
      return RowBatch.fromRows([...batch].slice(1));
    });
    await expect(through([3], strict, { policy: { mode: "strict" } })).rejects.toMatchObject({
      code: "DTV_CONTRACT_VIOLATED",
      message: "1 of 3 records is bad; nothing was published\n  zips.csv, line 4 (byte 9): zip: bad",
    });
    await expect(through([3], strict, { policy: { mode: "warn" } })).resolves.toBeDefined();
    await expect(through([3], strict, { policy: { mode: "warn", maxErrors: 0 } })).rejects.toThrow("max_errors: 0");
    await expect(through([3], strict, { policy: { mode: "warn", maxErrorRate: 0.1 } })).rejects.toThrow(
      "max_error_rate: 0.1",
    );
  });

  it("refuses to lose a reject when a foreign stage has lost the envelope", async () => {
    const environment = testEnvironment();
    const reader = new GeneratorReader(function* () {
      yield numbered(0, 1);
    });
    const rejecting = new FunctionTransform((_, self) => {
      self.ctx.reject({ source: "x", faults: [] });
    });
    const running = pipeline(
      toReadable(reader, { environment }),
      async function* (source: AsyncIterable<Batch>) {
        for await (const batch of source) yield RowBatch.fromRows([...batch]);
      },
      toTransform(rejecting, { environment }),
      new Writable({ objectMode: true, write: (_, __, done) => done() }),
    );
    await expect(running).rejects.toMatchObject({ code: "DTV_STAGE_MISUSE" });
  });
});
