import type { Batch } from "../contract/batch.ts";
import type { Format, NativePlan } from "../contract/format.ts";
import type { NativeFileReader, NativeReadContext } from "../contract/native-codecs.ts";
import { Provenance } from "../contract/provenance.ts";
import { MAX_BATCH_ROWS } from "../contract/row-batch.ts";
import type { LocalBytes, SourceFile } from "../contract/storage.ts";
import type { ArrowSchema } from "../formats/arrow/arrow-field.ts";
import { Abi2Object, END, newBatch } from "./abi2.ts";
import { openSplit, READER_KIND } from "./abi2-reader.ts";
import { checkRecords } from "./check-array.ts";
import { ColumnBatch } from "./column-batch.ts";
import { BATCH, READER } from "./layout.ts";
import type { NativeLibrary } from "./library.ts";
import { NativeRows } from "./native-rows.ts";

const NOT_LOCAL = "it does not lie on this machine";

type Columns = Exclude<NativePlan, { readonly refusal: string }>;

/**
 * Decodes files by a library as far as it gets. What it does not get through, be it a feature that it does not have, a
 * value without a place or damage, the format's own decoder reads on from there, and judges.
 */
export class LibraryFileReader implements NativeFileReader {
  readonly #make: () => Abi2Object;
  readonly #format: Format;
  readonly #options: unknown;
  readonly #signal: AbortSignal;

  constructor(library: NativeLibrary, symbol: string, format: Format, options: unknown, signal: AbortSignal) {
    this.#make = () => new Abi2Object(library, symbol, READER_KIND);
    this.#format = format;
    this.#options = options;
    this.#signal = signal;
  }

  async refusalOf(file: SourceFile): Promise<string | undefined> {
    const plan = await this.#plan(file);
    return "refusal" in plan ? plan.refusal : undefined;
  }

  async *read(file: SourceFile, context: NativeReadContext): AsyncGenerator<Batch> {
    const plan = await this.#plan(file);
    const reading = { file: file.path, rows: 0, reason: "refusal" in plan ? plan.refusal : undefined };
    if (!("refusal" in plan)) {
      const local = await this.#unlessStopped(reading, () => localBytes(file, context.copies));
      if (local) yield* this.#decode(local, plan, context, reading);
      if (reading.rows === plan.rows) return;
    }
    context.tell(reading.reason ?? `the library has found ${reading.rows} records in it`);
    const { batchRows = MAX_BATCH_ROWS } = context;
    const rest = this.#format.decodeAt?.(file, this.#options, { ...context, batchRows, skip: reading.rows });
    if (rest) yield* rest;
  }

  async #plan(file: SourceFile): Promise<NativePlan> {
    const plan = await this.#format.planNative?.(file, this.#options, { source: file.path });
    return ((file.local || file.copyInto) && plan) ?? { refusal: NOT_LOCAL };
  }

  async *#decode(local: LocalBytes, plan: Columns, context: NativeReadContext, reading: Reading) {
    const object = this.#make();
    try {
      const schema = await this.#unlessStopped(reading, () => openFile(object, local, plan, context, this.#signal));
      while (schema) {
        const raw = newBatch();
        const code = await this.#unlessStopped(reading, () => object.call("next", READER.next, raw));
        if (code === undefined || code === END) return;
        local.noteRead(Number(raw.readBigUInt64LE(BATCH.bytesIn)));
        const rows = NativeRows.takeFrom(raw, BATCH.rows);
        if (!rows) continue;
        rows.check(() => checkRecords(rows.struct, schema.fields, object.name));
        const provenance = Provenance.numbered(context.source, reading.rows + 1);
        reading.rows += rows.length;
        yield new ColumnBatch(schema, rows, provenance, { isExact: true });
      }
    } finally {
      await object.close();
    }
  }

  /** Undefined where the library gave up; a run that is cancelled ends. */
  async #unlessStopped<T>(reading: Reading, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#signal.throwIfAborted();
      reading.reason = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }
}

/** Native code reads here and there in a file: one that lies elsewhere is copied first. */
async function localBytes(file: SourceFile, copies: string | undefined): Promise<LocalBytes> {
  if (file.local) return file.local;
  if (copies === undefined || !file.copyInto) throw new Error(NOT_LOCAL);
  return file.copyInto(copies);
}

/** How far the library has come, and why no further. */
interface Reading {
  rows: number;
  reason: string | undefined;
}

async function openFile(
  object: Abi2Object,
  { descriptor }: LocalBytes,
  { schema, columns, batchRows: most }: Columns,
  { batchRows = most }: NativeReadContext,
  signal: AbortSignal,
): Promise<ArrowSchema> {
  await object.create({ decode: { descriptor, columns, batch_rows: Math.min(batchRows, most) } }, signal);
  return { ...(await openSplit(object, undefined, undefined)), schema };
}
