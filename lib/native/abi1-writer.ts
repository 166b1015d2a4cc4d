import type { AssetDefinition } from "../contract/asset.ts";
import type { Batch } from "../contract/batch.ts";
import type { TargetConfig } from "../contract/config.ts";
import { DativoError } from "../contract/errors.ts";
import { stringifyJson, Unwritable } from "../contract/json.ts";
import type { FileMetadata } from "../contract/results.ts";
import { RowBatch } from "../contract/row-batch.ts";
import { BaseWriter, type WriterClass } from "../contract/writer.ts";
import { Abi1Object } from "./abi1.ts";
import type { NativeLibrary } from "./library.ts";
import { targetConfigOf } from "./plugin-config.ts";

/** The class of a writer that speaks ABI 1. @throws DativoError DTV_PLUGIN_CLASS for a symbol that is not there. */
export function abi1WriterClass(library: NativeLibrary, factory: string): WriterClass {
  const make = () => new Abi1Object(library, factory, { call: "write_batch", free: "free_writer" });
  make();
  return class extends Abi1Writer {
    constructor(asset: AssetDefinition, target: TargetConfig, outputBase: string) {
      super(asset, target, outputBase, make());
    }
  };
}

/** Hands records over as JSON. What the library wrote into `output_base` is published by the engine. */
class Abi1Writer extends BaseWriter {
  static override readonly input = "batch";
  readonly #object: Abi1Object;

  constructor(asset: AssetDefinition, target: TargetConfig, outputBase: string, object: Abi1Object) {
    super(asset, target, outputBase);
    this.#object = object;
  }

  override async open(): Promise<void> {
    await this.#object.open(targetConfigOf(this.assetDefinition, this.targetConfig, this.outputBase));
  }

  async writeBatch(batch: Batch, fileCounter: number): Promise<FileMetadata[]> {
    const written = await this.#object.call(this.#inputOf(batch, fileCounter));
    if (written === undefined) throw await this.#failure();
    if (Array.isArray(written) && written.every(isFile)) return written.map(toFileMetadata);
    throw new DativoError(
      "DTV_PLUGIN_RESULT",
      `${this.#object.name} did not return a JSON array of {path, size_bytes, record_count}`,
      { culprit: this.#object.name },
    );
  }

  override close(): Promise<void> {
    return this.#object.close();
  }

  /** Integers keep all their digits. @throws DativoError DTV_VALUE_UNFIT for what JSON has no text for. */
  #inputOf(batch: Batch, fileCounter: number): string {
    try {
      return stringifyJson({ records: RowBatch.rowsOf(batch, { integers: "bigint" }), file_counter: fileCounter });
    } catch (cause) {
      if (!(cause instanceof Unwritable)) throw cause;
      throw new DativoError("DTV_VALUE_UNFIT", `${this.#object.name} takes JSON, and a value ${cause.message}`, {
        culprit: this.#object.name,
        cause,
      });
    }
  }

  async #failure(): Promise<DativoError> {
    const reason = await this.#object.nullReason();
    const told = reason.known
      ? (reason.error ?? "no reason was given")
      : "it cannot say why (it exports no last_error)";
    return new DativoError("DTV_PLUGIN_FAILED", `write_batch of ${this.#object.name} returned null: ${told}`, {
      culprit: this.#object.name,
    });
  }
}

interface WrittenFile {
  readonly path: string;
  readonly size_bytes?: number;
  readonly record_count?: number;
}

function isFile(value: unknown): value is WrittenFile {
  return typeof (value as { path?: unknown } | null)?.path === "string";
}

/** A file as libraries describe it; keys that we do not know are kept. */
export function toFileMetadata({ path, size_bytes, record_count, ...more }: WrittenFile): FileMetadata {
  return {
    ...more,
    path,
    ...(size_bytes === undefined ? {} : { sizeBytes: size_bytes }),
    ...(record_count === undefined ? {} : { recordCount: record_count }),
  };
}

/** The same the other way. */
export function fromFileMetadata({ path, sizeBytes, recordCount, ...more }: FileMetadata): WrittenFile {
  return {
    ...more,
    path,
    ...(sizeBytes === undefined ? {} : { size_bytes: sizeBytes }),
    ...(recordCount === undefined ? {} : { record_count: recordCount }),
  };
}
