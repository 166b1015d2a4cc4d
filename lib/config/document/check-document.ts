import type { z } from "zod";
import { describeIssues, explainIssue } from "../../contract/options.ts";
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
  const result = schema.safeParse(given, { error: explainIssue });
  if (result.success) return { value: result.data, faults: [] };
  const faults = describeIssues(result.error, schema).map(({ keys, message, meant }) => ({
    ...faultAt(document, [...at, ...keys], message, { part: message.startsWith("unknown key") ? "key" : "value" }),
    ...(meant === undefined ? {} : { meant: [...at.map(String), meant].join(".") }),
  }));
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
