import type { SchemaElement } from "hyparquet";
import type { ByteWriter, ColumnSource, ParquetWriter } from "hyparquet-writer";
import type { EncodeContext } from "../../../contract/format.ts";
import type { Field, Schema } from "../../../contract/schema.ts";
import type { ParquetEncodeOptions } from "../parquet-options.ts";
import { markEmptyRowGroups } from "./empty-row-groups.ts";
import { type Gathered, gatherColumn, type Slice } from "./gather-column.ts";
import { toSchemaElements } from "./parquet-schema.ts";
import { shortenBounds } from "./shorten-bounds.ts";
import type { WriterLibrary } from "./writer-library.ts";

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
      schema: this.#elements.map(withoutJson),
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
    this.#writer.write({ columnData: columnsOf(this.#schema, slices), rowGroupSize, pageSize: this.#pageSize });
    shortenBounds(this.#writer.row_groups.at(-1), this.#elements, this.#library);
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
    const bytes = this.#bytes.getBytes().slice();
    this.#bytes.index = 0;
    return bytes;
  }
}

/** The library would parse and print JSON anew, digits lost; without the mark it takes our text as it is. */
function withoutJson(element: SchemaElement): SchemaElement {
  if (element.converted_type !== "JSON") return element;
  const { converted_type: _, ...rest } = element;
  return rest;
}

/** Columns that are made when the library asks for them, so that only one at a time is there in both forms. */
function columnsOf(schema: Schema, slices: readonly Slice[]): ColumnSource[] {
  let made: { field: Field; gathered: Gathered } | undefined;
  const gather = (field: Field, index: number): Gathered => {
    if (made?.field !== field) made = { field, gathered: gatherColumn(field, index, slices) };
    return made.gathered;
  };
  const columns = schema.fields.map((field, index) => ({
    name: field.name,
    get data() {
      return gather(field, index).values;
    },
    /** Undefined leaves the choice to the library. */
    get encoding() {
      return gather(field, index).seen.negativeZero ? "PLAIN" : undefined;
    },
  }));
  return columns as ColumnSource[];
}
