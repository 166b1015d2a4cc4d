import type { ErrorCode } from "../../contract/errors.ts";
import { type ConfigFault, type Finding, faultOf, faultsToError, findingOf, type Keys } from "./config-fault.ts";

export interface TextPosition {
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/** A configuration document: its value, and where each part of it stands in its file. */
export interface ConfigDocument {
  /** As messages show it. */
  readonly file: string;
  readonly value: Readonly<Record<string, unknown>>;
  /** Where a key or a value stands, or the nearest thing around it that is there; undefined without a text. */
  locate(keys: Keys, part?: "key" | "value"): TextPosition | undefined;
  /** A number or truth value as it was written (`1.0`, `007`); undefined without a text. */
  sourceOf(keys: Keys): string | undefined;
}

/**
 * A document that a program gives as an object, as YAML would have given it. It has no positions.
 *
 * @throws DativoError DTV_CONFIG_INVALID for what YAML cannot say: functions, class instances, endless nesting.
 */
export function documentOf(value: Readonly<Record<string, unknown>>, name: string): ConfigDocument {
  const copy = copyPlain(value, name, []) as Record<string, unknown>;
  return { file: name, value: copy, locate: () => undefined, sourceOf: () => undefined };
}

/** The same text with another value, for what is made of it. */
export function withValue(document: ConfigDocument, value: Readonly<Record<string, unknown>>): ConfigDocument {
  return { ...document, value };
}

export function findingAt(document: ConfigDocument, keys: Keys, message: string, part?: "key" | "value"): Finding {
  return findingOf({ file: document.file, ...document.locate(keys, part), path: keys.map(String).join("."), message });
}

export function faultAt(
  document: ConfigDocument,
  keys: Keys,
  message: string,
  { code = "DTV_CONFIG_INVALID", part }: { code?: ErrorCode; part?: "key" | "value" } = {},
): ConfigFault {
  return { code, ...findingAt(document, keys, message, part) };
}

/** The value at a path, or undefined. */
export function valueAt(root: unknown, keys: Keys): unknown {
  let at = root;
  for (const key of keys) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at;
}

/** A mapping, as opposed to a list, a scalar or nothing. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const MAX_DEPTH = 64;

function copyPlain(value: unknown, file: string, keys: Keys): unknown {
  const refuse = (message: string): never => {
    throw faultsToError([faultOf({ file, path: keys.map(String).join("."), message })]);
  };
  if (value === null || value === undefined || ["string", "number", "boolean"].includes(typeof value)) return value;
  if (keys.length > MAX_DEPTH) return refuse(`nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return value.map((item, index) => copyPlain(item, file, [...keys, index]));
  const prototype = typeof value === "object" ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== null) return refuse("expected a plain value");
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  if (entries.some(([key]) => key === "__proto__")) return refuse("the key '__proto__' is not allowed");
  return Object.fromEntries(entries.map(([key, inner]) => [key, copyPlain(inner, file, [...keys, key])]));
}
