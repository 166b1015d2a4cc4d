import leven from "leven";
import { z } from "zod";
import { DativoError } from "./errors.ts";

/** The builder in which players declare their options: `static readonly options = o.object({ … })`. */
export { z as o };

/** The declaration of a set of options. */
export type OptionsSchema<T = unknown> = z.ZodType<T>;

/**
 * Checks options against their declaration.
 *
 * @throws DativoError DTV_OPTION_INVALID listing every fault, with the nearest known name for an unknown one.
 */
export function parseOptions<S extends z.ZodType>(schema: S, given: unknown, owner: string): z.output<S> {
  const result = schema.safeParse(given, { error: explainIssue });
  if (result.success) return result.data;
  const faults = describeIssues(result.error, schema).map(({ path, message }) => ({ path, message }));
  const lines = faults.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  throw new DativoError("DTV_OPTION_INVALID", `${owner}: ${lines.join("; ")}`, {
    culprit: owner,
    details: { faults },
  });
}

export interface OptionFault {
  /** Dotted path from the root of what was checked, empty for the root. */
  readonly path: string;
  readonly keys: readonly PropertyKey[];
  readonly message: string;
  /** The path that an unknown key was probably meant to be. */
  readonly meant?: string;
}

/**
 * Issues as sentences; an unknown key gets one of its own and the nearest known key. A required key that is missing
 * because it was misspelt is one fault, not two.
 */
export function describeIssues(error: z.ZodError, schema: z.ZodType): OptionFault[] {
  const faults = error.issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") return [fault(issue.path, issue.message)];
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => unknownKey(issue.path, key, known));
  });
  const meant = new Set(faults.map((each) => each.meant));
  return faults.filter(({ path, message }) => message !== IS_REQUIRED || !meant.has(path));
}

/** What is said of a key that is missing. */
export const IS_REQUIRED = "is required";

/** What was expected and what is there, in words; undefined leaves the sentence to the schema. */
export function explainIssue(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined
        ? IS_REQUIRED
        : `expected ${typeName(issue.expected)}, got ${describeValue(issue.input)}${quoteHint(issue)}`;
    case "invalid_value":
      return issue.input === undefined ? IS_REQUIRED : explainChoice(issue.values.map(String), issue.input);
    case "invalid_union":
      // The first way to write a value is the usual one.
      return issue.errors[0]?.[0]?.message;
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

/** The nearest of `known` to a misspelt name, as the end of a sentence; empty when nothing is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const near = nearestOf(name, known);
  return near === undefined ? "" : `; did you mean '${near}'?`;
}

function nearestOf(name: string, known: readonly string[]): string | undefined {
  const ranked = known.map((word) => ({ word, distance: distanceOf(name.toLowerCase(), word.toLowerCase()) }));
  ranked.sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= Math.max(1, Math.floor(name.length / 3)) ? best.word : undefined;
}

/** Letters in another order are one slip, not two. */
function distanceOf(a: string, b: string): number {
  return isAnagram(a, b) ? 1 : leven(a, b);
}

function isAnagram(a: string, b: string): boolean {
  return a !== b && [...a].sort().join("") === [...b].sort().join("");
}

function unknownKey(at: readonly PropertyKey[], key: string, known: readonly string[]): OptionFault {
  const near = nearestOf(key, known);
  const list = known.length > 0 ? `; known are ${known.join(", ")}` : "";
  const found = fault([...at, key], `unknown key '${key}'${didYouMean(key, known) || list}`);
  return near === undefined ? found : { ...found, meant: [...at, near].map(String).join(".") };
}

function fault(keys: readonly PropertyKey[], message: string): OptionFault {
  return { path: keys.map(String).join("."), keys, message };
}

/** The keys that the object schema at a path declares. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: z.ZodType | undefined = unwrap(schema);
  for (const key of path) {
    if (at instanceof z.ZodObject) at = at.shape[String(key)] as z.ZodType | undefined;
    else if (at instanceof z.ZodArray) at = at.element as z.ZodType;
    else if (at instanceof z.ZodRecord) at = at.valueType as z.ZodType;
    else return [];
    at = at && unwrap(at);
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function unwrap(schema: z.ZodType): z.ZodType {
  let at = schema;
  while (
    at instanceof z.ZodOptional ||
    at instanceof z.ZodNullable ||
    at instanceof z.ZodDefault ||
    at instanceof z.ZodPrefault
  ) {
    at = at.unwrap() as z.ZodType;
  }
  if (at instanceof z.ZodPipe) return unwrap(at.in as z.ZodType);
  return at;
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
