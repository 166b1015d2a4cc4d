import type { AssetDefinition, AssetField } from "../../lib/contract/asset.ts";
import { compileConverter, describeMisfit, Misfit, showValue } from "../../lib/contract/convert.ts";
import { DativoError } from "../../lib/contract/errors.ts";
import { ORDERED_KINDS, ranker } from "../../lib/contract/order.ts";
import { TEXT_FORMATS } from "../../lib/contract/text-formats.ts";
import type { DataType } from "../../lib/contract/types.ts";
import { compilePattern } from "./pattern.ts";

/** One rule of a field, ready to run on cells of the field's type. */
export interface Check {
  readonly rule: string;
  passes(cell: unknown): boolean;
  /** One sentence about a cell that did not pass. */
  reason(cell: unknown): string;
}

/**
 * The rules of every field, in the order of the contract.
 *
 * @throws DativoError DTV_ASSET_INVALID for a rule that cannot be checked on the field's type.
 */
export function compileRules(asset: AssetDefinition): Promise<Check[][]> {
  return Promise.all(asset.fields.map((field) => compileField(field)));
}

async function compileField(field: AssetField): Promise<Check[]> {
  const checks: Check[] = [];
  if (field.enum) checks.push(enumCheck(field, field.enum));
  if (field.pattern !== undefined) checks.push(await patternCheck(field, "pattern", field.pattern));
  if (field.format !== undefined) checks.push(await formatCheck(field, field.format));
  checks.push(...rangeChecks(field), ...lengthChecks(field));
  return checks;
}

function enumCheck(field: AssetField, allowed: readonly unknown[]): Check {
  const cells = new Set(allowed.map((value) => toBound(field, "enum", value)));
  const listed = allowed.slice(0, 10).map(showValue).join(", ") + (allowed.length > 10 ? ", …" : "");
  return {
    rule: "enum",
    passes: (cell) => cells.has(cell as number | bigint | string),
    reason: (cell) => `${showValue(cell)} is not one of ${listed}`,
  };
}

async function patternCheck(field: AssetField, rule: string, source: string): Promise<Check> {
  requireKind(field, rule, ["string"]);
  const pattern = await compilePattern(source, field.name);
  return {
    rule,
    passes: (cell) => pattern.test(cell as string),
    reason: (cell) => `${showValue(cell)} does not match ${source}`,
  };
}

async function formatCheck(field: AssetField, format: string): Promise<Check> {
  const source = TEXT_FORMATS[format];
  if (source === undefined)
    throw invalid(field, "format", `'${format}' is not one of ${Object.keys(TEXT_FORMATS).join(", ")}`);
  const check = await patternCheck(field, "format", source);
  return { ...check, reason: (cell) => `${showValue(cell)} is not a valid ${format}` };
}

const BOUNDS = [
  ["minimum", "below the minimum", (order: number) => order >= 0],
  ["maximum", "above the maximum", (order: number) => order <= 0],
  ["exclusiveMinimum", "not above", (order: number) => order > 0],
  ["exclusiveMaximum", "not below", (order: number) => order < 0],
] as const;

function rangeChecks(field: AssetField): Check[] {
  return BOUNDS.flatMap(([rule, phrase, holds]) => {
    const given = field[rule];
    if (given === undefined) return [];
    requireKind(field, rule, ORDERED_KINDS);
    const rank = ranker(field.type);
    const bound = rank(toBound(field, rule, given));
    return {
      rule,
      // NaN has no order and passes no bound.
      passes: (cell) => holds(compare(rank(cell), bound)),
      reason: (cell) => `${showValue(cell)} is ${phrase} ${given}`,
    };
  });
}

function compare(a: number | bigint | string, b: number | bigint | string): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return a <= b ? 0 : Number.NaN;
}

function lengthChecks(field: AssetField): Check[] {
  const checks: Check[] = [];
  const { minLength, maxLength } = field;
  if (minLength !== undefined) {
    requireKind(field, "min_length", ["string"]);
    checks.push({
      rule: "min_length",
      passes: (cell) => lengthOf(cell as string) >= minLength,
      reason: (cell) => `${showValue(cell)} has ${lengthOf(cell as string)} characters, fewer than ${minLength}`,
    });
  }
  if (maxLength !== undefined) {
    requireKind(field, "max_length", ["string"]);
    checks.push({
      rule: "max_length",
      // A UTF-16 unit is at most one code point: short text needs no counting.
      passes: (cell) => (cell as string).length <= maxLength || lengthOf(cell as string) <= maxLength,
      reason: (cell) => `${showValue(cell)} has ${lengthOf(cell as string)} characters, more than ${maxLength}`,
    });
  }
  return checks;
}

/** In code points. */
function lengthOf(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++;
    length++;
  }
  return length;
}

function toBound(field: AssetField, rule: string, value: unknown): number | bigint | string {
  const cell = compileConverter(field.type)(value);
  if (cell instanceof Misfit) throw invalid(field, rule, describeMisfit(cell, value, field.type));
  return cell as number | bigint | string;
}

function requireKind(field: AssetField, rule: string, kinds: readonly DataType["kind"][]): void {
  if (kinds.includes(field.type.kind)) return;
  throw invalid(field, rule, `it needs ${kinds.join(", ")}, the field is ${field.type.kind}`);
}

function invalid(field: AssetField, rule: string, why: string): DativoError {
  return new DativoError("DTV_ASSET_INVALID", `Rule '${rule}' of field '${field.name}': ${why}`, {
    culprit: field.name,
  });
}
