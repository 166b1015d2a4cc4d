import { pipeline } from "node:stream/promises";
import type { Batch, Row } from "../contract/batch.ts";
import type { BaseReader } from "../contract/reader.ts";
import { type Envelope, takeEnvelope } from "../stream/envelope.ts";
import { type ReadState, toReadable } from "../stream/to-readable.ts";
import { type Behaviour, demand, demandSame } from "./behaviour.ts";
import { createTestEnvironment } from "./test-environment.ts";

export interface ReaderSuite {
  /** A fresh reader over the same source, every time. The source must hold at least one record. */
  create(): BaseReader;
  /** Working directory for file paths. */
  readonly cwd?: string;
}

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
      name: "reads the same records again",
      run: async () => demandSame((await readAll(suite)).rows, (await readAll(suite)).rows, "the second reading"),
    },
    {
      name: "stops when its consumer breaks off, and holds no memory then",
      run: async () => {
        const environment = createTestEnvironment(suite.cwd);
        for await (const _ of toReadable(suite.create(), { environment })) break;
        await settle();
        demandSame(environment.budget.usedBytes, 0, "memory in flight");
        demandSame(environment.warnings, [], "warnings");
      },
    },
    {
      name: "stops when it is aborted in the middle",
      run: async () => {
        const environment = createTestEnvironment(suite.cwd);
        const abort = new AbortController();
        const reading = pipeline(
          toReadable(suite.create(), { environment }),
          async (batches: AsyncIterable<Batch>) => {
            for await (const _ of batches) abort.abort();
          },
          { signal: abort.signal },
        );
        await reading.then(
          () => demand(abort.signal.aborted, "the source must hold at least one record"),
          () => {},
        );
        await settle();
        demandSame(environment.budget.usedBytes, 0, "memory in flight");
      },
    },
    {
      name: "resumes from every position it gives, without loss and without repeat",
      run: async () => {
        const whole = await readAll(suite);
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
        for (const position of Object.values(last?.state.positions ?? {})) {
          const text = JSON.stringify(position);
          demandSame(JSON.parse(text), position, "the position as JSON");
          demand(text.length <= 64 * 1024, `a position of ${text.length} bytes`);
        }
      },
    },
  ];
}

interface Reading {
  readonly rows: Row[];
  /** The schema's names at each row. */
  readonly fields: string[][];
  readonly checkpoints: { readonly state: ReadState; readonly rowsBefore: number }[];
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

/** Streams close on the next turns of the event loop. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
