/** Sources without a contract, decoded natively and by the format, as plain data that can be compared. */
import type { DativoError } from "../../../lib/contract/errors.ts";
import type { Format } from "../../../lib/contract/format.ts";
import type { Reject } from "../../../lib/contract/reject.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { ColumnBatch } from "../../../lib/native/column-batch.ts";
import { nativeCodecs } from "../../../lib/plugin/native-builtins.ts";

export interface Untyped {
  readonly input: Uint8Array;
  readonly options?: Readonly<Record<string, unknown>>;
  /** Records of a native batch, at most. */
  readonly batchRows?: number;
  /** Lengths of the chunks, in turn; the whole at once without any. */
  readonly cuts?: readonly number[];
}

export interface Decoded {
  readonly names: readonly string[];
  /** Of each record, the values by name. */
  readonly rows: Readonly<Record<string, unknown>>[];
  /** Numbers of the records. */
  readonly numbers: number[];
  readonly rejects: Reject[];
  readonly warnings: string[];
  readonly error: Readonly<Record<string, unknown>> | undefined;
}

/** What the format makes of it. */
export function decodeHere(format: Format, { input, options = {} }: Untyped): Promise<Decoded> {
  return collect(async (context, take) => {
    const decoder = format.decoder?.(options, { ...context, batchRows: 2000 });
    for (const batch of decoder?.push(input) ?? []) take(batch);
    for (const batch of decoder?.end() ?? []) take(batch);
  });
}

/** What native code makes of it; `natively` counts its batches. */
export async function decodeThere(
  format: Format,
  { input, options = {}, batchRows, cuts = [] }: Untyped,
  look: (batch: ColumnBatch) => void = () => {},
): Promise<Decoded & { natively: number }> {
  const given = { ...options, ...(batchRows === undefined ? {} : { batch_rows: batchRows }) };
  const decoder = await nativeCodecs.decoder(format, given, undefined, new AbortController().signal);
  if (!decoder) throw new Error(`there is no native decoder for ${format.name}`);
  let natively = 0;
  try {
    const found = await collect(async (context, take) => {
      for await (const batch of decoder.decode(chunksOf(input, cuts), context)) {
        natively += batch instanceof ColumnBatch && batch.length > 0 ? 1 : 0;
        if (batch instanceof ColumnBatch) look(batch);
        take(batch);
      }
    });
    return { ...found, natively };
  } finally {
    await decoder.close();
  }
}

type Context = { source: string; reject(reject: Reject): void; warn(message: string): void };
type Take = (batch: import("../../../lib/contract/batch.ts").Batch) => void;

async function collect(work: (context: Context, take: Take) => Promise<void>): Promise<Decoded> {
  const found = { rejects: [] as Reject[], warnings: [] as string[], rows: [] as Record<string, unknown>[] };
  const numbers: number[] = [];
  let names: readonly string[] = [];
  let error: Decoded["error"];
  const context = {
    source: "test",
    reject: (reject: Reject) => void found.rejects.push(reject),
    warn: (message: string) => void found.warnings.push(message),
  };
  try {
    await work(context, (batch) => {
      const rows = RowBatch.from(batch);
      if (rows.schema.fields.length > 0) names = rows.schema.names;
      for (let i = 0; i < rows.length; i++) {
        found.rows.push(Object.fromEntries(names.map((name, at) => [name, rows.cells(at)[i] ?? null])));
        numbers.push(batch.provenance?.rowAt(i) ?? 0);
      }
      batch.release();
    });
  } catch (thrown) {
    const { code, message, culprit, hint, details } = thrown as DativoError;
    if (!code) throw thrown;
    // What crosses the border says code, culprit and hint among the details once more.
    const { code: _, culprit: __, hint: ___, ...facts } = details ?? {};
    error = { code, message, culprit, hint, ...facts };
  }
  return { ...found, names, numbers, error };
}

async function* chunksOf(input: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < input.length; turn++) {
    const end = cuts.length === 0 ? input.length : at + (cuts[turn % cuts.length] as number);
    yield input.subarray(at, end);
    at = end;
  }
}
