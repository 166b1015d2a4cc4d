import type { NativeCounter } from "../contract/native-codecs.ts";
import { Abi2Transform } from "./abi2-transform.ts";
import { BATCH } from "./layout.ts";
import { lendBytes } from "./lent-bytes.ts";
import type { NativeLibrary } from "./library.ts";
import { bytesFrom } from "./native-decoder.ts";
import { NativeRows } from "./native-rows.ts";

/** Counts the records of one source by a transform that gives none, and says in `rows_read` how many there were. */
export class LibraryCounter implements NativeCounter {
  readonly #transform: Abi2Transform;
  readonly #library: NativeLibrary;
  #records = 0;

  /** @throws DativoError with what the library says against its options */
  static async open(
    library: NativeLibrary,
    symbol: string,
    options: Readonly<Record<string, unknown>>,
    source: string,
    signal: AbortSignal,
  ): Promise<LibraryCounter> {
    const transform = new Abi2Transform(library, symbol);
    await transform.create({ engine: { options } }, signal);
    const counter = new LibraryCounter(transform, library);
    try {
      await transform.open(bytesFrom(source));
    } catch (error) {
      await counter.close();
      throw error;
    }
    return counter;
  }

  private constructor(transform: Abi2Transform, library: NativeLibrary) {
    this.#transform = transform;
    this.#library = library;
  }

  async push(bytes: Uint8Array): Promise<void> {
    for await (const out of this.#transform.apply(lendBytes(this.#library, bytes))) this.#take(out);
  }

  async end(): Promise<number> {
    for await (const out of this.#transform.flush()) this.#take(out);
    return this.#records;
  }

  close(): Promise<void> {
    return this.#transform.close();
  }

  #take(out: Buffer): void {
    this.#records += Number(out.readBigUInt64LE(BATCH.rowsRead));
    NativeRows.takeFrom(out, BATCH.rows)?.release();
  }
}
