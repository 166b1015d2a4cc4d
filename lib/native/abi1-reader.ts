import type { Row } from "../contract/batch.ts";
import type { SourceConfig } from "../contract/config.ts";
import { DativoError } from "../contract/errors.ts";
import { BaseReader, type ReaderClass } from "../contract/reader.ts";
import { Abi1Object } from "./abi1.ts";
import type { NativeLibrary } from "./library.ts";
import { sourceConfigOf } from "./plugin-config.ts";

/** The class of a reader that speaks ABI 1. @throws DativoError DTV_PLUGIN_CLASS for a symbol that is not there. */
export function abi1ReaderClass(library: NativeLibrary, factory: string): ReaderClass {
  const make = () => new Abi1Object(library, factory, { call: "extract_batch", free: "free_reader" });
  make();
  return class extends Abi1Reader {
    constructor(sourceConfig: SourceConfig) {
      super(sourceConfig, make());
    }
  };
}

/** Reads what `extract_batch` gives until it gives an empty array, or null. */
class Abi1Reader extends BaseReader {
  readonly #object: Abi1Object;

  constructor(sourceConfig: SourceConfig, object: Abi1Object) {
    super(sourceConfig);
    this.#object = object;
  }

  async *extract(): AsyncGenerator<readonly Row[]> {
    await this.#object.open(sourceConfigOf(this.sourceConfig));
    for (let wasNull = false; ; ) {
      const records = await this.#object.call();
      if (records === undefined) {
        // Readers of this ABI also say null for a record that they could not read, and go on when they are asked again.
        if (wasNull || (await this.#isEnd())) return;
        wasNull = true;
        continue;
      }
      wasNull = false;
      const rows = this.#rowsOf(records);
      if (rows.length === 0) return;
      yield rows;
    }
  }

  override close(): Promise<void> {
    return this.#object.close();
  }

  /** @throws DativoError DTV_PLUGIN_FAILED when null was an error that the library can tell. */
  async #isEnd(): Promise<boolean> {
    const reason = await this.#object.nullReason();
    if (!reason.known) {
      this.ctx.log.warn(
        `${this.#object.name} ended a batch with null, which says "end" as well as "error": records may be missing. A library that exports last_error, or ends with an empty array, leaves no doubt.`,
      );
      return false;
    }
    if (reason.error === undefined) return true;
    throw new DativoError("DTV_PLUGIN_FAILED", `extract_batch of ${this.#object.name} failed: ${reason.error}`, {
      culprit: this.#object.name,
    });
  }

  #rowsOf(records: unknown): Row[] {
    if (Array.isArray(records) && records.every(isRecord)) return records;
    throw new DativoError("DTV_PLUGIN_RESULT", `${this.#object.name} did not return a JSON array of objects`, {
      culprit: this.#object.name,
    });
  }
}

function isRecord(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
