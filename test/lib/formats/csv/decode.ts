import type { DativoError } from "../../../../lib/contract/errors.ts";
import type { Format } from "../../../../lib/contract/format.ts";
import type { Place } from "../../../../lib/contract/provenance.ts";
import type { Reject } from "../../../../lib/contract/reject.ts";
import type { RowBatch } from "../../../../lib/contract/row-batch.ts";

/** What a decoder made of some bytes. */
export interface Decoded {
  readonly names: readonly string[] | undefined;
  /** Cells of every record, in the order of the last schema. */
  readonly rows: unknown[][];
  readonly places: Place[];
  readonly batches: { readonly length: number; readonly names: readonly string[] }[];
  readonly rejects: Reject[];
  readonly warnings: string[];
  readonly error: unknown;
}

export interface DecodeInit {
  readonly options?: object;
  readonly batchRows?: number;
  /** Lengths of the chunks, over and over; by default there is one. */
  readonly cuts?: readonly number[];
  /** Length of the first chunk, before the others. */
  readonly first?: number;
}

/** Runs a decoder over bytes cut into chunks; an error ends up in the result. */
export function decode(format: Format, input: string | Uint8Array, init: DecodeInit = {}): Decoded {
  const bytes = typeof input === "string" ? Buffer.from(input) : input;
  const rejects: Reject[] = [];
  const warnings: string[] = [];
  const made: RowBatch[] = [];
  let error: unknown;
  try {
    const decoder = format.decoder?.(init.options ?? {}, {
      source: "test.txt",
      batchRows: init.batchRows ?? 2000,
      reject: (reject) => rejects.push(reject),
      warn: (message) => warnings.push(message),
    });
    if (!decoder) throw new Error("no decoder");
    for (const chunk of chunksOf(bytes, init)) for (const batch of decoder.push(chunk)) made.push(batch as RowBatch);
    for (const batch of decoder.end()) made.push(batch as RowBatch);
  } catch (thrown) {
    error = thrown;
  }
  const names = made.at(-1)?.schema.names;
  return {
    names,
    rows: made.flatMap((batch) => rowsOf(batch, names ?? [])),
    places: made.flatMap((batch) => Array.from({ length: batch.length }, (_, i) => placeOf(batch, i))),
    batches: made.map((batch) => ({ length: batch.length, names: batch.schema.names })),
    rejects,
    warnings,
    error,
  };
}

/** The same without what may fail. */
export function decodeWell(format: Format, input: string | Uint8Array, init: DecodeInit = {}): Decoded {
  const decoded = decode(format, input, init);
  if (decoded.error !== undefined) throw decoded.error;
  return decoded;
}

export function errorOf({ error }: Decoded): DativoError {
  if (error === undefined) throw new Error("there was no error");
  return error as DativoError;
}

/** A decoding as plain data, to compare two of them. */
export function summaryOf(decoded: Decoded): unknown {
  const error = decoded.error as DativoError | undefined;
  const text = (raw: Uint8Array | undefined): string => Buffer.from(raw ?? []).toString("latin1");
  return {
    ...decoded,
    places: decoded.places.map((place) => ({ ...place, raw: text(place.raw) })),
    rejects: decoded.rejects.map((reject) => ({ ...reject, raw: text(reject.raw) })),
    error: error && { code: error.code, message: error.message, hint: error.hint, details: error.details },
  };
}

function* chunksOf(bytes: Uint8Array, { first, cuts = [bytes.length] }: DecodeInit): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = Math.max(1, (i === 0 ? first : undefined) ?? cuts[i % cuts.length] ?? 1);
    // A chunk of its own memory, as a file gives them: a view into the whole would hide bytes that are kept by reference.
    yield Uint8Array.from(bytes.subarray(at, at + length));
    at += length;
  }
}

function rowsOf(batch: RowBatch, names: readonly string[]): unknown[][] {
  const columns = names.map((name) => {
    const index = batch.schema.indexOf(name);
    return index < 0 ? new Array<null>(batch.length).fill(null) : batch.cells(index);
  });
  return Array.from({ length: batch.length }, (_, row) => columns.map((cells) => cells[row]));
}

function placeOf(batch: RowBatch, row: number): Place {
  if (!batch.provenance) throw new Error("the batch has no provenance");
  return batch.provenance.at(row);
}
