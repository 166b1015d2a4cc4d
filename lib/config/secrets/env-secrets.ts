import type { SecretManager, SecretValue } from "./open-secret-manager.ts";
import { HINTS, type PayloadHint, parsePayload } from "./parse-payload.ts";
import { Secret } from "./secret.ts";

const PREFIX = "DATIVO_SECRET";
const DELIMITER = "__";
/** Scopes that every tenant sees, after its own. */
const SHARED = ["GLOBAL", "ALL"];

/**
 * Secrets in the environment: `DATIVO_SECRET__<TENANT>__<NAME>`, with an optional `__json`, `__env`, `__text` or
 * `__raw` at the end. The tenant is in upper case, `-` as `_`; the name may have several parts, which `_` joins.
 */
export function envSecrets(env: NodeJS.ProcessEnv): SecretManager {
  return {
    name: "env",
    describeMissing: (tenantId, name) => {
      const scope = scopeOf(tenantId);
      return scope === undefined
        ? `the tenant id '${tenantId}' cannot be told apart in the name of a variable; only ${SHARED[0]} secrets reach it`
        : `set ${[PREFIX, scope, name.toUpperCase()].join(DELIMITER)}`;
    },
    get: async (tenantId, name) => {
      const entries = Object.entries(env).flatMap(([key, value]) => parseEntry(key, value));
      for (const scope of [scopeOf(tenantId), ...SHARED]) {
        const entry = entries.find((each) => each.scope === scope && each.name === name);
        if (entry) return new Secret<SecretValue>(parsePayload(entry.payload, entry.hint, entry.key));
      }
      return undefined;
    },
  };
}

interface Entry {
  readonly key: string;
  readonly scope: string;
  readonly name: string;
  readonly hint: PayloadHint;
  readonly payload: string;
}

function parseEntry(key: string, payload: string | undefined): Entry[] {
  const [prefix, scope, ...rest] = key.split(DELIMITER);
  if (prefix !== PREFIX || scope === undefined || rest.length === 0 || !payload) return [];
  const last = rest.at(-1)?.toLowerCase() as PayloadHint;
  const hint = rest.length > 1 && HINTS.includes(last) ? last : "auto";
  const parts = hint === "auto" ? rest : rest.slice(0, -1);
  return [{ key, scope: scope.toUpperCase(), name: parts.join("_").toLowerCase(), hint, payload }];
}

/**
 * The tenant in the name of a variable. Ids that would read as another tenant's scope have none: `a__b` could be
 * the secret `b` of tenant `a`, and GLOBAL is everybody's.
 */
function scopeOf(tenantId: string): string | undefined {
  const scope = tenantId.toUpperCase().replaceAll("-", "_");
  return /^[A-Z0-9]+(_[A-Z0-9]+)*$/.test(scope) && !SHARED.includes(scope) ? scope : undefined;
}
