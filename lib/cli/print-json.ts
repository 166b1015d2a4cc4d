import { maskSecrets } from "../config/secrets/mask-secrets.ts";

/** A result for programs, on stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(`${maskSecrets(JSON.stringify(value, undefined, 2))}\n`);
}
