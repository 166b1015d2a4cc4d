import type { SchemaElement } from "hyparquet";
import type { ByteWriter, ColumnSource, ParquetWriter } from "hyparquet-writer";
import type { EncodeContext } from "../../../contract/format.ts";
import type { Field, Schema } from "../../../contract/schema.ts";
import type { ParquetEncodeOptions } from "../parquet-options.ts";
import { markEmptyRowGroups } from "./empty-row-groups.ts";
import { gatherColumn, type Slice } from "./gather-column.ts";
import { mendStatistics } from "./mend-statistics.ts";
import { toRawElements, toSchemaElements } from "./parquet-schema.ts";
import { type Bounds, decimalBytes, isWideDecimal, toWideDecimals } from "./wide-decimal.ts";
import type { WriterLibrary } from "./writer-library.ts";

const MIN_BUFFER_BYTES = 1024;

/** The bytes of one file, handed out a row group at a time. */
export class ParquetFile {
  readonly #schema: Schema;
  readonly #elements: SchemaElement[];
  readonly #pageSize: number;
  readonly #library: WriterLibrary;
  readonly #bytes: ByteWriter;
  readonly #writer: ParquetWriter;

  constructor(library: WriterLibrary, options: ParquetEncodeOptions, { schema, metadata }: EncodeContext) {
    const pairs = Object.entries(metadata).map(([key, value]) => ({ key, value }));
    this.#schema = schema;
    this.#elements = toSchemaElements(schema);
    this.#pageSize = options.page_size;
    this.#library = library;
    this.#bytes = new library.ByteWriter();
    this.#writer = new library.ParquetWriter({
      writer: this.#bytes,
      schema: toRawElements(schema),
      codec: library.codec,
      compressors: library.compressors,
      statistics: options.statistics,
      createdBy: "dativo-ingest",
      // An empty list would be written with an element type that strict readers refuse.
      ...(pairs.length > 0 ? { kvMetadata: pairs } : {}),
    });
  }

  writeGroup(slices: readonly Slice[]): Uint8Array {
    const rowGroupSize = slices.reduce((sum, { start, end }) => sum + end - start, 0);
    const bounds = new Map<string, Bounds>();
    const columnData = columnsOf(this.#schema, slices, bounds);
    this.#writer.write({ columnData, rowGroupSize, pageSize: this.#pageSize });
    mendStatistics(this.#writer.row_groups.at(-1), this.#elements, bounds, this.#library);
    return this.#takeBytes();
  }

  finish(): Uint8Array {
    this.#writer.schema = this.#elements;
    const start = this.#bytes.index;
    this.#writer.finish();
    const bytes = this.#takeBytes();
    if (this.#writer.row_groups.length === 0) markEmptyRowGroups(bytes, start);
    return bytes;
  }

  #takeBytes(): Uint8Array {
    const bytes = this.#bytes.getBytes();
    // A new buffer, not the same again: of a thousand files that are open at once, each would keep its largest.
    this.#bytes.buffer = new ArrayBuffer(MIN_BUFFER_BYTES);
    this.#bytes.view = new DataView(this.#bytes.buffer);
    this.#bytes.index = 0;
    return bytes;
  }
}

/** Columns that are made when the library asks for them, so that only one at a time is there in both forms. */
function columnsOf(schema: Schema, slices: readonly Slice[], bounds: Map<string, Bounds>): ColumnSource[] {
  let last: { field: Field; made: MadeColumn } | undefined;
  const make = (field: Field, index: number): MadeColumn => {
    if (last?.field !== field) last = { field, made: makeColumn(field, index, slices, bounds) };
    return last.made;
  };
  const columns = schema.fields.map((field, index) => ({
    name: field.name,
    get data() {
      return make(field, index).data;
    },
    get encoding() {
      return make(field, index).encoding;
    },
  }));
  return columns as ColumnSource[];
}

interface MadeColumn {
  readonly data: unknown[];
  /** Undefined leaves the choice to the library. */
  readonly encoding: "PLAIN" | undefined;
}

function makeColumn(field: Field, index: number, slices: readonly Slice[], bounds: Map<string, Bounds>): MadeColumn {
  const { values, seen } = gatherColumn(field, index, slices);
  if (field.type.kind !== "decimal" || !isWideDecimal(field.type)) {
    return { data: values, encoding: seen.negativeZero ? "PLAIN" : undefined };
  }
  const wide = toWideDecimals(values as (bigint | null)[], decimalBytes(field.type.precision));
  bounds.set(field.name, wide.bounds);
  return { data: wide.bytes, encoding: undefined };
}
