/** The columns of a record batch: views of the body that follows its message. */
import type { ArrowColumn } from "../arrow-column.ts";
import type { ArrowField } from "../arrow-field.ts";
import { must } from "../fault.ts";
import { checkColumn } from "./check-column.ts";
import type { FlatTable } from "./flat-table.ts";

/** A record batch of more is believed by nobody: columns without memory may claim any length. */
const MAX_ROWS = 2 ** 31 - 1;

/** The words of a dictionary, by its number. */
export type Words = (id: number) => ((stored: ArrowField) => readonly unknown[]) | undefined;

/** Buffers one after another; undefined for one of no bytes. */
export type Buffers = { next(): Buffer | undefined };

/** What each record has, as the record batch says it. */
export interface BatchParts {
  readonly length: number;
  readonly nodes: readonly { readonly length: number; readonly nullCount: number }[];
  /** Numbers of buffers behind columns of views. */
  readonly variadic: readonly number[];
}

export function readParts(batch: FlatTable): BatchParts {
  const { view } = batch;
  const nodes = batch.vector(1, 16);
  const variadic = batch.vector(4, 8);
  return {
    length: checkLength(batch.long(0)),
    nodes: Array.from({ length: nodes.count }, (_, i) => {
      const at = nodes.start + i * 16;
      const length = checkLength(batch.longAt(at));
      must(view.getBigInt64(at + 8, true) <= length, "a column has more nulls than values");
      return { length, nullCount: batch.longAt(at + 8) };
    }),
    variadic: Array.from({ length: variadic.count }, (_, i) => batch.longAt(variadic.start + i * 8)),
  };
}

/** @throws ArrowFault for columns that their buffers do not hold */
export function readColumns(fields: readonly ArrowField[], parts: BatchParts, buffers: Buffers, words: Words) {
  const nodes = parts.nodes[Symbol.iterator]();
  const variadic = parts.variadic[Symbol.iterator]();
  const read = (field: ArrowField): ArrowColumn => {
    const node = nodes.next().value;
    must(node !== undefined, "a record batch has fewer columns than the schema");
    const count = buffersOf(field, () => variadic.next().value);
    const own = Array.from({ length: count }, () => buffers.next());
    const children = field.dictionary ? [] : field.children.map(read);
    const column = { ...node, buffers: own, children, words: field.dictionary && words(field.dictionaryId as number) };
    return checkColumn(column, field);
  };
  const columns = fields.map(read);
  for (const [index, { length }] of columns.entries()) {
    must(length === parts.length, `column '${fields[index]?.name}' has ${length} values for ${parts.length} records`);
  }
  return columns;
}

function buffersOf({ storage: { kind } }: ArrowField, variadic: () => number | undefined): number {
  switch (kind) {
    case "null":
      return 0;
    case "struct":
    case "fixed_list":
      return 1;
    case "bytes":
    case "json":
      return 3;
    case "views": {
      const more = variadic() ?? 0;
      must(more <= MAX_ROWS, `a column has ${more} buffers`);
      return 2 + more;
    }
    default:
      return 2;
  }
}

function checkLength(length: number): number {
  must(length <= MAX_ROWS, `a column of ${length} values`);
  return length;
}
