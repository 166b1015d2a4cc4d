import { DativoError } from "../../contract/errors.ts";
import { didYouMean } from "../../contract/options.ts";
import { envSecrets } from "./env-secrets.ts";
import type { Secret } from "./secret.ts";

/** A secret as it is kept: text, or a document such as a service account. */
export type SecretValue = string | Readonly<Record<string, unknown>>;

/** Where the secrets of tenants are kept. Names are in lower case. */
export interface SecretManager {
  readonly name: string;
  /** What to do to have the secret found; part of the error for one that is missing. */
  describeMissing(tenantId: string, name: string): string;
  /** @throws DativoError DTV_CONFIG_INVALID for a secret that is there and cannot be read. */
  get(tenantId: string, name: string): Promise<Secret<SecretValue> | undefined>;
}

/** The names that are known, each with its other names. Only the first is built. */
const MANAGERS: readonly (readonly [name: string, ...aliases: string[]])[] = [
  ["env", "environment"],
  ["filesystem", "fs", "file"],
  ["vault", "hashicorp", "hashicorp_vault"],
  ["aws", "aws_secrets_manager"],
  ["gcp", "gcp_secret_manager"],
];

/**
 * The secret manager of a name.
 *
 * @throws DativoError DTV_NOT_BUILT for one that this version does not have, DTV_CONFIG_INVALID for no such name.
 */
export function openSecretManager(name: string, env: NodeJS.ProcessEnv): SecretManager {
  const known = MANAGERS.find((names) => names.includes(name.toLowerCase()));
  const supported = MANAGERS.map(([first]) => first);
  if (!known) {
    const near = didYouMean(name, MANAGERS.flat());
    throw new DativoError(
      "DTV_CONFIG_INVALID",
      `Unsupported secret manager '${name}'. Supported managers: [${supported.join(", ")}]${near}`,
      {
        culprit: name,
      },
    );
  }
  const [manager] = known;
  if (manager === "env") return envSecrets(env);
  throw new DativoError(
    "DTV_NOT_BUILT",
    `The secret manager '${manager}' is not built yet; this version reads secrets from the environment ('env')`,
    {
      culprit: name,
      hint: "Set DATIVO_SECRET__<TENANT>__<NAME> for each secret, or leave --secret-manager out.",
    },
  );
}
