/** What readers yield and writers take, as plain values: with the types of the cells, whatever these are. */
import { type Batch, isBatch, type Row } from "../contract/batch.ts";
import { describeNoRecord, MAX_BATCH_ROWS, RowBatch } from "../contract/row-batch.ts";
import { namesOf } from "../contract/row-cells.ts";
import { type Field, Schema } from "../contract/schema.ts";
import type { KnownSchemas } from "./known-schemas.ts";
import { formatPlace, parsePlace, type WirePlace } from "./wire-place.ts";

type Cells = readonly unknown[];

/** Rows without a schema, as columns of the names that they have; or as they are, when some are no records. */
type RowsPart = { readonly names: readonly string[]; readonly columns: readonly Cells[] } | { readonly items: Cells };

export interface WireBatch {
  readonly fields: readonly Field[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly columns: readonly Cells[];
  readonly length: number;
  readonly exact: boolean;
  readonly place: WirePlace | undefined;
}

/** One thing that `extract` yielded. */
export type WireYielded =
  | { readonly kind: "rows"; readonly parts: readonly RowsPart[] }
  | { readonly kind: "batch"; readonly batch: WireBatch }
  | { readonly kind: "checkpoint"; readonly records: WireYielded; readonly position: unknown }
  | { readonly kind: "other"; readonly value: unknown };

export function formatYielded(yielded: unknown): WireYielded {
  if (isBatch(yielded)) return { kind: "batch", batch: formatBatch(yielded) };
  if (Array.isArray(yielded)) return { kind: "rows", parts: formatRows(yielded) };
  const { batch, position } = (yielded ?? {}) as { batch?: unknown; position?: unknown };
  if (!isBatch(batch) && !Array.isArray(batch)) return { kind: "other", value: yielded };
  return { kind: "checkpoint", records: formatYielded(batch), position };
}

/** What the reader yielded, or what the same is made of it. */
export function parseYielded(wire: WireYielded, schemas: KnownSchemas): unknown {
  switch (wire.kind) {
    case "rows":
      return wire.parts.flatMap(parseRows);
    case "batch":
      return parseBatch(wire.batch, schemas);
    case "checkpoint":
      return { batch: parseYielded(wire.records, schemas), position: wire.position };
    case "other":
      return wire.value;
  }
}

/** The batch is given up. */
export function formatBatch(given: Batch): WireBatch {
  try {
    const batch = RowBatch.from(given);
    const { schema, length, provenance, isExact: exact } = batch;
    const { fields, metadata } = schema;
    const columns = fields.map((_, index) => batch.cells(index));
    return { fields, metadata, columns, length, exact, place: provenance && formatPlace(provenance, length) };
  } finally {
    given.release();
  }
}

export function parseBatch(
  { fields, metadata, columns, length, exact, place }: WireBatch,
  schemas: KnownSchemas,
): RowBatch {
  const provenance = place && parsePlace(place);
  return RowBatch.fromColumns(schemas.known(new Schema(fields, metadata)), columns, length, { exact, provenance });
}

/** Parts are of the size in which rows become batches, so that each has the names that it would have had. */
function formatRows(rows: readonly unknown[]): RowsPart[] {
  const parts: RowsPart[] = [];
  for (let start = 0; start < rows.length; start += MAX_BATCH_ROWS) {
    const items = rows.slice(start, start + MAX_BATCH_ROWS);
    parts.push(items.some((item) => describeNoRecord(item) !== undefined) ? { items } : columnsOf(items as Row[]));
  }
  return parts;
}

function columnsOf(rows: readonly Row[]): RowsPart {
  const names = namesOf(rows);
  // A record without any property is one all the same.
  if (names.length === 0) return { items: rows };
  const batch = RowBatch.fromRows(rows, Schema.lexical(names));
  return { names, columns: names.map((_, index) => batch.cells(index)) };
}

function parseRows(part: RowsPart): readonly unknown[] {
  if ("items" in part) return part.items;
  const { names, columns } = part;
  // An object of the usual kind is many times quicker; only one of these names means something to it.
  const isPlain = !names.includes("__proto__");
  const rows: Row[] = new Array(columns[0]?.length ?? 0);
  for (let i = 0; i < rows.length; i++) {
    const row: Row = isPlain ? {} : Object.create(null);
    for (let column = 0; column < names.length; column++) row[names[column] as string] = columns[column]?.[i];
    rows[i] = row;
  }
  return rows;
}
