import type { Batch } from "../../lib/contract/batch.ts";
import { compileConverter, Misfit } from "../../lib/contract/convert.ts";
import { DativoError } from "../../lib/contract/errors.ts";
import { didYouMean } from "../../lib/contract/options.ts";
import type { Fault } from "../../lib/contract/reject.ts";
import { RowBatch, recordText } from "../../lib/contract/row-batch.ts";
import type { Schema } from "../../lib/contract/schema.ts";
import { BaseTransform } from "../../lib/contract/transform.ts";
import { formatType } from "../../lib/contract/types.ts";
import { type CompareCell, compareCell, Incomparable } from "./compare-cell.ts";
import { type Condition, type Literal, type Operator, parseWhere } from "./parse-where.ts";

/** True or false of a record; undefined where a value that it asks for is missing. */
type Test = (batch: RowBatch, row: number) => boolean | undefined;

/** Keeps the records that a condition holds for. As in SQL, a comparison with no value is neither true nor false. */
export class Where extends BaseTransform {
  readonly #condition: Condition;
  #test: Test = () => true;

  /** @throws DativoError DTV_OPTION_INVALID for a condition that cannot be read */
  constructor(condition: string) {
    super({ condition });
    this.#condition = parseWhere(condition);
  }

  override open(schema: Schema): Schema {
    this.#test = compile(this.#condition, schema);
    return schema;
  }

  apply(batch: Batch): Batch {
    const rows = RowBatch.from(batch);
    const kept: number[] = [];
    let rejected = 0;
    for (let row = 0; row < rows.length; row++) {
      try {
        if (this.#test(rows, row) === true) kept.push(row);
      } catch (error) {
        if (!(error instanceof FieldFault)) throw error;
        this.#reject(rows, row, error.fault);
        rejected++;
      }
    }
    this.ctx.filtered(rows.length - kept.length - rejected);
    return kept.length === rows.length ? rows : rows.take(kept);
  }

  #reject(batch: RowBatch, row: number, fault: Fault): void {
    const place = batch.provenance?.at(row) ?? { source: "where" };
    this.ctx.reject({ ...place, record: recordText(batch, row), faults: [fault] });
  }
}

/** A value that cannot be compared as the condition asks. */
class FieldFault extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.reason);
    this.fault = fault;
  }
}

function comparer(field: string, operator: Operator, literal: Literal, schema: Schema): CompareCell {
  const compare = compareCell(operator, spelled(literal, field, schema));
  return (cell) => {
    try {
      return compare(cell);
    } catch (error) {
      if (!(error instanceof Incomparable)) throw error;
      throw new FieldFault({ column: field, rule: "where", reason: error.message });
    }
  };
}

const TEMPORAL: ReadonlySet<string> = new Set(["date", "time", "timestamp"]);

/** A literal as the cells of its field are spelled: an instant has many spellings, and they are compared as texts. */
function spelled(literal: Literal, name: string, schema: Schema): Literal {
  const field = schema.field(name);
  if (literal.kind !== "text" || !field || field.lexical || !TEMPORAL.has(field.type.kind)) return literal;
  const cell = compileConverter(field.type)(literal.text);
  if (!(cell instanceof Misfit)) return { kind: "text", text: String(cell) };
  throw new DativoError(
    "DTV_OPTION_INVALID",
    `where: '${literal.text}' cannot be compared with field '${name}', which is a ${formatType(field.type)}`,
    {
      culprit: "where",
      hint: "Write it as 2024-01-31, 10:30:00 or 2024-01-31T10:30:00, with Z where there is a zone.",
    },
  );
}

function compile(condition: Condition, schema: Schema): Test {
  switch (condition.kind) {
    case "and": {
      const [left, right] = [compile(condition.left, schema), compile(condition.right, schema)];
      return (batch, row) => and(left(batch, row), () => right(batch, row));
    }
    case "or": {
      const [left, right] = [compile(condition.left, schema), compile(condition.right, schema)];
      return (batch, row) => negate(and(negate(left(batch, row)), () => negate(right(batch, row))));
    }
    case "not": {
      const inner = compile(condition.inner, schema);
      return (batch, row) => negate(inner(batch, row));
    }
    case "isNull": {
      const cell = cellOf(condition.field, schema);
      return (batch, row) => cell(batch, row) === null;
    }
    case "in": {
      const cell = cellOf(condition.field, schema);
      const compare = condition.values.map((value) => comparer(condition.field, "==", value, schema));
      return (batch, row) => {
        const found = cell(batch, row);
        return found === null ? undefined : compare.some((each) => each(found));
      };
    }
    default: {
      const cell = cellOf(condition.field, schema);
      const compare = comparer(condition.field, condition.operator, condition.value, schema);
      return (batch, row) => {
        const found = cell(batch, row);
        return found === null ? undefined : compare(found);
      };
    }
  }
}

function and(left: boolean | undefined, right: () => boolean | undefined): boolean | undefined {
  if (left === false) return false;
  const other = right();
  return other === false ? false : left === undefined ? undefined : other;
}

function negate(value: boolean | undefined): boolean | undefined {
  return value === undefined ? undefined : !value;
}

function cellOf(field: string, schema: Schema): (batch: RowBatch, row: number) => unknown {
  const index = schema.indexOf(field);
  if (index >= 0) return (batch, row) => batch.cells(index)[row] ?? null;
  // Records without a header may have the field later.
  if (schema.isOpen) return () => null;
  throw new DativoError("DTV_OPTION_INVALID", `where: there is no field '${field}'${didYouMean(field, schema.names)}`, {
    culprit: "where",
    hint: `The fields are ${schema.names.join(", ")}.`,
  });
}
