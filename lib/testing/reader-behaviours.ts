import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Batch, Row } from "../contract/batch.ts";
import { BaseReader } from "../contract/reader.ts";
import { type Envelope, takeEnvelope } from "../stream/envelope.ts";
import { type ReadState, toReadable } from "../stream/to-readable.ts";
import { type Behaviour, demand, demandSame, notApplicable } from "./behaviour.ts";
import { answersCheck, answersDiscover } from "./hooks.ts";
import { demandNoLeak } from "./open-resources.ts";
import { createTestEnvironment, type TestEnvironment } from "./test-environment.ts";
import { untilClosed } from "./until-closed.ts";
import { watchBatches, watchClose } from "./watch-player.ts";

export interface ReaderSuite {
  /** A fresh reader over the same source, every time. The source must hold at least one record. */
  create(): BaseReader;
  /** Working directory for file paths. */
  readonly cwd?: string;
}

const MAX_POSITION_BYTES = 64 * 1024;

/** More at a time, and the memory of a run has no bound. */
const MAX_YIELDED_ROWS = 10_000;

/** How long a slow consumer takes for each of its first batches. */
const SLOW_MS = 20;
const SLOW_BATCHES = 10;

/** What every reader does: the same rows again, a clean stop, positions that resume without loss or repeat. */
export function readerBehaviours(suite: ReaderSuite): Behaviour[] {
  return [
    {
      name: "reads records whose fields are those of the batch's schema",
      run: async () => {
        const { rows, fields } = await readAll(suite);
        demand(rows.length > 0, "the source of the suite must hold at least one record");
        demandSame(
          rows.flatMap((row, i) => Object.keys(row).filter((name) => !fields[i]?.includes(name))),
          [],
          "unknown fields",
        );
      },
    },
    {
      name: "reads the same records again, in the same order",
      run: async () => demandSame((await readAll(suite)).rows, (await readAll(suite)).rows, "the second reading"),
    },
    {
      name: "gives the same records to a slow consumer",
      run: async () => demandSame(await readSlowly(suite), (await readAll(suite)).rows, "records"),
    },
    {
      name: "gives its records in batches of 10,000 rows at most",
      run: async () => {
        const reader = suite.create();
        const seen = watchBatches(reader);
        await readAll({ ...suite, create: () => reader });
        demand(seen.largest <= MAX_YIELDED_ROWS, `a batch of ${seen.largest} rows`);
      },
    },
    {
      name: "stops when its consumer breaks off, and holds no memory then",
      run: async () => {
        const environment = createTestEnvironment(suite.cwd);
        await breakOff(suite.create(), environment);
        demandSame(environment.budget.usedBytes, 0, "memory in flight");
        demandSame(environment.warnings, [], "warnings");
      },
    },
    {
      name: "stops when it is aborted in the middle",
      run: async () => {
        const environment = createTestEnvironment(suite.cwd);
        await abortInTheMiddle(suite.create(), environment);
        demandSame(environment.budget.usedBytes, 0, "memory in flight");
        demandSame(environment.warnings, [], "warnings");
      },
    },
    {
      name: "is closed once and without a fault, however the reading ends",
      run: async () => {
        for (const end of [readToTheEnd, breakOff, abortInTheMiddle]) {
          const environment = createTestEnvironment(suite.cwd);
          const reader = suite.create();
          const closed = watchClose(reader);
          await end(reader, environment);
          demandSame(closed.times, 1, `calls of close() (${end.name})`);
          demandSame(environment.warnings, [], `warnings (${end.name})`);
        }
      },
    },
    {
      name: "leaves nothing open: no timer, socket, child or file descriptor",
      run: () =>
        demandNoLeak(async () => {
          const environment = createTestEnvironment(suite.cwd);
          await readToTheEnd(suite.create(), environment);
          await breakOff(suite.create(), environment);
        }),
    },
    {
      name: "remembers nothing of a reading that was not committed",
      run: async () => {
        await breakOff(suite.create(), createTestEnvironment(suite.cwd));
        const { rows } = await readAll(suite);
        demandSame(rows, (await readAll(suite)).rows, "the reading after one that was broken off");
      },
    },
    {
      name: "resumes from every position it gives, without loss and without repeat",
      run: async () => {
        const whole = await readAll(suite);
        if (whole.checkpoints.length === 0) return NO_POSITIONS;
        for (const { state, rowsBefore } of whole.checkpoints) {
          const rest = await readAll(suite, state);
          demandSame(rest.rows, whole.rows.slice(rowsBefore), `rows after ${JSON.stringify(state.positions)}`);
        }
      },
    },
    {
      name: "gives positions that are JSON of at most 64 KiB",
      run: async () => {
        const last = (await readAll(suite)).checkpoints.at(-1);
        if (!last) return NO_POSITIONS;
        for (const position of Object.values(last.state.positions)) {
          const text = JSON.stringify(position);
          demand(isDeepStrictEqual(JSON.parse(text), position), `a position that is not what its JSON says: ${text}`);
          demand(text.length <= MAX_POSITION_BYTES, `a position of ${text.length} bytes`);
        }
      },
    },
    {
      name: "puts its positions in the order in which it gives them",
      run: async () => {
        const { checkpoints } = await readAll(suite);
        return withReader(suite, async (reader) => {
          if (!overrides(reader, "comparePositions")) return notApplicable("its positions have no order");
          demandSame(orderFaults(reader, checkpoints), [], "positions that stand at or after the next one");
        });
      },
    },
    {
      name: "answers checkConnection()",
      run: () =>
        withReader(suite, async (reader) => {
          if (!overrides(reader, "checkConnection")) return notApplicable("it has no checkConnection()");
          await answersCheck(reader);
        }),
    },
    {
      name: "answers discover() with what there is, and reads on as before",
      run: () =>
        withReader(suite, async (reader) => {
          if (!overrides(reader, "discover")) return notApplicable("it has no discover()");
          await answersDiscover(reader);
          demand((await readAll(suite)).rows.length > 0, "nothing is left to be read");
        }),
    },
  ];
}

