import { compileConverter, describeMisfit, Misfit, showValue } from "../../../contract/convert.ts";
import { DativoError } from "../../../contract/errors.ts";
import { describePlace } from "../../../contract/provenance.ts";
import type { RowBatch } from "../../../contract/row-batch.ts";
import type { Field } from "../../../contract/schema.ts";
import { formatType } from "../../../contract/types.ts";
import { isWellFormed } from "../../../contract/well-formed.ts";
import { compilePhysical, type Seen, type ToPhysical } from "./physical-value.ts";

/** Records of a batch, from `start` up to `end`. */
export interface Slice {
  readonly batch: RowBatch;
  readonly start: number;
  readonly end: number;
  /** Number of the batch's first record in the file, from 1. */
  readonly firstRow: number;
}

export interface Gathered {
  readonly values: unknown[];
  readonly seen: Seen;
}

/**
 * One column of a row group as physical values.
 *
 * @throws DativoError DTV_VALUE_UNFIT naming the field and the record, for a cell that is none of its type
 */
export function gatherColumn(field: Field, index: number, slices: readonly Slice[]): Gathered {
  const seen: Seen = { negativeZero: false };
  const toPhysical = compilePhysical(field.type, seen);
  const values: unknown[] = [];
  for (const slice of slices) {
    const cells = slice.batch.cells(index);
    for (let i = slice.start; i < slice.end; i++) {
      const cell = cells[i];
      if (cell === null || cell === undefined) {
        if (!field.nullable) throw unfit(field, slice, i, " is missing, and the field is not nullable");
        values.push(null);
      } else {
        values.push(toPhysical(cell) ?? convert(cell, toPhysical, field, slice, i));
      }
    }
  }
  return { values, seen };
}

/** A cell in another form than its type's own, such as a Date, is brought to that form first. */
function convert(cell: unknown, toPhysical: ToPhysical, field: Field, slice: Slice, row: number): unknown {
  const converted = compileConverter(field.type)(cell);
  if (converted instanceof Misfit) throw unfit(field, slice, row, `: ${describeMisfit(converted, cell, field.type)}`);
  const value = toPhysical(converted);
  if (value !== undefined) return value;
  const isHalfPair = typeof converted === "string" && !isWellFormed(converted);
  const reason = isHalfPair
    ? "holds half of a surrogate pair, which UTF-8 cannot hold"
    : `does not fit ${formatType(field.type)}`;
  throw unfit(field, slice, row, `: ${showValue(cell)} ${reason}`);
}

function unfit(field: Field, { batch, firstRow }: Slice, row: number, reason: string): DativoError {
  const place = batch.provenance ? describePlace(batch.provenance.at(row)) : `record ${firstRow + row}`;
  return new DativoError("DTV_VALUE_UNFIT", `${place}: the value of field '${field.name}'${reason}`, {
    culprit: field.name,
    hint: "Give the pipeline a contract: validate(asset) keeps records apart whose values do not fit.",
  });
}
