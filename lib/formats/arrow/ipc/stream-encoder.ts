import type { Batch } from "../../../contract/batch.ts";
import { DativoError } from "../../../contract/errors.ts";
import { RowBatch } from "../../../contract/row-batch.ts";
import type { Field, Schema } from "../../../contract/schema.ts";
import { type DataType, isSameType } from "../../../contract/types.ts";
import type { ArrowColumn } from "../arrow-column.ts";
import { carrierOf } from "../carrier.ts";
import { CellBatch } from "../cell-batch.ts";
import { encodeField } from "../encode-field.ts";
import { batchMessage, schemaMessage, type WrittenMessage } from "./write-message.ts";
import { type WireField, wireField } from "./write-schema.ts";

type Texts = Readonly<Record<string, string>>;

const JSON_TEXT: DataType = { kind: "object" };

/** Batches of one schema as the messages of an Arrow stream, each as it comes. */
export class StreamEncoder {
  readonly #schema: Schema;
  readonly #metadata: Texts;
  #fields: readonly WireField[] | undefined;
  #checked: Schema | undefined;

  /** @param metadata what the stream says besides the metadata of the schema */
  constructor(schema: Schema, metadata: Texts = {}) {
    this.#schema = schema;
    this.#metadata = { ...schema.metadata, ...metadata };
  }

  /** The first message, once; types of untyped fields are read off the first batch. */
  begin(first: Batch = RowBatch.empty(this.#schema)): WrittenMessage | undefined {
    if (this.#fields) return undefined;
    const isOpen = this.#schema.isOpen;
    this.#fields = this.#schema.fields.map((field) => wireField(field, carrierIn(first, field, isOpen)));
    return schemaMessage(this.#fields, this.#metadata);
  }

  /** @throws DativoError DTV_SCHEMA_CHANGED for other fields, DTV_VALUE_UNFIT for what no column of the field holds */
  batch(batch: Batch, metadata?: Texts): WrittenMessage {
    if (batch.schema !== this.#checked) this.#check(batch.schema);
    const plain = batch instanceof CellBatch && this.#isOrdered(batch.schema) ? batch.plainColumns() : undefined;
    return batchMessage(plain ?? this.#columnsOf(RowBatch.from(batch)), batch.length, metadata);
  }

  get fields(): readonly WireField[] {
    return this.#fields ?? [];
  }

  get metadata(): Texts {
    return this.#metadata;
  }

  #columnsOf(batch: RowBatch): ArrowColumn[] {
    return this.fields.map((field, position) => {
      const index = batch.schema.indexOf(field.name);
      const cells = index < 0 ? new Array<null>(batch.length).fill(null) : batch.cells(index);
      if (this.#schema.fields[position]?.lexical) requireCarried(field, cells);
      return encodeField(field, cells);
    });
  }

  #isOrdered({ fields }: Schema): boolean {
    return this.fields.length === fields.length && fields.every(({ name }, index) => name === this.fields[index]?.name);
  }

  #check(schema: Schema): void {
    for (const { name, type, lexical } of schema.fields) {
      const field = this.#schema.field(name);
      if (field && field.lexical === lexical && (lexical || isSameType(field.type, type))) continue;
      throw new DativoError(
        "DTV_SCHEMA_CHANGED",
        `Field '${name}' ${field ? "changes its type" : "appears"} after the first batch`,
        {
          culprit: name,
          hint: "An Arrow stream has one schema. Give the records a contract, which fixes the fields from the start.",
        },
      );
    }
    this.#checked = schema;
  }
}

/** Untyped fields travel as what they all are in the first batch, or as JSON where they may be anything. */
function carrierIn(first: Batch, field: Field, isOpen: boolean): DataType {
  if (!field.lexical) return field.type;
  return isOpen ? JSON_TEXT : carrierOf(field, RowBatch.from(first).cells(first.schema.indexOf(field.name)));
}

/** A later batch may hold other values than the first. */
function requireCarried({ name, type }: WireField, cells: readonly unknown[]): void {
  if (type.kind === JSON_TEXT.kind || cells.every((cell) => cell === null || cell === undefined)) return;
  const carrier = carrierOf({ name, type, nullable: true, lexical: true }, cells);
  if (isSameType(carrier, type)) return;
  throw new DativoError(
    "DTV_VALUE_UNFIT",
    `Field '${name}' has no type, and holds other values than in the first batch`,
    {
      culprit: name,
      hint: "Give the field a type in the contract.",
    },
  );
}
