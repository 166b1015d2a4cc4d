import type { ErrorCode } from "../../contract/errors.ts";
import { registerSecret } from "../secrets/mask-secrets.ts";
import { isSecretName } from "../secrets/secret-names.ts";
import { isMapping } from "./config-document.ts";
import type { Keys } from "./config-fault.ts";

export interface ExpandOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Names that may be read; all by default. */
  readonly allowed?: ((name: string) => boolean) | undefined;
  /** Keys whose text belongs to another program and is left alone. */
  readonly except?: ReadonlySet<string> | undefined;
}

export interface ExpandFault {
  readonly keys: Keys;
  readonly code: ErrorCode;
  readonly message: string;
}

export interface Expanded {
  readonly value: unknown;
  readonly faults: readonly ExpandFault[];
}

/**
 * Fills `${NAME}` and `${NAME:-default}` in every text of a value, once: what a variable holds is not looked at
 * again, so it can bring in neither structure nor other variables. `$${` stands for `${`. As in a shell, the
 * default also serves for a variable that is set to nothing. Text at fault stays as it was written.
 */
export function expandVariables(value: unknown, options: ExpandOptions): Expanded {
  const faults: ExpandFault[] = [];
  const walk = (at: unknown, keys: Keys): unknown => {
    if (typeof at === "string") return expandText(at, options, (code, message) => faults.push({ keys, code, message }));
    if (Array.isArray(at)) return at.map((item, index) => walk(item, [...keys, index]));
    if (!isMapping(at)) return at;
    return Object.fromEntries(
      Object.entries(at).map(([key, inner]) => [key, options.except?.has(key) ? inner : walk(inner, [...keys, key])]),
    );
  };
  return { value: walk(value, []), faults };
}

/** Variables that jobs may read in cloud mode: these, and what the operator adds to DATIVO_JOB_VARIABLES. */
const CLOUD_PREFIX = "DATIVO_VAR_";

/**
 * Which variables a document may read. In cloud mode whoever writes a job is not who runs it, so only names that
 * begin with `DATIVO_VAR_` and those that the operator lists in `DATIVO_JOB_VARIABLES` (with commas) are read.
 */
export function allowedVariables(mode: "self_hosted" | "cloud", env: NodeJS.ProcessEnv): (name: string) => boolean {
  if (mode === "self_hosted") return () => true;
  const listed = new Set((env["DATIVO_JOB_VARIABLES"] ?? "").split(",").map((name) => name.trim()));
  return (name) => name !== "" && (name.startsWith(CLOUD_PREFIX) || listed.has(name));
}

/** In turn: the escape, a variable, or a brace that opens neither. */
const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-((?:(?!\$\{)[^}])*))?\}|\$\{/g;

function expandText(
  text: string,
  { env, allowed = () => true }: ExpandOptions,
  onFault: (code: ErrorCode, message: string) => void,
): string {
  return text.replace(REFERENCE, (written: string, name: string | undefined, fallback: string | undefined) => {
    if (written === "$${") return "${";
    if (name === undefined) {
      onFault("DTV_CONFIG_INVALID", "'${' opens no ${NAME} or ${NAME:-default}; write $${ for a plain ${");
      return written;
    }
    if (!allowed(name)) {
      onFault(
        "DTV_VARIABLE_FORBIDDEN",
        `the variable '${name}' may not be read in cloud mode; jobs read ${CLOUD_PREFIX}…`,
      );
      return written;
    }
    const value = fallback === undefined ? env[name] : env[name] || fallback;
    if (value === undefined) {
      onFault("DTV_VARIABLE_UNSET", `the variable '${name}' is not set; give it a value, or a default: \${${name}:-…}`);
      return written;
    }
    if (isSecretName(name)) registerSecret(value);
    return value;
  });
}
