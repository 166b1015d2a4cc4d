import { DativoError } from "../../contract/errors.ts";
import type { Role } from "../connector/load-registry.ts";
import type { ConfigDocument } from "../document/config-document.ts";
import { reportError, type Session } from "../document/session.ts";
import type { SecretManager } from "../secrets/open-secret-manager.ts";
import { resolveCredentials } from "../secrets/resolve-credentials.ts";
import type { Merged } from "./merge-layers.ts";
import { whereWritten } from "./merge-layers.ts";

type Bag = Readonly<Record<string, unknown>>;

export interface SideCredentials {
  readonly role: Role;
  /** The job. */
  readonly document: ConfigDocument;
  /** Undefined when the job's is at fault; nothing is looked up then. */
  readonly tenantId: string | undefined;
  readonly manager: SecretManager;
  readonly merged: Merged;
  readonly credentials: Bag;
  readonly isCustom: boolean;
}

/** The credentials of one side with their secret filled in; a missing one is reported at the key that names it. */
export async function sideCredentials(request: SideCredentials, session: Session): Promise<Bag> {
  const { merged, manager, tenantId, isCustom } = request;
  const credentials = chosenReference(request.credentials, merged);
  if (tenantId === undefined) return credentials;
  try {
    return await resolveCredentials({ credentials, tenantId, manager, env: session.env, allowed: session.allowed });
  } catch (error) {
    if (!(error instanceof DativoError)) throw error;
    const key = credentials["from_secret"] === undefined ? "from_env" : "from_secret";
    const written = whereWritten(merged, ["credentials", key]);
    const { from_env: _, from_secret: __, ...rest } = credentials;
    // A plugin with a recipe as its base may have ways of its own to sign in.
    if (isCustom && written?.origin === "recipe") return rest;
    reportError(session, written?.document ?? request.document, written?.keys ?? [request.role, "credentials"], error);
    return rest;
  }
}

/** Where recipe and job name a secret in different ways, the job's way counts. */
function chosenReference(credentials: Bag, merged: Merged): Bag {
  const origins = ["from_env", "from_secret"].map((key) => whereWritten(merged, ["credentials", key])?.origin);
  if (new Set(origins).size !== 2 || origins.includes(undefined)) return credentials;
  const dropped = origins[0] === "recipe" ? "from_env" : "from_secret";
  return Object.fromEntries(Object.entries(credentials).filter(([key]) => key !== dropped));
}
