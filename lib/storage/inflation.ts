import type { Compression, Unpacking } from "../contract/compression.ts";
import { DativoError, toDativoError } from "../contract/errors.ts";

/** Every kind of data begins with something that compresses well. */
const FREE_BYTES = 1024 * 1024;

const CHECKED_BY: Readonly<Record<Compression, string>> = { gzip: "gzip -t", zstd: "zstd -t", brotli: "brotli -t" };

/** One file on its way out of its compression: what it may become, and how to say what is wrong with it. */
export class Inflation {
  readonly kind: Compression;
  readonly path: string;
  readonly #unpacking: Unpacking;
  #made = 0;

  constructor(kind: Compression, path: string, unpacking: Unpacking) {
    this.kind = kind;
    this.path = path;
    this.#unpacking = unpacking;
  }

  /** Counts what was made of the first `stored` bytes. @throws DativoError when it is more than may be */
  take(bytes: Uint8Array, stored: number): Uint8Array {
    this.#made += bytes.length;
    const { maxRatio, maxBytes } = this.#unpacking;
    if (this.#made > FREE_BYTES && this.#made > maxRatio * stored) {
      throw this.#tooLarge(`more than ${maxRatio} times as large`, "max_compression_ratio");
    }
    if (this.#made > maxBytes) throw this.#tooLarge(`more than ${maxBytes} bytes`, "max_decompressed_mb");
    return bytes;
  }

  broken(cause: unknown): DativoError {
    return toDativoError(
      cause,
      "DTV_SOURCE_COMPRESSION",
      `The ${this.kind} data of ${this.path} is broken or cut off`,
      { culprit: this.path, hint: `Fetch the file again; \`${CHECKED_BY[this.kind]}\` checks it.` },
    );
  }

  followed(end: number): DativoError {
    return new DativoError(
      "DTV_SOURCE_COMPRESSION",
      `After its ${this.kind} data, ${this.path} has bytes that are not ${this.kind}`,
      { culprit: this.path, hint: `The ${this.kind} data ends at byte ${end}; cut the file there or mend it.` },
    );
  }

  #tooLarge(what: string, option: string): DativoError {
    return new DativoError("DTV_DECOMPRESSION_LIMIT", `${this.path} becomes ${what} when it is decompressed`, {
      culprit: this.path,
      hint: `So do files that are made to fill a disk. Where it is meant to be like this, raise ${option} of a file; a pipe is unpacked before: zcat x.gz | dativo …`,
    });
  }
}
