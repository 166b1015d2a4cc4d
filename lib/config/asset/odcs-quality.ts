import type { FieldSpec } from "../../contract/asset.ts";
import { isMapping } from "../document/config-document.ts";
import type { Keys } from "../document/config-fault.ts";
import { type AssetNotes, enumValues } from "./asset-notes.ts";
import type { OdcsSchemaObject, QualityRule } from "./odcs-schema.ts";

type Rules = Partial<Pick<FieldSpec, "required" | "unique" | "enum" | "pattern">>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The rules that a property's `quality` comes down to: metrics that must be 0. Prose is left alone, everything else
 * is a rule that this version does not check.
 */
export function qualityRules(quality: readonly QualityRule[], keys: Keys, isText: boolean, notes: AssetNotes): Rules {
  const rules: Mutable<Rules> = {};
  for (const [index, rule] of quality.entries()) {
    const at = [...keys, "quality", index];
    const metric = metricOf(rule);
    if (rule.type === "text") continue;
    if (metric === undefined || !isZero(rule)) notes.planned(at, describeRule(rule));
    else if (metric === "nullValues") rules.required = true;
    else if (metric === "duplicateValues") rules.unique = true;
    else if (!addValidValues(rules, rule, at, isText, notes)) notes.planned(at, describeRule(rule));
  }
  return rules;
}

/** Rules on the records together: only a key of one property, or the primary key again, is a rule of fields. */
export function objectRules(object: OdcsSchemaObject, keys: Keys, notes: AssetNotes): { unique: string[] } {
  const unique: string[] = [];
  const primaryKey = (object.properties ?? []).filter((property) => property.primaryKey).map(({ name }) => name);
  for (const [index, rule] of (object.quality ?? []).entries()) {
    if (rule.type === "text") continue;
    const named = metricOf(rule) === "duplicateValues" && isZero(rule) ? rule.arguments?.["properties"] : undefined;
    const names = Array.isArray(named) ? named.map(String) : [];
    const isPrimaryKey = names.length > 0 && [...names].sort().join("\n") === [...primaryKey].sort().join("\n");
    if (names.length === 1) unique.push(names[0] as string);
    else if (!isPrimaryKey) notes.planned([...keys, "quality", index], describeRule(rule));
  }
  return { unique };
}

/** Names before 3.1, and those since. */
const METRICS: Readonly<Record<string, string>> = {
  nullValues: "nullValues",
  nullCheck: "nullValues",
  duplicateValues: "duplicateValues",
  duplicateCount: "duplicateValues",
  invalidValues: "invalidValues",
  validValues: "invalidValues",
};

function metricOf(rule: QualityRule): string | undefined {
  const name = rule.metric ?? rule.rule ?? "";
  return Object.hasOwn(METRICS, name) ? METRICS[name] : undefined;
}

const OPERATORS = /^must(Not)?Be/;

/** `mustBe: 0` and no other bound, for a rule whose breach is an error. */
function isZero(rule: QualityRule): boolean {
  const operators = Object.keys(rule).filter((key) => OPERATORS.test(key));
  const isError = rule.severity === undefined || rule.severity.toLowerCase() === "error";
  const isLibrary = rule.type === undefined || rule.type === "library";
  return isLibrary && isError && operators.length === 1 && (rule.mustBe === 0 || rule.mustBe === "0");
}

function addValidValues(
  rules: Mutable<Rules>,
  rule: QualityRule,
  at: Keys,
  isText: boolean,
  notes: AssetNotes,
): boolean {
  const given = rule.arguments ?? {};
  const { validValues, pattern } = given;
  const unknown = Object.keys(given).filter((key) => key !== "validValues" && key !== "pattern");
  if (unknown.length > 0 || (validValues === undefined && pattern === undefined)) return false;
  if (validValues !== undefined && (!Array.isArray(validValues) || rules.enum !== undefined)) return false;
  if (pattern !== undefined && (typeof pattern !== "string" || rules.pattern !== undefined)) return false;
  if (Array.isArray(validValues)) {
    rules.enum = enumValues(validValues, (index) => [...at, "arguments", "validValues", index], isText, notes);
  }
  if (typeof pattern === "string") rules.pattern = pattern;
  return true;
}

function describeRule(rule: QualityRule): string {
  const name = rule.metric ?? rule.rule;
  if (name === undefined) return `checking quality rules of type '${rule.type ?? "library"}'`;
  const bounds = Object.entries(rule)
    .filter(([key, value]) => OPERATORS.test(key) && !isMapping(value))
    .map(([key, value]) => ` ${key} ${JSON.stringify(value)}`);
  return `checking the quality rule '${name}${bounds.join("")}'`;
}
