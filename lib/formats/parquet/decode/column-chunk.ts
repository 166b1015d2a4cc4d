import zlib from "node:zlib";
import type { ColumnMetaData, PageHeader } from "hyparquet";
import { countOf, ParquetFault } from "../fault.ts";
import { StructCut, walkStruct } from "../thrift-walk.ts";
import type { ChunkBytes } from "./chunk-bytes.ts";
import { DataPage, type Inflate } from "./data-page.ts";
import type { Leaf } from "./leaf.ts";
import { leastBytes, plainReader } from "./plain-reader.ts";
import type { ReaderLibrary } from "./reader-library.ts";

/** Looked at to find a page header; grown fourfold while the header goes on (it may hold long statistics). */
const HEADER_BYTES = 1024;
/** Levels that are unpacked at a time. */
const RUN = 4096;

/** Entries of a column with lists or groups: what is needed to put its values together. */
export interface Entries {
  readonly repetitions: number[];
  readonly definitions: number[];
  /** Cells of the entries that reach the leaf. */
  readonly cells: unknown[];
}

/** One column chunk, read from its first page to its last. */
export class ColumnChunkReader {
  readonly #library: ReaderLibrary;
  readonly #bytes: ChunkBytes;
  readonly #leaf: Leaf;
  readonly #inflate: Inflate;
  readonly #repetitions: Int32Array;
  readonly #definitions: Int32Array;
  /** Entries that no page was opened for yet. */
  #left: number;
  #page: DataPage | undefined;
  #dictionary: readonly unknown[] | undefined;
  /** Levels that were unpacked and not handed out, as places in the two arrays. */
  #from = 0;
  #to = 0;

  constructor(library: ReaderLibrary, bytes: ChunkBytes, leaf: Leaf, meta: ColumnMetaData, inflate: Inflate) {
    this.#library = library;
    this.#bytes = bytes;
    this.#leaf = leaf;
    this.#inflate = inflate;
    this.#left = countOf(meta.num_values, "number of values in a column chunk");
    // Of use to readEntries alone: a wide table of plain columns has better things to do with the memory.
    const isPlain = leaf.node.path.length === 1 && leaf.node.level === 0;
    this.#repetitions = new Int32Array(isPlain ? 0 : RUN);
    this.#definitions = new Int32Array(isPlain ? 0 : RUN);
  }

  /** The next `count` cells of a column without lists and groups. */
  async readCells(count: number): Promise<unknown[]> {
    let cells: unknown[] | undefined;
    for (let done = 0; done < count; ) {
      const page = await this.#nextPage();
      const some = page.readCells(Math.min(page.left, count - done));
      done += some.length;
      if (cells) for (const cell of some) cells.push(cell);
      else cells = some;
    }
    return cells ?? [];
  }

  /** The entries of the next `rows` records. */
  async readEntries(rows: number): Promise<Entries> {
    const entries: Entries = { repetitions: [], definitions: [], cells: [] };
    let begun = 0;
    while (await this.#unpackLevels()) {
      const start = this.#from;
      while (this.#from < this.#to && (begun < rows || this.#repetitions[this.#from] !== 0)) {
        if (this.#repetitions[this.#from++] === 0) begun++;
      }
      this.#append(entries, start, this.#from);
      if (this.#from < this.#to) return entries;
    }
    if (begun < rows) throw new ParquetFault(`it has ${begun} records where ${rows} more should be`);
    return entries;
  }

  #append(entries: Entries, start: number, end: number): void {
    const full = this.#leaf.node.definition;
    let present = 0;
    for (let i = start; i < end; i++) {
      const definition = this.#definitions[i] as number;
      if (definition === full) present++;
      entries.definitions.push(definition);
      entries.repetitions.push(this.#repetitions[i] as number);
    }
    for (const cell of (this.#page as DataPage).readValues(present)) entries.cells.push(cell);
  }

  /** False at the end of the chunk. */
  async #unpackLevels(): Promise<boolean> {
    if (this.#from < this.#to) return true;
    if (this.#left === 0 && (this.#page?.left ?? 0) === 0) return false;
    const page = await this.#nextPage();
    this.#from = 0;
    this.#to = Math.min(page.left, RUN);
    page.readLevels(this.#repetitions, this.#definitions, this.#to);
    return true;
  }

  /** A page that has entries left. */
  async #nextPage(): Promise<DataPage> {
    while (!this.#page || this.#page.left === 0) {
      if (this.#left === 0) throw new ParquetFault("it has fewer values than its row group has records");
      const header = await this.#takeHeader();
      const body = await this.#bytes.take(countOf(header.compressed_page_size, "size of a page"));
      if (header.crc !== undefined) checkCrc(header.crc, body);
      this.#page = this.#openPage(header, body);
    }
    return this.#page;
  }

  /** Undefined for a page that holds no data. */
  #openPage(header: PageHeader, body: Buffer): DataPage | undefined {
    switch (header.type) {
      case "DICTIONARY_PAGE":
        this.#dictionary = this.#readDictionary(header, body);
        return undefined;
      case "DATA_PAGE":
      case "DATA_PAGE_V2": {
        const page = new DataPage(header, body, this.#leaf, this.#left, this.#inflate, this.#dictionary);
        this.#left -= page.left;
        return page;
      }
      default:
        return undefined;
    }
  }

  #readDictionary(header: PageHeader, body: Buffer): readonly unknown[] {
    const { num_values, encoding } = header.dictionary_page_header ?? {};
    if (this.#dictionary) throw new ParquetFault("it has two dictionaries");
    if (encoding !== "PLAIN" && encoding !== "PLAIN_DICTIONARY") {
      throw new ParquetFault(`its dictionary is encoded as ${encoding}, which is not read`);
    }
    const { maker } = this.#leaf;
    const page = this.#inflate(body, countOf(header.uncompressed_page_size, "size of a page"));
    const count = countOf(num_values, "number of dictionary entries", Math.floor(page.length / leastBytes(maker)));
    return plainReader(maker, page, 0).read(count);
  }

  async #takeHeader(): Promise<PageHeader> {
    for (let wanted = HEADER_BYTES; ; wanted *= 4) {
      const bytes = await this.#bytes.peek(wanted);
      try {
        const length = walkStruct(bytes, 0);
        return this.#library.parsePageHeader(await this.#bytes.take(length));
      } catch (error) {
        if (!(error instanceof StructCut) || wanted >= this.#bytes.left) throw error;
      }
    }
  }
}

/** CRC-32 of the bytes as they are stored, kept as a signed number. */
function checkCrc(crc: number, body: Buffer): void {
  if (zlib.crc32(body) !== crc >>> 0) throw new ParquetFault("a page fails its checksum");
}
