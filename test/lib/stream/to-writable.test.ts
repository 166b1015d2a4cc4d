import { PassThrough, Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import type { Batch, Row } from "../../../lib/contract/batch.ts";
import { DativoError } from "../../../lib/contract/errors.ts";
import type { CommitResult } from "../../../lib/contract/results.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { toReadable } from "../../../lib/stream/to-readable.ts";
import { toTransform } from "../../../lib/stream/to-transform.ts";
import { type BatchWritable, toWritable } from "../../../lib/stream/to-writable.ts";
import {
  FunctionTransform,
  GeneratorReader,
  MemoryWriter,
  numbered,
  RecordingCommitter,
  sleep,
  type TestEnvironment,
  testEnvironment,
  watchUnhandled,
} from "../../support/players.ts";

interface Setup {
  readonly environment: TestEnvironment;
  readonly writer: MemoryWriter;
  readonly committer: RecordingCommitter;
  readonly sink: BatchWritable;
}

function setUp(
  at?: (hook: string) => unknown,
  commit?: () => Promise<CommitResult | undefined>,
  environment = testEnvironment(),
): Setup {
  const writer = new MemoryWriter(at);
  const committer = new RecordingCommitter(writer, commit);
  return { environment, writer, committer, sink: toWritable({ environment, committer }) };
}

function source(environment: TestEnvironment, ...sizes: number[]): ReturnType<typeof toReadable> {
  const reader = new GeneratorReader(function* () {
    let at = 0;
    for (const size of sizes) {
      yield { batch: numbered(at, size), position: at + size };
      at += size;
    }
  });
  return toReadable(reader, { environment });
}

/** A promise that a test settles when it wants to. */
function gate(): { wait: Promise<void>; open: () => void } {
  let open = (): void => {};
  const wait = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { wait, open };
}

describe("toWritable", () => {
  it("writes, seals, commits once, and tells the truth", async () => {
    const { environment, writer, committer, sink } = setUp();
    await pipeline(source(environment, 3, 2), sink);
    expect(writer.calls).toEqual(["open", "writeBatch", "writeBatch", "seal", "close"]);
    expect(committer.calls).toEqual(["open", "commit"]);
    expect(writer.rows).toHaveLength(5);
    expect(sink.outcome).toBe("committed");
    expect(committer.sealed?.counts).toEqual({ read: 5, added: 0, filtered: 0, rejected: 0, written: 5 });
    expect(committer.sealed?.positions.get("0")).toBe(5);
    expect(environment.budget.usedBytes).toBe(0);
  });

  it.each(["writer", "transform"])("tells why the reader failed, and not what the %s met after that", async (slow) => {
    const lent = RowBatch.fromRows(numbered(0, 3));
    let released = false;
    lent.release = () => {
      released = true;
    };
    const use = async (stage: string): Promise<void> => {
      if (stage === slow) await failed;
      if (released) throw new Error("the batch was given back");
    };
    const { wait: failed, open: fail } = gate();
    const environment = testEnvironment();
    const reader = new GeneratorReader(async function* () {
      yield lent;
      setTimeout(fail, 20);
      throw new Error("the source broke off");
    });
    reader.close = () => sleep(100);
    const { sink } = setUp((hook) => (hook === "open" ? use("writer") : undefined), undefined, environment);
    const transform = new FunctionTransform(async function* (batch) {
      await use("transform");
      yield batch;
    });
    const stages = [toReadable(reader, { environment }), toTransform(transform, { environment }), sink] as const;
    await expect(pipeline(...stages)).rejects.toThrow("the source broke off");
    expect(released).toBe(true);
    expect(environment.budget.usedBytes).toBe(0);
  });

  it("commits an empty source too: the position may have moved", async () => {
    const { environment, committer, sink } = setUp();
    await pipeline(source(environment, 0), sink);
    expect(sink.outcome).toBe("committed");
    expect(committer.sealed?.positions.get("0")).toBe(0);
  });

  it("keeps memory and source quiet while the writer is slow", async () => {
    const environment = testEnvironment(20_000);
    let made = 0;
    let done = 0;
    const reader = new GeneratorReader(function* () {
      for (; made < 60; made++) yield numbered(made, 20);
    });
    let ahead = 0;
    const { sink } = setUp(
      async (hook) => {
        if (hook !== "writeBatch") return;
        ahead = Math.max(ahead, made - done++);
        await sleep(2);
      },
      undefined,
      environment,
    );
    await pipeline(toReadable(reader, { environment }), sink);
    expect(done).toBe(60);
    expect(ahead).toBeLessThanOrEqual(5);
    expect(environment.budget.usedBytes).toBe(0);
  });

  it.each(["open", "writeBatch", "seal"])("rolls back when %s throws", async (hook) => {
    const check = watchUnhandled();
    const { environment, writer, committer, sink } = setUp((at) => {
      if (at === hook) throw new Error(`${hook} broke`);
    });
    await expect(pipeline(source(environment, 1, 1, 1), sink)).rejects.toThrow(`${hook} broke`);
    expect(sink.outcome).toBe("aborted");
    expect(writer.calls.at(-2)).toBe("abortFiles");
    expect(writer.calls.at(-1)).toBe("close");
    expect(committer.calls).toContain("abort");
    expect(committer.calls).not.toContain("commit");
    expect(environment.budget.usedBytes).toBe(0);
    check();
  });

  it("rolls back when the source fails", async () => {
    const { environment, committer, writer, sink } = setUp();
    const reader = new GeneratorReader(function* () {
      yield numbered(0, 1);
      throw new Error("the source broke");
    });
    await expect(pipeline(toReadable(reader, { environment }), sink)).rejects.toThrow("the source broke");
    expect(sink.outcome).toBe("aborted");
    expect(committer.calls).not.toContain("commit");
    expect(writer.calls.filter((call) => call === "abortFiles")).toHaveLength(1);
  });

  it("is aborted, and says so, when the commit is refused", async () => {
    const { environment, committer, sink } = setUp(undefined, async () => {
      throw new DativoError("DTV_COMMIT_CONFLICT", "somebody else was first");
    });
    await expect(pipeline(source(environment, 1), sink)).rejects.toThrow("somebody else was first");
    expect(sink.outcome).toBe("aborted");
    expect(committer.calls).not.toContain("abort");
  });

  it("says that it does not know, when the commit does not know", async () => {
    const { environment, sink } = setUp(undefined, async () => {
      throw new DativoError("DTV_OUTCOME_UNKNOWN", "no reply");
    });
    await expect(pipeline(source(environment, 1), sink)).rejects.toThrow("no reply");
    expect(sink.outcome).toBe("unknown");
  });

  describe("destroyed", () => {
    it.each([
      ["with an error", new Error("stop")],
      ["without one", undefined],
    ])("while staging, %s: waits for the call in flight, then rolls back", async (_, error) => {
      const check = watchUnhandled();
      const writing = gate();
      const { environment, writer, committer, sink } = setUp((hook) =>
        hook === "writeBatch" ? writing.wait : undefined,
      );
      sink.on("error", () => {});
      const reading = source(environment, 1, 1);
      reading.on("error", () => {});
      reading.pipe(sink);
      await sleep(10);
      expect(writer.calls).toEqual(["open", "writeBatch"]);
      sink.destroy(error);
      await sleep(10);
      expect(writer.calls).not.toContain("abortFiles");
      expect(writer.ctx.signal.aborted).toBe(true);
      writing.open();
      await new Promise((resolve) => sink.on("close", resolve));
      expect(writer.calls).toEqual(["open", "writeBatch", "abortFiles", "close"]);
      expect(committer.calls).toEqual(["open", "abort"]);
      expect(sink.outcome).toBe("aborted");
      reading.destroy();
      check();
    });

    it("before anything was written: nothing was opened, nothing is left", async () => {
      const { committer, writer, sink } = setUp();
      sink.destroy();
      await new Promise((resolve) => sink.on("close", resolve));
      expect(sink.outcome).toBe("aborted");
      expect(writer.calls).toEqual([]);
      expect(committer.calls).toEqual(["abort"]);
    });

    it("while sealing: rolls back, the commit is never asked for", async () => {
      const sealing = gate();
      const { environment, committer, sink } = setUp((hook) => (hook === "seal" ? sealing.wait : undefined));
      const controller = new AbortController();
      const running = pipeline(source(environment, 1), sink, { signal: controller.signal });
      await sleep(20);
      controller.abort();
      setTimeout(sealing.open, 20);
      await expect(running).rejects.toThrow();
      await new Promise((resolve) => (sink.closed ? resolve(undefined) : sink.on("close", resolve)));
      expect(committer.calls).toEqual(["open", "abort"]);
      expect(sink.outcome).toBe("aborted");
    });

    it("while committing: waits for the outcome, undoes nothing, and reports the commit", async () => {
      const check = watchUnhandled();
      const committing = gate();
      const environment = testEnvironment(undefined, 20);
      const { committer, writer, sink } = setUp(
        undefined,
        async () => {
          await committing.wait;
          return { status: "success" };
        },
        environment,
      );
      const controller = new AbortController();
      const running = pipeline(source(environment, 1), sink, { signal: controller.signal });
      await sleep(20);
      expect(committer.calls).toEqual(["open", "commit"]);
      controller.abort();
      await sleep(60);
      expect(sink.outcome).toBe("pending");
      committing.open();
      await running.catch(() => {});
      await new Promise((resolve) => (sink.closed ? resolve(undefined) : sink.on("close", resolve)));
      expect(sink.outcome).toBe("committed");
      expect(committer.calls).toEqual(["open", "commit"]);
      expect(writer.calls).not.toContain("abortFiles");
      check();
    });

    it("after the commit: nothing happens any more", async () => {
      const { environment, committer, sink } = setUp();
      await pipeline(source(environment, 1), sink);
      sink.destroy(new Error("too late"));
      await sleep(5);
      expect(sink.outcome).toBe("committed");
      expect(committer.calls).toEqual(["open", "commit"]);
    });

    it("with a writer that never answers: gives up after the grace period", async () => {
      const environment = testEnvironment(undefined, 40);
      const { sink } = setUp(
        (hook) => (hook === "writeBatch" ? new Promise(() => {}) : undefined),
        undefined,
        environment,
      );
      const controller = new AbortController();
      const running = pipeline(source(environment, 1), sink, { signal: controller.signal });
      await sleep(10);
      const start = performance.now();
      controller.abort();
      await expect(running).rejects.toThrow();
      await new Promise((resolve) => (sink.closed ? resolve(undefined) : sink.on("close", resolve)));
      expect(performance.now() - start).toBeLessThan(1000);
      expect(sink.outcome).toBe("aborted");
    });
  });

  describe("rejects", () => {
    const rejecting = (environment: TestEnvironment, mode: "strict" | "warn"): ReturnType<typeof toTransform> =>
      toTransform(
        new FunctionTransform((batch, self) => {
          const rows = [...batch];
          self.ctx.reject({
            source: "zips.csv",
            row: rows.length,
            faults: [{ column: "id", rule: "type", reason: "is no id" }],
          });
          return RowBatch.fromRows(rows.slice(1));
        }),
        { environment, policy: { mode } },
      );

    it("in strict mode are all kept, and named in the error; nothing is published", async () => {
      const { environment, committer, sink } = setUp();
      const running = pipeline(source(environment, 3, 3, 3), rejecting(environment, "strict"), sink);
      await expect(running).rejects.toMatchObject({
        code: "DTV_CONTRACT_VIOLATED",
        details: { rejected: 3, read: 9, rejects: "kept.rejects" },
      });
      expect(committer.rejects).toHaveLength(3);
      expect(sink.outcome).toBe("aborted");
    });

    it("in strict mode are kept even when there is but one batch and a stage in between", async () => {
      const { environment, committer, sink } = setUp();
      const between = toTransform(new FunctionTransform((batch) => batch), { environment });
      const running = pipeline(source(environment, 1), rejecting(environment, "strict"), between, sink);
      await expect(running).rejects.toMatchObject({ details: { rejects: "kept.rejects" } });
      expect(committer.rejects).toHaveLength(1);
    });

    it("in warn mode go with the good records", async () => {
      const { environment, committer, writer, sink } = setUp();
      await pipeline(source(environment, 3, 3), rejecting(environment, "warn"), sink);
      expect(committer.sealed?.counts).toEqual({ read: 6, added: 0, filtered: 0, rejected: 2, written: 4 });
      expect(writer.rows).toHaveLength(4);
      expect(committer.rejects).toHaveLength(2);
    });

    describe("behind foreign stages", () => {
      const renewing = (): Transform =>
        new Transform({ objectMode: true, transform: (batch: Batch, _, done) => done(null, [...batch]) });
      const kept = { read: 9, added: 0, filtered: 0, rejected: 3, written: 6 };

      it.each([
        ["one that makes new batches", () => [renewing()]],
        ["two", () => [renewing(), new PassThrough({ objectMode: true })]],
        ["one that hands batches on", () => [new PassThrough({ objectMode: true })]],
      ])("in warn mode go with the good records: %s", async (_, foreign) => {
        const { environment, committer, writer, sink } = setUp();
        await pipeline([source(environment, 3, 3, 3), rejecting(environment, "warn"), ...foreign(), sink]);
        expect(committer.sealed?.counts).toEqual(kept);
        expect([writer.rows.length, committer.rejects.length]).toEqual([6, 3]);
      });

      it("in strict mode are kept, and named in the error", async () => {
        const { environment, committer, sink } = setUp();
        const running = pipeline(source(environment, 3, 3, 3), rejecting(environment, "strict"), renewing(), sink);
        await expect(running).rejects.toMatchObject({ details: { rejected: 3, read: 9, rejects: "kept.rejects" } });
        expect(committer.rejects).toHaveLength(3);
      });

      it("of the reader are kept too", async () => {
        const { environment, committer, sink } = setUp();
        const reader = new GeneratorReader(function* (self) {
          self.ctx.reject({ source: "x", row: 1, faults: [] });
          yield numbered(0, 2);
        });
        const running = pipeline(toReadable(reader, { environment }), renewing(), sink);
        await expect(running).rejects.toThrow("1 of 3 records is bad");
        expect(committer.rejects).toHaveLength(1);
      });

      it("do not break the rate that is allowed", async () => {
        const { environment, committer, sink } = setUp();
        const check = toTransform(
          new FunctionTransform((batch, self) => {
            self.ctx.reject({ source: "x", faults: [] });
            return RowBatch.fromRows([...batch].slice(1));
          }),
          { environment, policy: { mode: "warn", maxErrorRate: 0.34 } },
        );
        const slow = new Transform({
          objectMode: true,
          transform: (batch, _, done) => void setTimeout(() => done(null, batch), 2),
        });
        await pipeline(source(environment, 3, 3, 3), check, slow, sink);
        expect(committer.sealed?.counts).toEqual(kept);
        expect(committer.sealed?.balanced).toBe(true);
      });

      it("pass a generator that hands batches on", async () => {
        const { environment, committer, sink } = setUp();
        await pipeline(
          source(environment, 3, 3, 3),
          rejecting(environment, "warn"),
          async function* (batches: AsyncIterable<Batch>) {
            for await (const batch of batches) yield batch;
          },
          sink,
        );
        expect(committer.sealed?.counts).toEqual(kept);
        expect(committer.rejects).toHaveLength(3);
      });

      it("are not lost to a generator that makes new batches: nothing is published", async () => {
        const { environment, committer, sink } = setUp();
        const running = pipeline(
          source(environment, 3, 3, 3),
          rejecting(environment, "warn"),
          async function* (batches: AsyncIterable<Batch>) {
            for await (const batch of batches) yield [...batch];
          },
          sink,
        );
        await expect(running).rejects.toMatchObject({
          code: "DTV_STAGE_MISUSE",
          message: "3 rejected records cannot be handed on",
        });
        expect(committer.calls).not.toContain("commit");
      });

      it("can be listened to by whoever loops over the good records", async () => {
        const environment = testEnvironment();
        const check = source(environment, 3, 3).pipe(rejecting(environment, "warn"));
        const rejects: unknown[] = [];
        check.on("rejects", (some: unknown[]) => rejects.push(...some));
        let rows = 0;
        for await (const batch of check) rows += (batch as Batch).length;
        expect([rows, rejects.length]).toEqual([4, 2]);
      });
    });

    it("without a stage that says what they mean, nothing is published", async () => {
      const { environment, committer, sink } = setUp();
      const reader = new GeneratorReader(function* (self) {
        self.ctx.reject({ source: "x", row: 1, faults: [{ column: null, rule: "fields", reason: "is ragged" }] });
        yield numbered(0, 1);
      });
      await expect(pipeline(toReadable(reader, { environment }), sink)).rejects.toThrow("1 of 2 records is bad");
      expect(committer.calls).not.toContain("commit");
    });
  });

  it("takes plain rows from a foreign stage, and admits that it cannot balance the counts", async () => {
    const { environment, committer, writer, sink } = setUp();
    await pipeline(
      source(environment, 2),
      async function* (batches: AsyncIterable<Batch>) {
        for await (const batch of batches) yield [...batch].map((row: Row) => ({ id: row["id"] }));
      },
      sink,
    );
    expect(writer.rows).toEqual([{ id: 0 }, { id: 1 }]);
    expect(committer.sealed?.balanced).toBe(false);
  });

  describe("with less memory than the source has", () => {
    const SIZES = Array.from({ length: 50 }, () => 10);
    const foreign = (): Transform =>
      new Transform({
        objectMode: true,
        transform: (batch: Batch, _, done) => done(null, RowBatch.fromRows([...batch])),
      });
    const passing = (environment: TestEnvironment): ReturnType<typeof toTransform> =>
      toTransform(new FunctionTransform((batch) => batch), { environment });

    it("gets all of it through a foreign stage that makes new batches", async () => {
      const { environment, writer, sink } = setUp(undefined, undefined, testEnvironment(2000));
      await pipeline(source(environment, ...SIZES), foreign(), sink);
      expect([writer.rows.length, environment.budget.usedBytes]).toEqual([500, 0]);
    });

    it("gets all of it through a foreign stage between stages of ours", async () => {
      const { environment, writer, sink } = setUp(undefined, undefined, testEnvironment(2000));
      await pipeline(source(environment, ...SIZES), passing(environment), foreign(), passing(environment), sink);
      expect([writer.rows.length, environment.budget.usedBytes]).toEqual([500, 0]);
    });

    it("is not needed: a stock Writable behind a stage of ours gets all of it", async () => {
      const environment = testEnvironment(2000);
      let rows = 0;
      const sink = new Writable({
        objectMode: true,
        write: (batch: Batch, _, done) => {
          rows += batch.length;
          done();
        },
      });
      await pipeline(source(environment, ...SIZES), passing(environment), sink);
      expect([rows, environment.budget.usedBytes]).toEqual([500, 0]);
    });

    it("bounds what is in flight in whatever order the streams were joined", async () => {
      const { environment, sink } = setUp((hook) => (hook === "writeBatch" ? new Promise(() => {}) : undefined));
      const between = passing(environment);
      between.on("error", () => {}).pipe(sink);
      const reading = source(environment, ...SIZES);
      reading.on("error", () => {}).pipe(between);
      await sleep(20);
      const inFlight = environment.budget.usedBytes;
      expect(inFlight).toBeGreaterThan(3 * RowBatch.fromRows(numbered(0, 10)).sizeBytes);
      for (const stream of [reading, between, sink]) stream.destroy();
    });
  });

  it("refuses what is neither batch nor rows", async () => {
    const { sink } = setUp();
    const bytes = new PassThrough();
    bytes.end("text");
    await expect(pipeline(bytes, sink)).rejects.toThrow("batches or arrays of rows");
  });

  it.each([[[{ a: 1 }, null]], [["ab"]], [[[1, 2]]]])("refuses %j from a foreign stage", async (rows) => {
    const { sink } = setUp();
    const running = pipeline(async function* () {
      yield rows;
    }, sink);
    await expect(running).rejects.toMatchObject({ code: "DTV_STAGE_MISUSE" });
  });

  it("takes a copy of plain rows: the writer may hold them while a foreign stage uses them again", async () => {
    const { writer, sink } = setUp();
    const row = { n: 0, bytes: Uint8Array.of(0) };
    await pipeline(async function* () {
      for (let i = 0; i < 3; i++) {
        row.n = row.bytes[0] = i;
        yield [row];
        await sleep(1);
      }
    }, sink);
    expect(writer.rows).toEqual([0, 1, 2].map((n) => ({ n, bytes: Uint8Array.of(n) })));
  });

  it("says which writer has no writeBatch(), or returned something else than files", async () => {
    const environment = testEnvironment();
    class Other extends (MemoryWriter as unknown as new () => MemoryWriter) {}
    const running = (change: object): Promise<void> => {
      const committer = new RecordingCommitter(Object.assign(new Other(), change));
      return pipeline(source(environment, 1), toWritable({ environment, committer }));
    };
    await expect(running({ writeBatch: undefined })).rejects.toMatchObject({
      code: "DTV_PLUGIN_CLASS",
      message: "Other has no writeBatch()",
    });
    await expect(running({ writeBatch: () => 7 })).rejects.toMatchObject({
      code: "DTV_PLUGIN_RESULT",
      culprit: "Other",
    });
  });

  it("finds a writer out that reports other counts than it was given", async () => {
    const environment = testEnvironment();
    const writer = new (class extends MemoryWriter {
      override async writeBatch(records: Row[]) {
        return [{ path: "x", recordCount: records.length - 1 }];
      }
    })();
    const committer = new RecordingCommitter(writer);
    const sink = toWritable({ environment, committer });
    await expect(pipeline(source(environment, 3), sink)).rejects.toMatchObject({ code: "DTV_COUNTS_UNBALANCED" });
    expect(committer.calls).not.toContain("commit");
  });

  it("leaves the writer open when a job takes the sealed run over", async () => {
    const { environment, writer, sink } = setUp(undefined, async () => undefined);
    await pipeline(source(environment, 1), sink);
    expect(sink.outcome).toBe("pending");
    expect(writer.calls).not.toContain("close");
  });
});
