import type { AssetDefinition } from "./asset.ts";
import type { Batch, Row } from "./batch.ts";
import { INERT_CONTEXT, type StageContext } from "./context.ts";
import type { Schema } from "./schema.ts";

const TRANSFORM = Symbol.for("dativo.transform");

/** What a transform makes of a batch: none, one, or several in order. */
export type Applied<O extends Row = Row> = Batch<O> | Iterable<Batch<O>> | AsyncIterable<Batch<O>> | undefined | void;

/** A stage between reader and writer. Only `apply` is required. */
export abstract class BaseTransform<I extends Row = Row, O extends Row = Row> {
  static readonly [TRANSFORM] = true;
  /** `"columns"` asks for batches as they come, of any length, for who works on columns; by default 2,000 records at most. */
  static readonly input: "batch" | "columns" = "batch";
  /** As the job has them, under `transforms`. */
  readonly options: Readonly<Record<string, unknown>>;
  ctx: StageContext = INERT_CONTEXT;
  /** The contract that this stage holds records to, if that is what it does: a reader may do it in its place. */
  readonly contract?: AssetDefinition<Row>;

  constructor(options: Readonly<Record<string, unknown>> = {}) {
    this.options = options;
  }

  /**
   * The schema of what `apply` makes of batches of this schema. Called before the first batch of each schema; `source`
   * is the file, table or object that the batch comes from, where it is known.
   */
  open(schema: Schema, _source?: string): Schema | Promise<Schema> {
    return schema;
  }

  abstract apply(batch: Batch<I>): Applied<O> | Promise<Applied<O>>;

  /**
   * What is still held when the input has ended. A transform that overrides this one holds records back, so its
   * input's positions are passed on only now.
   */
  flush(): Applied<O> | Promise<Applied<O>> {}

  close(): void | Promise<void> {}
}

export type TransformClass = (new (
  options: Readonly<Record<string, unknown>>,
) => BaseTransform) & {
  readonly input?: "batch" | "columns";
};

export function isTransformClass(value: unknown): value is TransformClass {
  return typeof value === "function" && TRANSFORM in value;
}
