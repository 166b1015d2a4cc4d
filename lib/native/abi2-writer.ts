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
    [WRITER.commit]: tableFunction("writer_commit", 3),
    [WRITER.committed]: tableFunction("writer_committed", 2),
    [WRITER.abort]: tableFunction("writer_abort", 1),
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
  static override readonly settlesTypes = true;
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
    const object = await this.made();
    const answer = (await object.ask("check", WRITER.check)) as { message?: unknown } | undefined;
    return answer === undefined ? super.checkConnection() : new ConnectionTestResult(true, String(answer.message));
  }

  override close(): Promise<void> {
    return this.#object.close();
  }

  /** What the object is made from. */
  protected config(): Record<string, unknown> {
    return writerConfigOf(this.assetDefinition, this.targetConfig, this.outputBase, this.ctx);
  }

  /** What the library made must be what its class says: the engine went by that. */
  protected checkTable(object: Abi2Object): void {
    if (!object.has(WRITER.commit)) return;
    throw new DativoError("DTV_PLUGIN_RESULT", `${object.name} has a commit() that its kind does not tell of`, {
      culprit: object.name,
      hint: "A writer that commits is exported with export_committing_writer!, or its kind has DTV_WRITER_COMMITS.",
    });
  }

  /** The object, made now if nothing was written yet. */
  protected async made(): Promise<Abi2Object> {
    if (!this.#object.isOpen) {
      await this.#object.create(this.config(), this.ctx.signal);
      this.checkTable(this.#object);
    }
    return this.#object;
  }

  protected get isMade(): boolean {
    return this.#object.isOpen;
  }

  /** The schema is known with the first records. */
  async #open(schema: Schema): Promise<void> {
    if (this.#isOpen) return;
    const object = await this.made();
    await object.call("open", WRITER.open, exportSchema(schema));
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
