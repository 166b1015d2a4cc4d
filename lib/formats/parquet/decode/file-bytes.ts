import { toDativoError } from "../../../contract/errors.ts";
import type { RandomAccess } from "../../../contract/format.ts";
import { ParquetFault } from "../fault.ts";

/** The bytes of the file, such that a failed read is told from bytes that are wrong. */
export class FileBytes {
  readonly sizeBytes: number;
  readonly #bytes: RandomAccess;
  readonly #source: string;

  constructor(bytes: RandomAccess, source: string) {
    this.sizeBytes = bytes.sizeBytes;
    this.#bytes = bytes;
    this.#source = source;
  }

  /** @throws DativoError DTV_SOURCE_UNREADABLE; ParquetFault when the file is shorter than it was said to be */
  async read(offset: number, length: number): Promise<Buffer> {
    let bytes: Uint8Array;
    try {
      bytes = await this.#bytes.read(offset, length);
    } catch (error) {
      throw toDativoError(error, "DTV_SOURCE_UNREADABLE", `Cannot read ${this.#source}`, { culprit: this.#source });
    }
    if (bytes.length !== length) {
      throw new ParquetFault(`it ends at byte ${offset + bytes.length}, inside what was to be read`);
    }
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}
