import type { Batch } from "../contract/batch.ts";
import type { PlaceReject } from "../contract/place-reject.ts";
import { Provenance } from "../contract/provenance.ts";
import { Schema } from "../contract/schema.ts";
import { BaseTransform, type TransformClass } from "../contract/transform.ts";
import type { ArrowSchema } from "../formats/arrow/arrow-field.ts";
import { Abi2Transform } from "./abi2-transform.ts";
import { BatchExporter } from "./batch-exporter.ts";
import { checkRecords } from "./check-array.ts";
import { ColumnBatch } from "./column-batch.ts";
import { BATCH } from "./layout.ts";
import type { NativeLibrary } from "./library.ts";
import { NativeRows } from "./native-rows.ts";
import { transformConfigOf } from "./plugin-config.ts";
import { tellOf } from "./tell.ts";

/** The class of a transform that speaks ABI 2. */
export function abi2TransformClass(library: NativeLibrary, symbol: string, place: PlaceReject): TransformClass {
  return class extends Abi2TransformPlayer {
    constructor(options: Readonly<Record<string, unknown>>) {
      super(options, new Abi2Transform(library, symbol), place);
    }
  };
}

/** Hands batches to a library, and on what it makes of them. */
class Abi2TransformPlayer extends BaseTransform {
  static override readonly input = "columns";
  readonly #transform: Abi2Transform;
  readonly #exporter: BatchExporter;
  readonly #place: PlaceReject;
  #output: ArrowSchema | undefined;
  #made = 0;

  constructor(options: Readonly<Record<string, unknown>>, transform: Abi2Transform, place: PlaceReject) {
    super(options);
    this.#transform = transform;
    this.#place = place;
    this.#exporter = new BatchExporter(transform.name);
  }

  /** Where fields have no types yet, these are read off the first records, and nothing can be said before. */
  override async open(schema: Schema): Promise<Schema> {
    if (schema.isOpen || schema.fields.some((field) => field.lexical)) return Schema.lexical([], { open: true });
    return (await this.#open(schema)).schema;
  }

  override async *apply(batch: Batch): AsyncGenerator<Batch> {
    const { schema, struct } = this.#exporter.export(batch);
    try {
      const output = await this.#open(schema);
      for await (const raw of this.#transform.apply(struct)) yield* this.#take(raw, output, batch);
    } finally {
      // Who takes an array leaves NULL in its place; one that is still here was not taken.
      NativeRows.takeFrom(struct, BATCH.rows)?.release();
    }
  }

  override async *flush(): AsyncGenerator<Batch> {
    if (!this.#output) return;
    for await (const raw of this.#transform.flush()) yield* this.#take(raw, this.#output);
  }

  override close(): Promise<void> {
    return this.#transform.close();
  }

  async #open(schema: Schema): Promise<ArrowSchema> {
    if (this.#output) return this.#output;
    await this.#transform.create(transformConfigOf(this.options, this.ctx), this.ctx.signal);
    this.#output = await this.#transform.open(schema);
    return this.#output;
  }

  *#take(raw: Buffer, output: ArrowSchema, input?: Batch): Generator<Batch> {
    tellOf(raw, this.#transform.name, this.ctx, (reject) => this.#place(reject, input, this.#transform.name));
    const rows = NativeRows.takeFrom(raw, BATCH.rows);
    if (!rows) return;
    rows.check(() => checkRecords(rows.struct, output.fields, this.#transform.name));
    const provenance = Provenance.numbered(this.#transform.name, this.#made + 1);
    this.#made += rows.length;
    yield new ColumnBatch(output, rows, provenance);
  }
}
