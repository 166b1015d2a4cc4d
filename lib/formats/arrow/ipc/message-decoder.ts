import { Provenance } from "../../../contract/provenance.ts";
import { ArrowBatch } from "../arrow-batch.ts";
import { must } from "../fault.ts";
import { buffersOf, inflateOf } from "./body-buffers.ts";
import { Dictionaries } from "./dictionaries.ts";
import type { FlatTable } from "./flat-table.ts";
import type { Message } from "./message.ts";
import { readColumns, readParts } from "./read-batch.ts";
import { readSchema, type StreamSchema } from "./read-schema.ts";

/** Makes batches, whose columns are views of the bytes, of the messages of one stream or file. */
export class MessageDecoder {
  readonly #source: string;
  readonly #limitBytes: number;
  #schema: StreamSchema | undefined;
  #dictionaries: Dictionaries | undefined;
  #rows = 0;

  constructor(source: string, limitBytes: number) {
    this.#source = source;
    this.#limitBytes = limitBytes;
  }

  get schema(): StreamSchema | undefined {
    return this.#schema;
  }

  /** Records so far. */
  get rows(): number {
    return this.#rows;
  }

  takeSchema(header: FlatTable): StreamSchema {
    must(this.#schema === undefined, "it has a second schema");
    this.#schema = readSchema(header);
    this.#dictionaries = new Dictionaries(this.#schema.stored);
    return this.#schema;
  }

  takeDictionary({ header }: Message, body: Buffer): void {
    const dictionaries = this.#dictionaries;
    must(dictionaries !== undefined, "it does not begin with a schema");
    const [id, batch, isDelta] = [header.long(0), header.table(1), header.byte(2) !== 0];
    must(batch !== undefined, "a dictionary is empty");
    const buffers = buffersOf(batch, body, this.#limitBytes, inflateOf(batch));
    const words = (inner: number) => dictionaries.words(inner);
    const [column] = readColumns([dictionaries.fieldOf(id)], readParts(batch), buffers, words);
    must(column !== undefined, "a dictionary is empty");
    dictionaries.set(id, column, isDelta);
  }

  takeBatch({ header }: Message, body: Buffer): ArrowBatch {
    const [schema, dictionaries] = [this.#schema, this.#dictionaries];
    must(schema !== undefined && dictionaries !== undefined, "it does not begin with a schema");
    const parts = readParts(header);
    const buffers = buffersOf(header, body, this.#limitBytes, inflateOf(header));
    const columns = readColumns(schema.stored, parts, buffers, (id) => dictionaries.words(id));
    const provenance = Provenance.numbered(this.#source, this.#rows + 1);
    this.#rows += parts.length;
    return new ArrowBatch(schema.schema, schema.stored, columns, parts.length, provenance);
  }
}
