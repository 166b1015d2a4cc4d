import { Duplex } from "node:stream";
import type { Batch } from "../contract/batch.ts";
import { DativoError } from "../contract/errors.ts";
import { openDecoder } from "../contract/files/decode-bytes.ts";
import type { Format } from "../contract/format.ts";
import type { Reject } from "../contract/reject.ts";
import { MAX_BATCH_ROWS } from "../contract/row-batch.ts";
import type { Schema } from "../contract/schema.ts";
import { asBatch } from "./as-batch.ts";
import { takeEnvelope } from "./envelope.ts";
import { describeReject } from "./policy.ts";

/**
 * Bytes in, batches out, for any `pipeline()`. Records that cannot be read are told by the event `rejects`, as a list;
 * where nobody listens the first of them ends the stream.
 */
export function parseStream(load: () => Promise<Format>, options: unknown): Duplex {
  const duplex: Duplex = Duplex.from(async function* (bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Batch> {
    let rejects: Reject[] = [];
    const tell = (): void => {
      const told = rejects;
      rejects = [];
      if (told.length > 0) tellRejects(duplex, told);
    };
    const decoder = openDecoder(await load(), options, {
      source: "stream",
      batchRows: MAX_BATCH_ROWS,
      reject: (reject) => void rejects.push(reject),
      warn: () => {},
    });
    for await (const chunk of bytes) {
      for await (const batch of decoder.push(chunk)) {
        tell();
        yield batch;
      }
    }
    for await (const batch of decoder.end()) {
      tell();
      yield batch;
    }
    tell();
  });
  return duplex;
}

/** What makes bytes of batches. */
export interface BatchEncoder {
  encode(batch: Batch): AsyncIterable<Uint8Array>;
  end(schema: Schema | undefined): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Batches in, bytes out, for any `pipeline()`; arrays of records are batches, too. */
export function formatStream(open: () => Promise<BatchEncoder>): Duplex {
  const duplex: Duplex = Duplex.from(async function* (batches: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
    const encoder = await open();
    let schema: Schema | undefined;
    try {
      for await (const chunk of batches) {
        const batch = asBatch(chunk, "format");
        const envelope = takeEnvelope(batch);
        schema ??= batch.schema;
        try {
          if (envelope && envelope.rejects.length > 0) tellRejects(duplex, envelope.rejects);
          if (batch.length > 0) yield* encoder.encode(batch);
        } catch (error) {
          throw envelope?.flow.failure ?? error;
        } finally {
          envelope?.lease?.release();
          batch.release();
        }
      }
      yield* encoder.end(schema);
    } finally {
      await encoder.close();
    }
  });
  return duplex;
}

function tellRejects(stream: Duplex, rejects: readonly Reject[]): void {
  if (stream.emit("rejects", rejects)) return;
  const [first] = rejects as [Reject];
  throw new DativoError("DTV_CONTRACT_VIOLATED", describeReject(first), {
    hint: "Mend the record, or listen to the event 'rejects', which takes the bad ones out.",
    details: { rejected: rejects.length },
  });
}
