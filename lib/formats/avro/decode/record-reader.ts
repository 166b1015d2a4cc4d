import type { Batch } from "../../../contract/batch.ts";
import type { DecodeContext } from "../../../contract/format.ts";
import { AvroFault } from "../fault.ts";
import type { RecordType } from "../schema/avro-type.ts";
import { parseSchema } from "../schema/parse-schema.ts";
import { toFields } from "../schema/to-fields.ts";
import { compileReader, type Read } from "./compile-reader.ts";
import type { Block } from "./container.ts";
import { Datum } from "./datum.ts";
import { PendingBatch } from "./pending-batch.ts";

/** The records of blocks as batches. A value that is whole, and that no cell holds, rejects its record. */
export class RecordReader {
  readonly #context: DecodeContext;
  readonly #mostWeight: number;
  readonly #readers: readonly Read[];
  readonly #rows: PendingBatch;
  /** Number of the record whose values are being read, from 1. */
  record: number | undefined;

  /** @throws AvroFault for a schema that is none, or not one of records */
  constructor(schema: string, mostWeight: number, context: DecodeContext) {
    const root = parseSchema(schema);
    const fields = toFields(root);
    const known = new Map<RecordType, Read>();
    this.#context = context;
    this.#mostWeight = mostWeight;
    this.#readers = (root as RecordType).fields.map(({ type }) => compileReader(type, known));
    this.#rows = new PendingBatch(fields, context.batchRows, context.source);
  }

  /** Batches that are full; the last records may be held until others follow. */
  *read({ count, data }: Block): Generator<Batch> {
    const datum = new Datum(data, this.#mostWeight);
    if (count > datum.left) throw new AvroFault(`it claims ${count} records in ${datum.left} bytes`);
    for (let i = 0; i < count; i++) {
      this.record = this.#rows.row;
      this.#readRecord(datum);
      if (this.#rows.isFull) yield this.#rows.take();
    }
    this.record = undefined;
    if (datum.left > 0) throw new AvroFault(`it has ${datum.left} bytes behind its ${count} records`);
  }

  /** The records held. Gives an empty batch when it is the only one, for its schema. */
  *rest(): Generator<Batch> {
    if (!this.#rows.isEmpty || this.#rows.row === 1) yield this.#rows.take();
  }

  #readRecord(datum: Datum): void {
    const { columns, length, schema } = this.#rows;
    const start = datum.at;
    let unfit: { column: string; reason: string } | undefined;
    for (let i = 0; i < this.#readers.length; i++) {
      (columns[i] as unknown[])[length] = (this.#readers[i] as Read)(datum);
      if (datum.unfit === undefined) continue;
      unfit ??= { column: schema.names[i] as string, reason: datum.unfit };
      datum.unfit = undefined;
    }
    datum.weighObject(this.#readers.length);
    this.#rows.weigh(datum.takeWeight());
    if (!unfit) {
      this.#rows.length++;
      return;
    }
    const raw = new Uint8Array(datum.bytes.subarray(start, datum.at));
    const { source } = this.#context;
    this.#context.reject({ source, row: this.#rows.row, raw, faults: [{ rule: "type", ...unfit }] });
    this.#rows.drop();
  }
}
