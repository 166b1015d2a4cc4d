/** Builds Parquet files by hand, page by page: those that no writer at hand makes, and those that nobody should. */
import type { Encoding, PageType, ParquetType, SchemaElement } from "hyparquet";
import { ByteWriter } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";

type Metadata = Parameters<typeof writeMetadata>[1];
type ColumnMeta = NonNullable<Metadata["row_groups"][number]["columns"][number]["meta_data"]>;

export interface ForgedColumn {
  /** The pages of the column chunk, one after another. */
  readonly pages: readonly Buffer[];
  /** Entries: values, nulls and empty lists. */
  readonly values: number | bigint;
  readonly meta?: Partial<ColumnMeta>;
}

/** A file of one row group. `elements` is the schema without its root; `columns` go with its leaves in order. */
export function forgeFile(
  elements: readonly SchemaElement[],
  rows: number | bigint,
  columns: readonly ForgedColumn[],
  metadata: Partial<Metadata> = {},
): Buffer {
  const chunks: Buffer[] = [Buffer.from("PAR1")];
  let offset = 4;
  const leaves = leafPaths(elements);
  const made = columns.map(({ pages, values, meta }, index) => {
    const start = offset;
    chunks.push(...pages);
    const size = pages.reduce((sum, page) => sum + page.length, 0);
    offset += size;
    return {
      file_offset: BigInt(start),
      meta_data: {
        type: leaves[index]?.element.type as ParquetType,
        encodings: ["PLAIN" as Encoding],
        path_in_schema: leaves[index]?.path ?? [],
        codec: "UNCOMPRESSED" as const,
        num_values: BigInt(values),
        total_uncompressed_size: BigInt(size),
        total_compressed_size: BigInt(size),
        data_page_offset: BigInt(start),
        ...meta,
      },
    };
  });
  const footer = new ByteWriter();
  const tops = topCount(elements);
  writeMetadata(footer, {
    version: 2,
    schema: [{ name: "schema", num_children: tops }, ...elements],
    num_rows: BigInt(rows),
    row_groups: [{ columns: made, total_byte_size: BigInt(offset - 4), num_rows: BigInt(rows) }],
    metadata_length: 0,
    ...metadata,
  });
  chunks.push(Buffer.from(footer.getBytes()), Buffer.from("PAR1"));
  return Buffer.concat(chunks);
}

/** A file with one column without nulls, its values as one PLAIN page of version 1. */
export function forgePlain(element: Omit<SchemaElement, "name">, values: Buffer, count: number): Buffer {
  const page = pageV1({ values: count, body: values });
  return forgeFile([{ name: "c", repetition_type: "REQUIRED", ...element }], count, [{ pages: [page], values: count }]);
}

interface PageSpec {
  readonly values: number;
  readonly encoding?: Encoding;
  readonly levelEncoding?: Encoding;
  /** What follows the header, compressed if the column is. */
  readonly body: Buffer;
  /** Bytes before compression. */
  readonly size?: number;
  readonly crc?: number;
}

export function pageV1(spec: PageSpec): Buffer {
  const level = spec.levelEncoding ?? "RLE";
  return page("DATA_PAGE", spec, {
    data_page_header: {
      num_values: spec.values,
      encoding: spec.encoding ?? "PLAIN",
      definition_level_encoding: level,
      repetition_level_encoding: level,
    },
  });
}

interface PageV2Spec extends PageSpec {
  readonly nulls?: number;
  readonly rows?: number;
  readonly repetitions?: Buffer;
  readonly definitions?: Buffer;
  readonly isCompressed?: boolean;
}

export function pageV2(spec: PageV2Spec): Buffer {
  const { repetitions = Buffer.alloc(0), definitions = Buffer.alloc(0) } = spec;
  const body = Buffer.concat([repetitions, definitions, spec.body]);
  const size = (spec.size ?? spec.body.length) + repetitions.length + definitions.length;
  return page(
    "DATA_PAGE_V2",
    { ...spec, body, size },
    {
      data_page_header_v2: {
        num_values: spec.values,
        num_nulls: spec.nulls ?? 0,
        num_rows: spec.rows ?? spec.values,
        encoding: spec.encoding ?? "PLAIN",
        definition_levels_byte_length: definitions.length,
        repetition_levels_byte_length: repetitions.length,
        is_compressed: spec.isCompressed ?? true,
      },
    },
  );
}

export function dictionaryPage(spec: PageSpec): Buffer {
  return page("DICTIONARY_PAGE", spec, {
    dictionary_page_header: { num_values: spec.values, encoding: spec.encoding ?? "PLAIN" },
  });
}

export function indexPage(body: Buffer): Buffer {
  return page("INDEX_PAGE", { values: 0, body }, {});
}

type HeaderOfPage = Partial<Parameters<typeof writePageHeader>[1]>;

function page(type: PageType, { body, size = body.length, crc }: PageSpec, own: HeaderOfPage): Buffer {
  const writer = new ByteWriter();
  const header = { type, uncompressed_page_size: size, compressed_page_size: body.length, ...own };
  writePageHeader(writer, crc === undefined ? header : { ...header, crc });
  return Buffer.concat([Buffer.from(writer.getBytes()), body]);
}

/** Levels of a page of version 1: their length, then the run-length hybrid. */
export function prefixed(levels: Buffer): Buffer {
  return Buffer.concat([uint32(levels.length), levels]);
}

/** Runs of the run-length hybrid: how often, which value. */
export function runs(width: number, ...counts: readonly (readonly [count: number, value: number])[]): Buffer {
  return Buffer.concat(
    counts.map(([count, value]) => {
      const bytes = Buffer.alloc(Math.ceil(width / 8));
      if (bytes.length > 0) bytes.writeUIntLE(value, 0, bytes.length);
      return Buffer.concat([varint(count * 2), bytes]);
    }),
  );
}

/** Levels one by one, as runs. */
export function levels(width: number, values: readonly number[]): Buffer {
  return runs(width, ...values.map((value) => [1, value] as const));
}

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return Buffer.from([...bytes, left]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function int32s(...values: readonly number[]): Buffer {
  return Buffer.from(Int32Array.from(values).buffer);
}

export function int64s(...values: readonly bigint[]): Buffer {
  return Buffer.from(BigInt64Array.from(values).buffer);
}

/** Byte arrays, each after its length. */
export function byteArrays(...values: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(values.flatMap((value) => [uint32(Buffer.from(value).length), Buffer.from(value)]));
}

interface LeafPath {
  readonly element: SchemaElement;
  readonly path: string[];
}

function leafPaths(elements: readonly SchemaElement[]): LeafPath[] {
  const leaves: LeafPath[] = [];
  let next = 0;
  const visit = (path: readonly string[]): void => {
    const element = elements[next++];
    if (!element) return;
    const own = [...path, element.name];
    if (element.type !== undefined) leaves.push({ element, path: own });
    for (let i = 0; i < (element.num_children ?? 0); i++) visit(own);
  };
  while (next < elements.length) visit([]);
  return leaves;
}

function topCount(elements: readonly SchemaElement[]): number {
  let tops = 0;
  let inside = 0;
  for (const { num_children: children = 0 } of elements) {
    if (inside === 0) tops++;
    else inside--;
    inside += children;
  }
  return tops;
}
