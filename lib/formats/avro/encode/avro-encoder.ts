import { randomBytes } from "node:crypto";
import type { Batch } from "../../../contract/batch.ts";
import { DativoError } from "../../../contract/errors.ts";
import type { EncodeContext, Encoder } from "../../../contract/format.ts";
import { RowBatch } from "../../../contract/row-batch.ts";
import { OneSchema } from "../../one-schema.ts";
import type { AvroEncodeOptions } from "../avro-options.ts";
import { loadCompress, type NamedCompress } from "../codec.ts";
import { MAGIC, SYNC_BYTES } from "../decode/read-header.ts";
import { toAvroSchema } from "../schema/to-avro-schema.ts";
import { DatumBuffer } from "./datum-buffer.ts";
import { FieldWriter } from "./field-writer.ts";

/** What a record is called where no contract names it. */
const UNNAMED = "row";

/** Writes one file: records are held back until they make a block. */
export class AvroEncoder implements Encoder {
  readonly #options: AvroEncodeOptions;
  readonly #context: EncodeContext;
  readonly #fields: readonly FieldWriter[];
  readonly #sync: Buffer = randomBytes(SYNC_BYTES);
  readonly #block = new DatumBuffer();
  /** Records in the block. */
  #records = 0;
  /** Records in the file. */
  #written = 0;
  #codec: NamedCompress | undefined;
  readonly #schema: OneSchema;

  constructor(options: AvroEncodeOptions, context: EncodeContext) {
    if (context.schema.fields.length === 0) {
      throw new DativoError("DTV_SCHEMA_INVALID", "An Avro file needs at least one field");
    }
    this.#options = options;
    this.#context = context;
    this.#schema = new OneSchema(context.schema);
    this.#fields = context.schema.fields.map((field, index) => new FieldWriter(field, index));
  }

  get bufferedBytes(): number {
    return this.#block.length;
  }

  /** @throws DativoError DTV_VALUE_UNFIT naming the field and the record, for a cell that is none of its type */
  async encode(batch: Batch): Promise<Uint8Array[]> {
    this.#schema.check(batch.schema);
    const rows = RowBatch.from(batch);
    const chunks: Uint8Array[] = [];
    for (let row = 0; row < rows.length; row++) {
      for (const field of this.#fields) field.write(this.#block, rows, row, this.#written + 1);
      this.#records++;
      this.#written++;
      if (this.#block.length >= this.#options.block_size) chunks.push(...(await this.flush()));
    }
    return chunks;
  }

  async flush(): Promise<Uint8Array[]> {
    const [header, { compress }] = await this.#open();
    if (this.#records === 0) return header;
    const data = compress(this.#block.view());
    const block = new DatumBuffer();
    block.writeLong(this.#records);
    block.writeBytes(data);
    block.writeRaw(this.#sync);
    this.#block.length = 0;
    this.#records = 0;
    return [...header, block.view()];
  }

  end(): Promise<Uint8Array[]> {
    return this.flush();
  }

  /** The codec, and the header the first time. */
  async #open(): Promise<[header: Uint8Array[], codec: NamedCompress]> {
    if (this.#codec) return [[], this.#codec];
    this.#codec = await loadCompress(this.#options.compression);
    return [[this.#header(this.#codec.codec)], this.#codec];
  }

  #header(codec: string): Uint8Array {
    const { schema, metadata } = this.#context;
    const name = metadata["dativo.contract.name"] ?? UNNAMED;
    const entries = Object.entries({
      ...metadata,
      "avro.schema": toAvroSchema(schema, name),
      "avro.codec": codec,
    });
    const header = new DatumBuffer();
    header.writeRaw(MAGIC);
    header.writeLong(entries.length);
    for (const [key, value] of entries) {
      header.writeText(key);
      header.writeText(value);
    }
    header.writeLong(0);
    header.writeRaw(this.#sync);
    return header.view();
  }
}
