import { InvalidArgumentError } from "commander";
import { parseSize } from "../contract/parse-size.ts";
import { parseDuration } from "./human.ts";

// What stands behind a flag, as what it means.

export function toMany(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

export function toList(text: string): string[] {
  return text.split(",").map((name) => name.trim());
}

export function toCount(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a whole number.");
}

/** @returns bytes */
export function toSize(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined) throw new InvalidArgumentError("A size looks like 256M, 1.5G or 300MiB.");
  return bytes;
}

/** @returns milliseconds */
export function toDuration(text: string): number {
  const millis = parseDuration(text);
  if (millis === undefined) throw new InvalidArgumentError("A duration looks like 30s, 10m or 2h.");
  return millis;
}

/** Repeated flags of `name=text`. */
export function toTexts(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [name, value] = cut(text);
  return { ...before, [name]: value };
}

/** Repeated flags of `name=value`: a number, a truth value or a list, as JSON writes them, and text if it is nothing of that. */
export function toValues(text: string, before: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const [name, value] = cut(text);
  return { ...before, [name]: parseValue(value) };
}

function cut(text: string): [name: string, value: string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new InvalidArgumentError("It looks like name=value.");
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
