import { inspect } from "node:util";
import { registerSecret } from "./mask-secrets.ts";

/**
 * A value that must not be printed: text, or a document of several values (a service account). Printing it in any
 * way gives `***`; {@link reveal} gives the value. Every text in it is registered with `maskSecrets`.
 */
export class Secret<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
    for (const text of textsOf(value)) registerSecret(text);
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return "***";
  }

  toJSON(): string {
    return "***";
  }

  [inspect.custom](): string {
    return "Secret ***";
  }
}

/** Every text inside a value; numbers count, since a password may be all digits. */
export function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number" || typeof value === "bigint") return [String(value)];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
