import { isMapping } from "../document/config-document.ts";
import { isSecretName } from "../secrets/secret-names.ts";

type Bag = Readonly<Record<string, unknown>>;

/** A connection without keys whose names say secret, and without the user part of URLs. */
export function publicConnection(connection: Bag): Bag {
  return strip(connection) as Bag;
}

function strip(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/i, "$1");
  if (Array.isArray(value)) return value.map(strip);
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !isSecretName(key))
      .map(([key, inner]) => [key, strip(inner)]),
  );
}
