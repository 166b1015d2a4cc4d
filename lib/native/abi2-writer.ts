import type { AssetDefinition } from "../contract/asset.ts";
import type { Batch } from "../contract/batch.ts";
import type { TargetConfig } from "../contract/config.ts";
import { DativoError } from "../contract/errors.ts";
import { ConnectionTestResult, type FileMetadata } from "../contract/results.ts";
import { RowBatch } from "../contract/row-batch.ts";
import type { Schema } from "../contract/schema.ts";
import { TypeSettler } from "../contract/settle-types.ts";
import { BaseWriter, type WriterClass } from "../contract/writer.ts";
import { toFileMetadata } from "./abi1-writer.ts";
import { type Abi2Kind, Abi2Object, newBatch, tableFunction } from "./abi2.ts";
import { ColumnBatch } from "./column-batch.ts";
import { encodeRecords } from "./encode-column.ts";
import { exportArray } from "./export-array.ts";
import { exportSchema } from "./export-schema.ts";
import { BATCH, WRITER } from "./layout.ts";
import type { NativeLibrary } from "./library.ts";
import { NativeRows } from "./native-rows.ts";
import { writerConfigOf } from "./plugin-config.ts";

const Ask = tableFunction("writer_ask", 1);

const KIND: Abi2Kind = {
  size: WRITER.size,
  release: WRITER.release,
  freeString: WRITER.freeString,
  functions: {
    [WRITER.open]: tableFunction("writer_open", 1),
    [WRITER.write]: tableFunction("writer_write", 2),
    [WRITER.seal]: Ask,
    [WRITER.check]: Ask,
  },
};

/** The class of a writer that speaks ABI 2. */
export function abi2WriterClass(library: NativeLibrary, symbol: string): WriterClass {
  return class extends Abi2Writer {
    constructor(asset: AssetDefinition, target: TargetConfig, outputBase: string) {
      super(asset, target, outputBase, writerObject(library, symbol));
    }
  };
}

export function writerObject(library: NativeLibrary, symbol: string): Abi2Object {
  return new Abi2Object(library, symbol, KIND);
}

/** Hands batches to a library, which puts files into `output_base`; the engine publishes them. */
export class Abi2Writer extends BaseWriter {
  static override readonly input = "columns";
  readonly #object: Abi2Object;
  #settler: TypeSettler | undefined;
  #schema: Schema | undefined;

  constructor(asset: AssetDefinition, target: TargetConfig, outputBase: string, object: Abi2Object) {
    super(asset, target, outputBase);
    this.#object = object;
  }

  async writeBatch(batch: Batch): Promise<FileMetadata[]> {
    if (batch.length === 0) return [];
    const rows = this.#exported(batch);
    try {
      await this.#open(rows.schema);
      return this.#files(await this.#object.ask("write", WRITER.write, rows.struct));
    } finally {
      // Who takes an array leaves NULL in its place; one that is still here was not taken.
      NativeRows.takeFrom(rows.struct, BATCH.rows)?.release();
    }
  }

  override async seal(): Promise<FileMetadata[]> {
    return this.#schema ? this.#files(await this.#object.ask("seal", WRITER.seal)) : [];
  }

  override async checkConnection(): Promise<ConnectionTestResult> {
    await this.#create();
    const answer = (await this.#object.ask("check", WRITER.check)) as { message?: unknown } | undefined;
    return answer === undefined ? super.checkConnection() : new ConnectionTestResult(true, String(answer.message));
  }

  override close(): Promise<void> {
    return this.#object.close();
  }

  /** What the object is made from. */
  protected config(): Record<string, unknown> {
    return writerConfigOf(this.assetDefinition, this.targetConfig, this.outputBase, this.ctx);
  }

  async #create(): Promise<void> {
    if (this.#object.isOpen) return;
    await this.#object.create(this.config(), this.ctx.signal);
  }

  /** The schema is known with the first records, and fixed from then on. */
  async #open(schema: Schema): Promise<void> {
    if (this.#schema?.equals(schema)) return;
    if (this.#schema) {
      throw new DativoError("DTV_SCHEMA_CHANGED", `${this.#object.name} was given records of another schema`, {
        culprit: this.#object.name,
      });
    }
    await this.#create();
    const exported = exportSchema(schema);
    await this.#object.call("open", WRITER.open, exported.struct);
    void exported.memory;
    this.#schema = schema;
  }

  /** A dtv_batch with the records: a native batch is moved, others are copied into Arrow memory. */
  #exported(batch: Batch): { schema: Schema; struct: Buffer } {
    const struct = newBatch();
    if (batch instanceof ColumnBatch && batch.isPlain && batch.native.isAlone) {
      batch.native.moveTo(struct, BATCH.rows);
      return { schema: batch.schema, struct };
    }
    const raw = RowBatch.from(batch);
    this.#settler ??= new TypeSettler(raw);
    const settled = this.#settler.apply(raw);
    const { fields } = settled.schema;
    const columns = fields.map((_, index) => settled.cells(index));
    const types = fields.map(({ type }) => type);
    exportArray(encodeRecords(types, columns, settled.length)).copy(struct, BATCH.rows);
    return { schema: settled.schema, struct };
  }

  #files(written: unknown): FileMetadata[] {
    if (written === undefined) return [];
    if (Array.isArray(written)) return written.map(toFileMetadata);
    throw new DativoError("DTV_PLUGIN_RESULT", `${this.#object.name} did not name its files as a JSON array`, {
      culprit: this.#object.name,
    });
  }
}
