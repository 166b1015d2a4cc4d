import { registerSecret } from "./mask-secrets.ts";
import { textsOf } from "./secret.ts";

type Bag = Readonly<Record<string, unknown>>;

/** Keys of `credentials` that say where a secret is, or of what kind, and are none themselves. */
const NOT_SECRET: ReadonlySet<string> = new Set(["type", "from_env", "from_secret", "file_template"]);

const SECRET_NAME =
  /(?:pass(?:word|wd|phrase|code)|pwd|secret|token|api_?key|access_?key|private_?key|account_?key|signing_?key|encryption_?key|shared_?key|credential|authorization|bearer|signature|connection_?string|dsn)/i;
/** A name that ends so tells where something is or how it works, not the thing. */
const ABOUT_A_SECRET = /(?:_(?:path|file|url|uri|type|format|template|env|ttl|expiry|expires_in|count|limit))$/i;

/** Whether a key or variable of this name holds a secret, going by the name alone. */
export function isSecretName(name: string): boolean {
  const snake = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replaceAll("-", "_");
  return SECRET_NAME.test(snake) && !ABOUT_A_SECRET.test(snake);
}

/** Registers what a job's bags hold in secrets, so that no message shows them. */
export function registerBags(bags: { credentials: Bag; connection: Bag; dsn?: string | undefined }): void {
  for (const [key, value] of Object.entries(bags.credentials)) {
    if (!NOT_SECRET.has(key)) for (const text of textsOf(value)) registerSecret(text);
  }
  registerNamed(bags.connection);
  if (bags.dsn !== undefined) {
    registerSecret(bags.dsn);
    registerPassword(bags.dsn);
  }
}

/** Registers whatever stands under the name of a secret, and passwords in URLs. */
export function registerNamed(value: unknown, name = ""): void {
  if (isSecretName(name)) for (const text of textsOf(value)) registerSecret(text);
  if (typeof value === "string") registerPassword(value);
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) registerNamed(inner, Array.isArray(value) ? name : key);
}

/** The password of a URL, as written and decoded. */
function registerPassword(text: string): void {
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#:@]*:([^\s/?#]*)@/i.exec(text)?.[1];
  if (password === undefined) return;
  registerSecret(password);
  try {
    registerSecret(decodeURIComponent(password));
  } catch {
    // Not percent-encoded: what is written is the password.
  }
}
