import type { AssetDefinition, AssetField } from "../../lib/contract/asset.ts";
import type { Batch, Row } from "../../lib/contract/batch.ts";
import { type Converter, compileConverter, describeMisfit, Misfit } from "../../lib/contract/convert.ts";
import { DativoError } from "../../lib/contract/errors.ts";
import { didYouMean } from "../../lib/contract/options.ts";
import type { Fault } from "../../lib/contract/reject.ts";
import { positionsExcept, RowBatch, recordText } from "../../lib/contract/row-batch.ts";
import type { Schema } from "../../lib/contract/schema.ts";
import { BaseTransform } from "../../lib/contract/transform.ts";
import { isSameType } from "../../lib/contract/types.ts";
import { type Check, compileRules } from "./rules.ts";
import { UniqueIndex } from "./unique-index.ts";

interface CompiledColumn {
  readonly field: AssetField;
  /** Position in the input, -1 when it has no such column. */
  readonly source: number;
  readonly convert: Converter;
  /** The input says that the column has the contract's type already. */
  readonly sameType: boolean;
  readonly checks: readonly Check[];
}

/**
 * Checks every record against a contract and gives its values the contract's types. Records that break it are
 * rejected with every fault found; columns that the contract does not name are left out.
 */
export class Validate<R extends Row = Row> extends BaseTransform<Row, R> {
  override readonly contract: AssetDefinition;
  readonly #asset: AssetDefinition<R>;
  readonly #target: Schema;
  readonly #unique: UniqueIndex[];
  #rules: Check[][] | undefined;
  #columns: readonly CompiledColumn[] = [];

  constructor({ asset }: { asset: AssetDefinition<R> }) {
    super();
    this.contract = asset as AssetDefinition;
    this.#asset = asset;
    this.#target = asset.targetSchema();
    this.#unique = uniqueIndexes(asset, this.#target);
  }