const NO_POSITIONS = notApplicable("it gives no positions, so each run reads everything");

interface Checkpoint {
  readonly state: ReadState;
  readonly rowsBefore: number;
}

interface Reading {
  readonly rows: Row[];
  /** The schema's names at each row. */
  readonly fields: string[][];
  readonly checkpoints: Checkpoint[];
}

async function readAll(suite: ReaderSuite, state: ReadState = { positions: {}, values: {} }): Promise<Reading> {
  const reading: Reading = { rows: [], fields: [], checkpoints: [] };
  let reached = state;
  for await (const batch of toReadable(suite.create(), { environment: createTestEnvironment(suite.cwd), state })) {
    const envelope = takeEnvelope(batch) as Envelope;
    for (const row of batch.rows({ integers: "bigint" })) {
      reading.rows.push(row);
      reading.fields.push(batch.schema.names);
    }
    if (envelope.positions.size > 0) {
      const positions = { ...reached.positions, ...Object.fromEntries(envelope.positions) };
      reached = { positions, values: envelope.values?.() ?? reached.values };
      reading.checkpoints.push({ state: reached, rowsBefore: reading.rows.length });
    }
    envelope.lease?.release();
  }
  return reading;
}

/** A reader that does not wait loses records while nobody takes them. */
async function readSlowly(suite: ReaderSuite): Promise<Row[]> {
  const rows: Row[] = [];
  let waits = SLOW_BATCHES;
  for await (const batch of toReadable(suite.create(), { environment: createTestEnvironment(suite.cwd) })) {
    if (waits-- > 0) await sleep(SLOW_MS);
    rows.push(...batch.rows({ integers: "bigint" }));
    batch.release();
  }
  return rows;
}

async function readToTheEnd(reader: BaseReader, environment: TestEnvironment): Promise<void> {
  const stream = toReadable(reader, { environment });
  for await (const batch of stream) batch.release();
  await untilClosed(stream);
}

async function breakOff(reader: BaseReader, environment: TestEnvironment): Promise<void> {
  const stream = toReadable(reader, { environment });
  for await (const _ of stream) break;
  await untilClosed(stream);
}

async function abortInTheMiddle(reader: BaseReader, environment: TestEnvironment): Promise<void> {
  const abort = new AbortController();
  const stream = toReadable(reader, { environment });
  const taker = async (batches: AsyncIterable<Batch>): Promise<void> => {
    for await (const _ of batches) abort.abort();
  };
  await pipeline(stream, taker, { signal: abort.signal }).then(
    () => demand(abort.signal.aborted, "the source must hold at least one record"),
    (error: unknown) => {
      if (!abort.signal.aborted) throw error;
    },
  );
  await untilClosed(stream);
}

/** A reader outside of a reading, closed afterwards. */
async function withReader<T>(suite: ReaderSuite, work: (reader: BaseReader) => Promise<T>): Promise<T> {
  const reader = suite.create();
  reader.ctx = { ...reader.ctx, storage: createTestEnvironment(suite.cwd).storage };
  try {
    return await work(reader);
  } finally {
    await reader.close();
  }
}

function overrides(reader: BaseReader, hook: "checkConnection" | "discover" | "comparePositions"): boolean {
  return reader[hook] !== BaseReader.prototype[hook];
}

function orderFaults(reader: BaseReader, checkpoints: readonly Checkpoint[]): string[] {
  const faults: string[] = [];
  for (const [index, { state }] of checkpoints.entries()) {
    for (const [split, later] of Object.entries(checkpoints[index + 1]?.state.positions ?? {})) {
      const earlier = state.positions[split];
      if (earlier === undefined || JSON.stringify(earlier) === JSON.stringify(later)) continue;
      if ((reader.comparePositions(earlier, later) ?? -1) >= 0) faults.push(JSON.stringify(earlier));
    }
  }
  return faults;
}
