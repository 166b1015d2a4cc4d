import type { Encoding } from "hyparquet";
import { ParquetFault } from "../fault.ts";
import { DeltaByteArrayReader, DeltaIntegerReader, DeltaLengthReader } from "./delta-values.ts";
import type { CellMaker } from "./leaf.ts";
import { plainReader, type ValueReader } from "./plain-reader.ts";
import { RleReader } from "./rle-reader.ts";

/** The values of a data page from `start` on, at most `most`. @throws ParquetFault for an encoding that is not read on this type */
export function valueReader(
  encoding: Encoding | undefined,
  maker: CellMaker,
  page: Buffer,
  start: number,
  most: number,
  dictionary: readonly unknown[] | undefined,
): ValueReader {
  switch (encoding) {
    case "PLAIN":
      return plainReader(maker, page, start);
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY":
      if (!dictionary) throw new ParquetFault("a page needs a dictionary, and there is none before it");
      return new DictionaryReader(dictionary, page, start);
    case "RLE":
      if (maker.physical === "BOOLEAN") return new RleBooleanReader(page, start);
      break;
    case "DELTA_BINARY_PACKED":
      if (maker.physical === "INT32" || maker.physical === "INT64") return new DeltaIntegerReader(maker, page, start);
      break;
    case "DELTA_LENGTH_BYTE_ARRAY":
      if (maker.physical === "BYTE_ARRAY") return new DeltaLengthReader(page, start, most, maker.toCell);
      break;
    case "DELTA_BYTE_ARRAY":
      if (maker.physical === "BYTE_ARRAY") return new DeltaByteArrayReader(page, start, most, maker.toCell);
      if (maker.physical === "FIXED") {
        return new DeltaByteArrayReader(page, start, most, maker.toCell, maker.width);
      }
      break;
    case "BYTE_STREAM_SPLIT":
      return plainReader(maker, joinStreams(maker, page, start), 0);
    default:
  }
  throw new ParquetFault(`a page is encoded as ${encoding}, which is not read for ${maker.physical}`);
}

class DictionaryReader implements ValueReader {
  readonly #dictionary: readonly unknown[];
  readonly #indices: RleReader | undefined;

  constructor(dictionary: readonly unknown[], page: Buffer, start: number) {
    this.#dictionary = dictionary;
    // A page of nulls alone may leave out even the width.
    const width = page[start];
    this.#indices = width === undefined ? undefined : new RleReader(page, start + 1, page.length, width);
  }

  read(count: number): unknown[] {
    if (!this.#indices) throw new ParquetFault("a page ends before its values");
    const dictionary = this.#dictionary;
    const cells = new Array<unknown>(count);
    const indices = new Int32Array(count);
    this.#indices.read(indices, count);
    for (let i = 0; i < count; i++) {
      const index = indices[i] as number;
      if (index < 0 || index >= dictionary.length) {
        throw new ParquetFault(`a page asks for entry ${index} of a dictionary of ${dictionary.length}`);
      }
      cells[i] = dictionary[index];
    }
    return cells;
  }
}

class RleBooleanReader implements ValueReader {
  readonly #bits: RleReader | undefined;

  constructor(page: Buffer, start: number) {
    if (start + 4 <= page.length) {
      this.#bits = new RleReader(page, start + 4, start + 4 + page.readUInt32LE(start), 1);
    }
  }

  read(count: number): unknown[] {
    if (!this.#bits) throw new ParquetFault("a page ends before its values");
    const bits = new Int32Array(count);
    this.#bits.read(bits, count);
    return Array.from(bits, (bit) => bit === 1);
  }
}

/** The first bytes of all values, the second bytes of all … as the values one after another. */
function joinStreams(maker: CellMaker, page: Buffer, start: number): Buffer {
  const width = widthOf(maker);
  const count = (page.length - start) / width;
  if (!Number.isInteger(count)) throw new ParquetFault("a page ends inside its values");
  const joined = Buffer.allocUnsafe(page.length - start);
  for (let stream = 0, at = start; stream < width; stream++) {
    for (let i = 0; i < count; i++) joined[i * width + stream] = page[at++] as number;
  }
  return joined;
}

function widthOf(maker: CellMaker): number {
  switch (maker.physical) {
    case "INT32":
    case "FLOAT":
      return 4;
    case "INT64":
    case "DOUBLE":
      return 8;
    case "FIXED":
      return maker.width;
    default:
      throw new ParquetFault(`a page is encoded as BYTE_STREAM_SPLIT, which is not read for ${maker.physical}`);
  }
}