  override async open(schema: Schema, source = "The source"): Promise<Schema> {
    this.#rules ??= await compileRules(this.#asset);
    this.#reportMissing(schema, source);
    const extra = schema.names.filter((name) => this.#target.indexOf(name) < 0);
    if (extra.length > 0) {
      this.ctx.log.warn(`${source}: columns that the contract does not name are left out: ${quoted(extra)}`, {
        columns: extra,
      });
    }
    this.#columns = this.#asset.fields.map((field, index) => compileColumn(field, schema, this.#rules?.[index] ?? []));
    return this.#target;
  }

  apply(batch: Batch): Batch<R> {
    const input = RowBatch.from(batch);
    const faults = new Map<number, Fault[]>();
    const columns = this.#columns.map((column) => checkColumn(column, input, faults));
    const extras = { provenance: input.provenance, exact: true };
    const typed = RowBatch.fromColumns<R>(this.#target, columns, input.length, extras);
    this.#checkUnique(typed, faults);
    if (faults.size === 0) return typed;
    for (const row of [...faults.keys()].sort((a, b) => a - b)) this.#reject(input, row, faults.get(row) as Fault[]);
    return typed.take(positionsExcept(input.length, faults));
  }

  override close(): void {
    for (const index of this.#unique) index.close();
  }

  /** A header without a required column makes every record wrong: one error says it better than a million rejects. */
  #reportMissing(schema: Schema, source: string): void {
    const missing = this.#asset.fields.filter((field) => schema.indexOf(field.name) < 0);
    const required = missing.filter((field) => field.required);
    // Nothing in common and nothing required: every record would come out as nulls, and pass.
    const isBlank = missing.length > 0 && missing.length === this.#asset.fields.length && required.length === 0;
    const needed = isBlank && schema.names.length > 0 ? missing : required;
    // Where records have no header, a column that is missing so far may still come.
    if (needed.length > 0 && (needed === missing || !schema.isOpen)) {
      throw new DativoError("DTV_COLUMN_MISSING", `${source} has no column ${nearest(needed, schema)}`, {
        culprit: needed.map((field) => field.name).join(", "),
        hint: cureFor(schema),
      });
    }
    if (missing.length > 0 && !schema.isOpen) {
      this.ctx.log.warn(`${source}: columns that are not there are null: ${nearest(missing, schema)}`, {
        columns: missing.map((field) => field.name),
      });
    }
  }

  /** Only records that are right otherwise count as seen: a bad first one must not condemn a good second one. */
  #checkUnique(typed: RowBatch, faults: Map<number, Fault[]>): void {
    if (this.#unique.length === 0) return;
    for (let row = 0; row < typed.length; row++) {
      if (faults.has(row)) continue;
      for (const { names } of this.#unique.filter((index) => index.has(typed, row))) {
        const values = names.map((name) => String(typed.cells(this.#target.indexOf(name))[row])).join(", ");
        addFault(faults, row, { column: names.join(", "), rule: "unique", reason: `${values} was there before` });
      }
      if (!faults.has(row)) for (const index of this.#unique) index.add(typed, row, this.ctx.budget);
    }
  }

  #reject(input: RowBatch, row: number, faults: Fault[]): void {
    const place = input.provenance?.at(row) ?? { source: this.#asset.name };
    if (place.raw) {
      this.ctx.reject({ ...place, faults });
      return;
    }
    this.ctx.reject({ ...place, record: recordText(input, row), faults });
  }
}

function compileColumn(field: AssetField, schema: Schema, checks: readonly Check[]): CompiledColumn {
  const source = schema.indexOf(field.name);
  const given = schema.fields[source];
  const sameType = given !== undefined && !given.lexical && isSameType(given.type, field.type);
  return { field, source, convert: compileConverter(field.type), sameType, checks };
}

/** `'id', 'nmae'; did you mean 'name'?` */
function nearest(fields: readonly AssetField[], schema: Schema): string {
  return fields.map((field) => `'${field.name}'${didYouMean(field.name, schema.names)}`).join(", ");
}

function cureFor({ names }: Schema): string {
  const [only = ""] = names;
  const delimiter = names.length === 1 ? OTHER_DELIMITERS.find((text) => only.includes(text)) : undefined;
  if (delimiter !== undefined) {
    return `Its only column is '${only}'. If ${JSON.stringify(delimiter)} divides the columns, say so: \`engine: { options: { delimiter: ${JSON.stringify(delimiter)} } }\`.`;
  }
  return `Its columns are ${quoted(names)}. The contract names columns as the source has them; \`map\` renames what was checked.`;
}

const OTHER_DELIMITERS = [";", "\t", "|", ","];

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(", ");
}

function checkColumn(column: CompiledColumn, input: RowBatch, faults: Map<number, Fault[]>): unknown[] {
  const { field, checks } = column;
  // A plugin may say of its values what they are not; only a codec or a check is believed.
  const convert = column.sameType && input.isExact ? undefined : column.convert;
  const cells = column.source < 0 ? undefined : input.cells(column.source);
  const made = new Array<unknown>(input.length);
  for (let row = 0; row < made.length; row++) {
    const given = cells?.[row] ?? null;
    if (given === null) {
      made[row] = null;
      if (field.required)
        addFault(faults, row, { column: field.name, rule: "required", reason: "a value is required" });
      continue;
    }
    const cell = convert ? convert(given) : given;
    made[row] = cell;
    if (cell instanceof Misfit) {
      addFault(faults, row, { column: field.name, rule: "type", reason: describeMisfit(cell, given, field.type) });
      continue;
    }
    for (const check of checks) {
      if (!check.passes(cell))
        addFault(faults, row, { column: field.name, rule: check.rule, reason: check.reason(cell) });
    }
  }
  return made;
}

function addFault(faults: Map<number, Fault[]>, row: number, fault: Fault): void {
  const list = faults.get(row);
  if (list) list.push(fault);
  else faults.set(row, [fault]);
}

function uniqueIndexes(asset: AssetDefinition, schema: Schema): UniqueIndex[] {
  const groups = asset.fields.filter((field) => field.unique).map((field) => [field.name]);
  if (asset.primaryKey.length > 0) groups.push([...asset.primaryKey]);
  return groups.map(
    (names) =>
      new UniqueIndex(
        names,
        names.map((name) => schema.indexOf(name)),
      ),
  );
}
