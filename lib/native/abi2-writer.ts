import type { AssetDefinition } from "../contract/asset.ts";
import type { Batch } from "../contract/batch.ts";
import type { TargetConfig } from "../contract/config.ts";
import { DativoError } from "../contract/errors.ts";
import { ConnectionTestResult, type FileMetadata } from "../contract/results.ts";
import type { Schema } from "../contract/schema.ts";
import { BaseWriter, type WriterClass } from "../contract/writer.ts";
import { toFileMetadata } from "./abi1-writer.ts";
import { type Abi2Kind, Abi2Object, tableFunction } from "./abi2.ts";
import { BatchExporter } from "./batch-exporter.ts";
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
  readonly #exporter: BatchExporter;
  #isOpen = false;

  constructor(asset: AssetDefinition, target: TargetConfig, outputBase: string, object: Abi2Object) {
    super(asset, target, outputBase);
    this.#object = object;
    this.#exporter = new BatchExporter(object.name);
  }

  async writeBatch(batch: Batch): Promise<FileMetadata[]> {
    if (batch.length === 0) return [];
    const rows = this.#exporter.export(batch);
    try {
      await this.#open(rows.schema);
      return this.#files(await this.#object.ask("write", WRITER.write, rows.struct));
    } finally {
      // Who takes an array leaves NULL in its place; one that is still here was not taken.
      NativeRows.takeFrom(rows.struct, BATCH.rows)?.release();
    }
  }

  override async seal(): Promise<FileMetadata[]> {
    return this.#isOpen ? this.#files(await this.#object.ask("seal", WRITER.seal)) : [];
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

  /** The schema is known with the first records. */
  async #open(schema: Schema): Promise<void> {
    if (this.#isOpen) return;
    await this.#create();
    const exported = exportSchema(schema);
    await this.#object.call("open", WRITER.open, exported.struct);
    void exported.memory;
    this.#isOpen = true;
  }

  #files(written: unknown): FileMetadata[] {
    if (written === undefined) return [];
    if (Array.isArray(written)) return written.map(toFileMetadata);
    throw new DativoError("DTV_PLUGIN_RESULT", `${this.#object.name} did not name its files as a JSON array`, {
      culprit: this.#object.name,
    });
  }
}
