/** One data page: its levels and its values, handed out as they are asked for (Parquet format, "Data Pages"). */
import type { Encoding, PageHeader } from "hyparquet";
import { countOf, ParquetFault } from "../fault.ts";
import type { Leaf } from "./leaf.ts";
import { valueReader } from "./page-values.ts";
import type { ValueReader } from "./plain-reader.ts";
import { RleReader } from "./rle-reader.ts";

/** Gives compressed bytes back as the `size` bytes they were. */
export type Inflate = (bytes: Buffer, size: number) => Buffer;

interface Layout {
  readonly count: unknown;
  readonly encoding: Encoding | undefined;
  readonly repetitions: RleReader;
  readonly definitions: RleReader;
  readonly values: Buffer;
  /** Place of the first value in `values`. */
  readonly start: number;
}

export class DataPage {
  /** Entries that were not read yet: values, nulls, empty lists. */
  left: number;
  readonly #count: number;
  readonly #layout: Layout;
  readonly #leaf: Leaf;
  readonly #dictionary: readonly unknown[] | undefined;
  #values: ValueReader | undefined;

  /**
   * @param body the bytes after the header
   * @param most entries that the column chunk has left
   */
  constructor(
    header: PageHeader,
    body: Buffer,
    leaf: Leaf,
    most: number,
    inflate: Inflate,
    dictionary: readonly unknown[] | undefined,
  ) {
    const layout =
      header.type === "DATA_PAGE" ? layoutOf(header, body, leaf, inflate) : layoutOf2(header, body, leaf, inflate);
    this.#count = countOf(layout.count, "number of values in a page", most);
    this.left = this.#count;
    this.#layout = layout;
    this.#leaf = leaf;
    this.#dictionary = dictionary;
  }

  /** The next `count` entries of a column without lists and groups, as cells. */
  readCells(count: number): unknown[] {
    const full = this.#leaf.node.definition;
    if (full === 0) {
      const values = this.readValues(count);
      this.left -= count;
      return values;
    }
    const definitions = new Int32Array(count);
    this.#layout.definitions.read(definitions, count);
    const values = this.readValues(countOfLevel(definitions, full));
    this.left -= count;
    return values.length === count ? values : spread(values, definitions, full);
  }

  /** The levels of the next `count` entries. The values of those that are there are to be read next. */
  readLevels(repetitions: Int32Array, definitions: Int32Array, count: number): void {
    this.#layout.repetitions.read(repetitions, count);
    this.#layout.definitions.read(definitions, count);
    this.left -= count;
  }

  readValues(count: number): unknown[] {
    // A page of nulls alone has no values, not even the header that some encodings begin with.
    if (count === 0) return [];
    this.#values ??= this.#openValues();
    return this.#values.read(count);
  }

  #openValues(): ValueReader {
    const { encoding, values, start } = this.#layout;
    return valueReader(encoding, this.#leaf.maker, values, start, this.#count, this.#dictionary);
  }
}

/** Version 1: levels and values are compressed together, each kind of level with its length before it. */
function layoutOf(header: PageHeader, body: Buffer, leaf: Leaf, inflate: Inflate): Layout {
  const page = header.data_page_header;
  if (!page) throw new ParquetFault("a data page has no header of its own");
  const { definition, level } = leaf.node;
  const isRle =
    (level === 0 || page.repetition_level_encoding === "RLE") &&
    (definition === 0 || page.definition_level_encoding === "RLE");
  if (!isRle)
    throw new ParquetFault(`a page has levels encoded as ${page.definition_level_encoding}, which is not read`);
  const values = inflate(body, countOf(header.uncompressed_page_size, "size of a page"));
  const repetitions = prefixedLevels(values, 0, level);
  const definitions = prefixedLevels(values, repetitions.end, definition);
  return {
    count: page.num_values,
    encoding: page.encoding,
    repetitions: repetitions.reader,
    definitions: definitions.reader,
    values,
    start: definitions.end,
  };
}

/** Version 2: levels lie before the values, uncompressed, their lengths in the header. */
function layoutOf2(header: PageHeader, body: Buffer, leaf: Leaf, inflate: Inflate): Layout {
  const page = header.data_page_header_v2;
  if (!page) throw new ParquetFault("a data page has no header of its own");
  const middle = countOf(page.repetition_levels_byte_length, "length of levels", body.length);
  const length = countOf(page.definition_levels_byte_length, "length of levels", body.length - middle);
  const start = middle + length;
  const size = countOf(header.uncompressed_page_size, "size of a page") - start;
  const stored = body.subarray(start);
  return {
    count: page.num_values,
    encoding: page.encoding,
    repetitions: new RleReader(body, 0, middle, widthOf(leaf.node.level)),
    definitions: new RleReader(body, middle, start, widthOf(leaf.node.definition)),
    values: page.is_compressed === false ? stored : inflate(stored, countOf(size, "size of a page")),
    start: 0,
  };
}

function prefixedLevels(page: Buffer, start: number, most: number): { reader: RleReader; end: number } {
  if (most === 0) return { reader: new RleReader(page, start, start, 0), end: start };
  if (start + 4 > page.length) throw new ParquetFault("a page ends inside its levels");
  const end = start + 4 + page.readUInt32LE(start);
  return { reader: new RleReader(page, start + 4, end, widthOf(most)), end };
}

/** Bits that hold levels from 0 to `most`. */
function widthOf(most: number): number {
  return 32 - Math.clz32(most);
}

function countOfLevel(levels: Int32Array, level: number): number {
  let count = 0;
  for (let i = 0; i < levels.length; i++) if (levels[i] === level) count++;
  return count;
}

function spread(values: readonly unknown[], definitions: Int32Array, full: number): unknown[] {
  const cells = new Array<unknown>(definitions.length);
  for (let i = 0, next = 0; i < cells.length; i++) cells[i] = definitions[i] === full ? values[next++] : null;
  return cells;
}
