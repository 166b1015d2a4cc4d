import { DativoError } from "../../contract/errors.ts";
import type { SecretManager, SecretValue } from "./open-secret-manager.ts";
import { Secret } from "./secret.ts";

type Bag = Readonly<Record<string, unknown>>;

export interface CredentialsRequest {
  /** As the documents say, variables filled in. */
  readonly credentials: Bag;
  readonly tenantId: string;
  readonly manager: SecretManager;
  readonly env: NodeJS.ProcessEnv;
  /** Variables that `from_env` may name. */
  readonly allowed: (name: string) => boolean;
}

/**
 * Credentials with the secret that they name in them: `from_env` is looked up in the environment and then, in lower
 * case, in the secret manager; `from_secret` in the secret manager only. The value goes under the key that the type
 * of the credentials has for it; a document brings its own keys. What the bag already holds is not looked up.
 *
 * @throws DativoError DTV_SECRET_MISSING saying where the secret was looked for
 */
export async function resolveCredentials(request: CredentialsRequest): Promise<Bag> {
  const { from_env: fromEnv, from_secret: fromSecret, ...rest } = request.credentials;
  const bag = withTenant(rest, request.tenantId);
  const type = typeof bag["type"] === "string" ? bag["type"] : undefined;
  const keys = KEYS.get(type) ?? ["secret"];
  const isNamed = fromEnv !== undefined || fromSecret !== undefined;
  if (type === "none" || !isNamed || keys.some((key) => bag[key] !== undefined)) return bag;
  const secret =
    fromSecret === undefined
      ? await fromEnvironment(String(fromEnv), request)
      : await fromManager(String(fromSecret), request);
  const value = secret.reveal();
  if (typeof value !== "string") return { ...value, ...bag };
  // A variable such as GOOGLE_APPLICATION_CREDENTIALS names the file of a service account.
  return { ...bag, [keys[0] as string]: value };
}

/** Keys that hold the secret itself, by type; the first is the one it is put under. */
const KEYS: ReadonlyMap<string | undefined, readonly string[]> = new Map([
  ["api_key", ["api_key"]],
  ["bearer", ["token"]],
  ["token", ["token"]],
  ["oauth", ["token"]],
  ["oauth2", ["token"]],
  ["basic", ["password"]],
  ["service_account", ["credentials_path", "service_account_file", "file", "path", "file_template", "private_key"]],
]);

async function fromEnvironment(name: string, request: CredentialsRequest): Promise<Secret<SecretValue>> {
  const { env, allowed, manager, tenantId } = request;
  const value = allowed(name) ? env[name] : undefined;
  if (value) return new Secret<SecretValue>(parseDocument(value));
  const kept = await manager.get(tenantId, name.toLowerCase());
  if (kept) return kept;
  const why = allowed(name) ? `is not set` : `may not be read in cloud mode`;
  const instead = allowed(name) ? `set ${name}, or ` : "";
  throw missing(
    `the variable '${name}' ${why} and the secret manager '${manager.name}' has no '${name.toLowerCase()}' for tenant '${tenantId}'; ${instead}${manager.describeMissing(tenantId, name.toLowerCase())}`,
    name,
  );
}

async function fromManager(name: string, { manager, tenantId }: CredentialsRequest): Promise<Secret<SecretValue>> {
  const kept = await manager.get(tenantId, name.toLowerCase());
  if (kept) return kept;
  throw missing(
    `the secret manager '${manager.name}' has no '${name.toLowerCase()}' for tenant '${tenantId}'; ${manager.describeMissing(tenantId, name.toLowerCase())}`,
    name,
  );
}

/** A variable can hold the whole document of a service account. */
function parseDocument(value: string): SecretValue {
  if (!value.trimStart().startsWith("{")) return value;
  try {
    return JSON.parse(value) as SecretValue;
  } catch {
    return value;
  }
}

function withTenant(bag: Bag, tenantId: string): Bag {
  const { file_template: template } = bag;
  return typeof template === "string" ? { ...bag, file_template: template.replaceAll("{tenant}", tenantId) } : bag;
}

function missing(message: string, name: string): DativoError {
  return new DativoError("DTV_SECRET_MISSING", message, { culprit: name });
}
