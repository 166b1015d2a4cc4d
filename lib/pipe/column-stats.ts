import { columnOf } from "../contract/column.ts";
import { compileConverter, Misfit } from "../contract/convert.ts";
import { TextInference } from "../contract/infer.ts";
import { stringifyJson } from "../contract/json.ts";
import type { Field } from "../contract/schema.ts";
import { type DataType, formatType } from "../contract/types.ts";

/** Values that are told apart, at most. */
const MAX_DISTINCT = 10_000;

/** What a column holds. */
export interface ColumnSummary {
  readonly name: string;
  /** Of text: what its values have in common. */
  readonly type: string;
  readonly count: number;
  readonly nulls: number;
  /** Undefined where there are more than {@link MAX_DISTINCT}. */
  readonly distinct: number | undefined;
  /** As in a row; undefined where the type has no order. */
  readonly min: unknown;
  readonly max: unknown;
  /** Of numbers, as a double; undefined for others. */
  readonly mean: number | undefined;
  /** Characters of the longest text. */
  readonly longest: number | undefined;
}

const NUMBERS: ReadonlySet<string> = new Set(["integer", "double", "decimal"]);
const UNORDERED: ReadonlySet<string> = new Set(["array", "object", "binary"]);

/** Sums up one column as its cells come. Text is taken for numbers or dates as long as all of it can be. */
export class ColumnStats {
  readonly #name: string;
  readonly #inference: TextInference | undefined;
  #range: Range;
  /** Of text as text, beside what it may stand for. */
  readonly #textRange: Range | undefined;
  #count = 0;
  #nulls = 0;
  #longest = -1;
  #distinct: Set<unknown> | undefined = new Set();

  constructor({ name, type, lexical }: Field) {
    this.#name = name;
    this.#inference = lexical ? new TextInference() : undefined;
    this.#range = new Range(type);
    this.#textRange = lexical ? new Range({ kind: "string" }) : undefined;
  }

  add(cells: readonly unknown[]): void {
    this.#count += cells.length;
    const values = cells.filter(isPresent);
    this.#nulls += cells.length - values.length;
    for (const value of values) this.#look(value);
    if (!this.#inference) {
      this.#range.add(values);
      return;
    }
    this.#textRange?.add(values.map(String));
    this.#addInferred(values, this.#inference);
  }

  result(): ColumnSummary {
    const type = this.#inference ? this.#inference.type : this.#range.type;
    const range = type.kind === "string" && this.#textRange ? this.#textRange : this.#range;
    return {
      name: this.#name,
      type: formatType(type),
      count: this.#count,
      nulls: this.#nulls,
      distinct: this.#distinct?.size,
      min: range.min,
      max: range.max,
      mean: range.mean,
      longest: this.#longest < 0 ? undefined : this.#longest,
    };
  }

  #look(value: unknown): void {
    if (typeof value === "string") this.#longest = Math.max(this.#longest, lengthOf(value));
    if (!this.#distinct) return;
    this.#distinct.add(typeof value === "object" ? stringifyJson(value, "string") : value);
    if (this.#distinct.size > MAX_DISTINCT) this.#distinct = undefined;
  }

  /** When a value shows that a column is no integer but a double, or no date but a time, what came before was one as well. */
  #addInferred(values: readonly unknown[], inference: TextInference): void {
    for (const value of values) inference.add(value);
    const { type } = inference;
    if (type !== this.#range.type) this.#range = this.#range.as(type);
    if (type.kind !== "string") this.#range.add(convertAll(values, type));
  }
}

/** In code points, as contracts count. */
function lengthOf(text: string): number {
  return /[\ud800-\udbff]/.test(text) ? [...text].length : text.length;
}

function isPresent(cell: unknown): boolean {
  return cell !== null && cell !== undefined;
}

function convertAll(values: readonly unknown[], type: DataType): unknown[] {
  return values.map(compileConverter(type)).filter((cell) => !(cell instanceof Misfit));
}

/** The least, the greatest and the mean of typed cells. */
class Range {
  readonly type: DataType;
  min: unknown;
  max: unknown;
  #least: unknown;
  #greatest: unknown;
  #sum = 0;
  #count = 0;

  constructor(type: DataType) {
    this.type = type;
  }

  get mean(): number | undefined {
    return NUMBERS.has(this.type.kind) && this.#count > 0 ? this.#sum / this.#count : undefined;
  }

  /** The same values taken for another type. */
  as(type: DataType): Range {
    const next = new Range(type);
    next.add(convertAll([this.min, this.max].filter(isPresent), type));
    next.#sum = this.#sum;
    next.#count = this.#count;
    return next;
  }

  add(cells: readonly unknown[]): void {
    if (UNORDERED.has(this.type.kind)) return;
    const { values } = columnOf("", this.type, cells);
    const isNumber = NUMBERS.has(this.type.kind);
    for (let i = 0; i < cells.length; i++) {
      const value = values[i] as never;
      if (Number.isNaN(value)) continue;
      if (this.#least === undefined || value < (this.#least as never)) {
        this.#least = value;
        this.min = cells[i];
      }
      if (this.#greatest === undefined || value > (this.#greatest as never)) {
        this.#greatest = value;
        this.max = cells[i];
      }
      if (!isNumber) continue;
      this.#sum += Number(cells[i]);
      this.#count++;
    }
  }
}
