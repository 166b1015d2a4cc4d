import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { AssetDefinition } from "../contract/asset.ts";
import type { Batch, Row } from "../contract/batch.ts";
import { BaseReader } from "../contract/reader.ts";
import { RowBatch } from "../contract/row-batch.ts";
import type { Schema } from "../contract/schema.ts";
import type { BaseTransform } from "../contract/transform.ts";
import { takeEnvelope } from "../stream/envelope.ts";
import { runPipeline } from "../stream/run-pipeline.ts";
import { toReadable } from "../stream/to-readable.ts";
import { toTransform } from "../stream/to-transform.ts";
import { type Behaviour, demand, demandSame } from "./behaviour.ts";
import { demandNoLeak } from "./open-resources.ts";
import { HOSTILE_ASSET, sampleRecords } from "./sample-records.ts";
import { createTestEnvironment, type TestEnvironment } from "./test-environment.ts";
import { untilClosed } from "./until-closed.ts";
import { watchClose } from "./watch-player.ts";

export interface TransformSuite {
  /** A fresh transform, every time. */
  create(): BaseTransform;
  /** Records that it is made for, three at least; by default those of the contract. */
  readonly rows?: readonly Row[];
  /** The contract that the records keep; by default they have no types. */
  readonly asset?: AssetDefinition;
  /** True when what it makes must not depend on how the records are cut into batches. */
  readonly independentOfBatches?: boolean;
}

/** What every transform does: its counts balance, it gives its memory back, and it stops when it is told to. */
export function transformBehaviours(given: TransformSuite): Behaviour[] {
  const suite = { ...given, rows: given.rows ?? sampleRecords(given.asset ?? HOSTILE_ASSET) };
  const behaviours: Behaviour[] = [
    {
      name: "accounts for every record: read + added = made + rejected + filtered",
      run: async () => {
        const { counts, rows } = await transform(suite, 2);
        demandSame(counts.read + counts.added, rows.length + counts.rejected + counts.filtered, JSON.stringify(counts));
      },
    },
    {
      name: "passes the position of its input on, after the records made of it",
      run: async () => {
        const { positions } = await transform(suite, 1);
        demandSame(positions.at(-1), suite.rows.length, "the last position");
      },
    },
    {
      name: "holds no memory when it has ended",
      run: async () => demandSame((await transform(suite, 2)).leftBytes, 0, "memory in flight"),
    },
    {
      name: "takes an input without records",
      run: async () => demandSame((await transform({ ...suite, rows: [] }, 1)).counts.read, 0, "records read"),
    },
    {
      name: "makes the same of the same records again, in the same order",
      run: async () => demandSame((await transform(suite, 2)).rows, (await transform(suite, 2)).rows, "records"),
    },
    {
      name: "leaves the records as they are that it is given",
      run: async () => {
        const before = structuredClone(suite.rows);
        await transform(suite, 2);
        demandSame(suite.rows, before, "records that were given");
      },
    },
    {
      name: "is closed once and without a fault, when all is done and when it is aborted",
      run: async () => {
        for (const end of [finish, abortInTheMiddle]) {
          const environment = createTestEnvironment();
          const transform = suite.create();
          const closed = watchClose(transform);
          await end(suite, transform, environment);
          demandSame(closed.times, 1, `calls of close() (${end.name})`);
          demandSame(environment.warnings, [], `warnings (${end.name})`);
          demandSame(environment.budget.usedBytes, 0, `memory in flight (${end.name})`);
        }
      },
    },
    {
      name: "leaves nothing open: no timer, socket, child or file descriptor",
      run: () =>
        demandNoLeak(async () => {
          await transform(suite, 2);
          await abortInTheMiddle(suite, suite.create(), createTestEnvironment());
        }),
    },
  ];
  if (!suite.independentOfBatches) return behaviours;
  return [
    ...behaviours,
    {
      name: "makes the same of the same records, however they are cut into batches",
      run: async () => {
        demand(suite.rows.length >= 3, "the suite needs at least three records");
        demandSame((await transform(suite, 1)).rows, (await transform(suite, suite.rows.length)).rows, "records");
      },
    },
  ];
}

type RowsSuite = TransformSuite & { readonly rows: readonly Row[] };

interface Transformed {
  readonly rows: Row[];
  readonly counts: { read: number; added: number; filtered: number; rejected: number };
  readonly positions: unknown[];
  readonly leftBytes: number;
}

async function transform(suite: RowsSuite, batchRows: number): Promise<Transformed> {
  const environment = createTestEnvironment();
  const rows: Row[] = [];
  const counts = { read: 0, added: 0, filtered: 0, rejected: 0 };
  const positions: unknown[] = [];
  const sink = new Writable({
    objectMode: true,
    write(batch: Batch, _encoding, done) {
      const envelope = takeEnvelope(batch);
      rows.push(...batch.rows({ integers: "bigint" }));
      counts.read += envelope?.read ?? 0;
      counts.added += envelope?.added ?? 0;
      counts.filtered += envelope?.filtered ?? 0;
      counts.rejected += envelope?.rejects.length ?? 0;
      positions.push(...(envelope?.positions.values() ?? []));
      envelope?.lease?.release();
      done();
    },
  });
  const reader = toReadable(new CutReader(suite, batchRows), { environment });
  await runPipeline([reader, toTransform(suite.create(), { environment }), sink]);
  return { rows, counts, positions, leftBytes: environment.budget.usedBytes };
}

async function finish(suite: RowsSuite, made: BaseTransform): Promise<void> {
  await transform({ ...suite, create: () => made }, 2);
}

/** When the first batch has come out, or nothing has. */
async function abortInTheMiddle(suite: RowsSuite, made: BaseTransform, environment: TestEnvironment): Promise<void> {
  const abort = new AbortController();
  const reader = toReadable(new CutReader(suite, 1), { environment });
  const sink = async (batches: AsyncIterable<Batch>): Promise<void> => {
    for await (const batch of batches) {
      takeEnvelope(batch)?.lease?.release();
      abort.abort();
    }
  };
  const stream = toTransform(made, { environment });
  await pipeline(reader, stream, sink, { signal: abort.signal }).catch((error: unknown) => {
    if (!abort.signal.aborted) throw error;
  });
  await Promise.all([untilClosed(reader), untilClosed(stream)]);
}

class CutReader extends BaseReader {
  readonly #rows: readonly Row[];
  readonly #schema: Schema | undefined;
  readonly #batchRows: number;

  constructor({ rows, asset }: RowsSuite, batchRows: number) {
    super();
    this.#rows = rows;
    this.#schema = asset?.targetSchema();
    this.#batchRows = batchRows;
  }

  *extract(): Generator<{ batch: Batch; position: number }> {
    for (let at = 0; at < this.#rows.length; at += this.#batchRows) {
      const batch = RowBatch.fromRows(this.#rows.slice(at, at + this.#batchRows), this.#schema);
      yield { batch, position: at + batch.length };
    }
  }
}
