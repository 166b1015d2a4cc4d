import type { z } from "zod";
import { describeIssues, didYouMean } from "../../contract/options.ts";
import { type ConfigDocument, faultAt, valueAt } from "./config-document.ts";
import type { ConfigFault, Keys } from "./config-fault.ts";

export interface Checked<T> {
  /** Undefined where the document does not keep its declaration. */
  readonly value: T | undefined;
  readonly faults: readonly ConfigFault[];
}

/** Holds a document, or the part of it under `at`, to its declaration; every fault has its place. */
export function checkDocument<S extends z.ZodType>(
  schema: S,
  document: ConfigDocument,
  at: Keys = [],
): Checked<z.output<S>> {
  const given = valueAt(document.value, at);
  const result = schema.safeParse(given, { error: explain });
  if (result.success) return { value: result.data, faults: [] };
  const faults = describeIssues(result.error, schema).map(({ keys, message }) =>
    faultAt(document, [...at, ...keys], message, { part: message.startsWith("unknown key") ? "key" : "value" }),
  );
  return { value: undefined, faults };
}

/** The value without the keys that faults point at, to be read on for the faults that only show later. */
export function withoutFaults(value: unknown, faults: readonly { path: string }[], path = ""): unknown {
  if (Array.isArray(value)) {
    return value.map((item, index) => withoutFaults(item, faults, join(path, String(index))));
  }
  if (typeof value !== "object" || value === null) return value;
  const wrong = new Set(faults.map((fault) => fault.path));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !wrong.has(join(path, key)))
      .map(([key, inner]) => [key, withoutFaults(inner, faults, join(path, key))]),
  );
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

/** What was expected, in words; undefined leaves the sentence to the schema. */
function explain(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined
        ? "is required"
        : `expected ${typeName(issue.expected)}, got ${describeValue(issue.input)}${quoteHint(issue)}`;
    case "invalid_value":
      return issue.input === undefined ? "is required" : explainChoice(issue.values.map(String), issue.input);
    case "too_small":
      return explainBound(
        issue.origin,
        issue.input,
        `${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}`,
        issue.minimum,
      );
    case "too_big":
      return explainBound(issue.origin, issue.input, `at most ${issue.maximum}`, issue.maximum);
    default:
      return undefined;
  }
}

function explainChoice(choices: readonly string[], input: unknown): string {
  const list = choices.map((choice) => `'${choice}'`).join(", ");
  const expected = choices.length === 1 ? list : `one of ${list}`;
  if (typeof input !== "string") return `expected ${expected}, got ${describeValue(input)}`;
  return `expected ${expected}, got '${input.slice(0, 40)}'${didYouMean(input, choices)}`;
}

function explainBound(origin: string, input: unknown, bound: string, limit: number | bigint): string {
  if (origin === "string") return input === "" ? "must not be empty" : `expected text of ${bound} characters`;
  if (origin === "array") return limit === 1 ? "needs at least one entry" : `expected a list of ${bound} entries`;
  return `expected ${bound}, got ${describeValue(input)}`;
}

function quoteHint(issue: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidType>): string {
  const scalar = typeof issue.input === "number" || typeof issue.input === "boolean";
  return issue.expected === "string" && scalar ? "; put it in quotes" : "";
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

function typeName(expected: string): string {
  return TYPE_NAMES[expected] ?? expected;
}

/** The kind of a value; text is not shown, since a secret may have slipped into the wrong place. */
function describeValue(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "boolean") return String(value);
  return "text";
}
