import type { AssetDefinition, AssetField } from "../../lib/contract/asset.ts";
import type { Batch, Row } from "../../lib/contract/batch.ts";
import { type Converter, compileConverter, describeMisfit, Misfit } from "../../lib/contract/convert.ts";
import { DativoError } from "../../lib/contract/errors.ts";
import { stringifyJson } from "../../lib/contract/json.ts";
import { didYouMean } from "../../lib/contract/options.ts";
import type { Fault } from "../../lib/contract/reject.ts";
import { RowBatch } from "../../lib/contract/row-batch.ts";
import type { Schema } from "../../lib/contract/schema.ts";
import { BaseTransform } from "../../lib/contract/transform.ts";
import { isSameType } from "../../lib/contract/types.ts";
import { type Check, compileRules } from "./rules.ts";
import { UniqueIndex } from "./unique-index.ts";

interface CompiledColumn {
  readonly field: AssetField;
  /** Position in the input, -1 when it has no such column. */
  readonly source: number;
  /** Undefined when the input already has the type. */
  readonly convert: Converter | undefined;
  readonly checks: readonly Check[];
}

/**
 * Checks every record against a contract and gives its values the contract's types. Records that break it are
 * rejected with every fault found; columns that the contract does not name are left out.
 */
export class Validate<R extends Row = Row> extends BaseTransform<Row, R> {
  readonly #asset: AssetDefinition<R>;
  readonly #target: Schema;
  readonly #unique: UniqueIndex[];
  #rules: Check[][] | undefined;
  #columns: readonly CompiledColumn[] = [];

  constructor({ asset }: { asset: AssetDefinition<R> }) {
    super();
    this.#asset = asset;
    this.#target = asset.targetSchema();
    this.#unique = uniqueIndexes(asset, this.#target);
  }

  override async open(schema: Schema): Promise<Schema> {
    this.#rules ??= await compileRules(this.#asset);
    const missing = this.#asset.fields.filter((field) => schema.indexOf(field.name) < 0);
    if (!schema.isOpen) this.#reportMissing(missing, schema);
    const extra = schema.names.filter((name) => this.#target.indexOf(name) < 0);
    if (extra.length > 0) {
      this.ctx.log.warn(`Columns that the contract does not name are left out: ${extra.join(", ")}`, {
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
    const typed = RowBatch.fromColumns<R>(this.#target, columns, input.length, { provenance: input.provenance });
    this.#checkUnique(typed, faults);
    if (faults.size === 0) return typed;
    for (const row of [...faults.keys()].sort((a, b) => a - b)) this.#reject(input, row, faults.get(row) as Fault[]);
    const good = Array.from({ length: input.length }, (_, row) => row).filter((row) => !faults.has(row));
    return typed.take(good);
  }

  override close(): void {
    for (const index of this.#unique) index.close();
  }

  /** A header without a required column makes every record wrong: one error says it better than a million rejects. */
  #reportMissing(missing: readonly AssetField[], schema: Schema): void {
    const required = missing.filter((field) => field.required);
    if (required.length > 0) {
      const names = required.map((field) => `'${field.name}'${didYouMean(field.name, schema.names)}`);
      throw new DativoError("DTV_COLUMN_MISSING", `The source has no column ${names.join(", ")}`, {
        culprit: required.map((field) => field.name).join(", "),
        hint: `Its columns are ${schema.names.join(", ")}. Rename them with \`map\`, or change the contract.`,
      });
    }
    if (missing.length > 0) {
      const names = missing.map((field) => field.name);
      this.ctx.log.warn(`Columns that the source does not have are null: ${names.join(", ")}`, { columns: names });
    }
  }

  /** Only records that are right otherwise count as seen: a bad first one must not condemn a good second one. */
  #checkUnique(typed: RowBatch, faults: Map<number, Fault[]>): void {
    if (this.#unique.length === 0) return;
    for (let row = 0; row < typed.length; row++) {
      if (faults.has(row)) continue;
      for (const index of this.#unique) {
        if (index.add(typed, row, this.ctx.budget)) continue;
        const values = index.names.map((name) => String(typed.cells(this.#target.indexOf(name))[row])).join(", ");
        addFault(faults, row, { column: index.names.join(", "), rule: "unique", reason: `${values} was there before` });
      }
    }
  }

  #reject(input: RowBatch, row: number, faults: Fault[]): void {
    const place = input.provenance?.at(row) ?? { source: this.#asset.name };
    if (place.raw) {
      this.ctx.reject({ ...place, faults });
      return;
    }
    const record = Object.fromEntries(input.schema.names.map((name, index) => [name, input.cells(index)[row] ?? null]));
    this.ctx.reject({ ...place, record: stringifyJson(record, "string"), faults });
  }
}

function compileColumn(field: AssetField, schema: Schema, checks: readonly Check[]): CompiledColumn {
  const source = schema.indexOf(field.name);
  const given = schema.fields[source];
  const typed = given !== undefined && !given.lexical && isSameType(given.type, field.type);
  return { field, source, convert: typed ? undefined : compileConverter(field.type), checks };
}

function checkColumn(column: CompiledColumn, input: RowBatch, faults: Map<number, Fault[]>): unknown[] {
  const { field, convert, checks } = column;
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
