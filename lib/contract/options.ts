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
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const faults = describeIssues(result.error, schema).map(({ path, message }) =>
    path === "" ? message : `${path}: ${message}`,
  );
  throw new DativoError("DTV_OPTION_INVALID", `${owner}: ${faults.join("; ")}`, {
    culprit: owner,
    details: { faults },
  });
}

export interface OptionFault {
  /** Dotted path from the root of what was checked, empty for the root. */
  readonly path: string;
  readonly keys: readonly PropertyKey[];
  readonly message: string;
}

/** Issues as sentences; an unknown key gets one of its own and the nearest known key. */
export function describeIssues(error: z.ZodError, schema: z.ZodType): OptionFault[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") return [fault(issue.path, issue.message)];
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => fault([...issue.path, key], unknownKey(key, known)));
  });
}

/** The nearest of `known` to a misspelt name, as the end of a sentence; empty when nothing is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const ranked = known.map((word) => ({ word, distance: distanceOf(name.toLowerCase(), word.toLowerCase()) }));
  ranked.sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= Math.max(1, Math.floor(name.length / 3)) ? `; did you mean '${best.word}'?` : "";
}

/** Letters in another order are one slip, not two. */
function distanceOf(a: string, b: string): number {
  return isAnagram(a, b) ? 1 : leven(a, b);
}

function isAnagram(a: string, b: string): boolean {
  return a !== b && [...a].sort().join("") === [...b].sort().join("");
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = didYouMean(key, known);
  return `unknown key '${key}'${near || (known.length > 0 ? `; known are ${known.join(", ")}` : "")}`;
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
