import { DativoError } from "../contract/errors.ts";
import { checkConnector } from "./check-connector.ts";
import { collectPlanned, type PlannedKey } from "./collect-planned.ts";
import { type ConfigDocument, faultAt, findingAt, isMapping } from "./config-document.ts";
import type { ConfigFault, Finding, Keys } from "./config-fault.ts";
import { findRecipe } from "./find-recipe.ts";
import { type JobDraft, sourceSection, targetSection } from "./job-document.ts";
import type { RecipeDocument } from "./load-recipe.ts";
import type { Connector, Registry, Role } from "./load-registry.ts";
import { type Merged, whereWritten } from "./merge-layers.ts";
import { mergeSide } from "./merge-side.ts";
import { resolvePlugin } from "./resolve-plugin.ts";
import { registerBags } from "./secret-names.ts";
import type { SecretManager } from "./secrets/open-secret-manager.ts";
import { resolveCredentials } from "./secrets/resolve-credentials.ts";
import { reportError, type Session } from "./session.ts";

type Bag = Readonly<Record<string, unknown>>;

export interface SideRequest {
  readonly role: Role;
  /** The job, variables filled in. */
  readonly document: ConfigDocument;
  /** What of the job keeps its declaration. */
  readonly job: JobDraft;
  /** Undefined when the job's is at fault. */
  readonly tenantId: string | undefined;
  readonly manager: SecretManager;
  readonly registry: Registry;
}

/** One side of a job, put together; what is wrong with it is in the session's report. */
export interface Side {
  readonly name: string;
  readonly type: string;
  readonly custom: string | undefined;
  /** The registry's entry; undefined for a type that is not registered, and for plugins without a recipe. */
  readonly connector: Connector | undefined;
  /** A plugin does the work. */
  readonly isCustom: boolean;
  /** The connector cannot run in this version, which has been said; nothing else needs to be. */
  readonly isPlanned: boolean;
  readonly merged: Merged;
  readonly credentials: Bag;
  readonly rateLimits: Bag;
}

export async function loadSide(request: SideRequest, session: Session): Promise<Side | undefined> {
  const { role, document, job, registry } = request;
  const section = job[role] ?? {};
  const plugin = role === "source" ? job.source?.custom_reader : job.target?.custom_writer;
  const isCustom = plugin !== undefined;
  const name = job[`${role}_connector`] ?? section.type;
  const path = job[`${role}_connector_path`];
  const recipe = await findRecipe({ role, document, connector: name, path, isCustom }, session);
  if (!recipe && !isCustom) return undefined;

  const type = section.type ?? recipe?.value.type ?? "custom";
  const engineType = section.engine?.type ?? recipe?.value.default_engine?.type ?? "native";
  const isIncremental = role === "source" && hasKeys(job.source?.incremental);
  const merged = mergeSide({ role, document, recipe, engineType, isIncremental });
  const verdict = isCustom
    ? { connector: registered(registry, type), faults: [], planned: undefined }
    : checkConnector(
        { role, type, engineType, recipe: recipe?.value, mode: session.mode, side: merged.value },
        registry,
      );
  const isPlanned = verdict.planned !== undefined;
  // Of a connector that is not this one's to use, only that is said.
  const isUsable = !isPlanned && verdict.faults.every(({ keys }) => keys.length > 0);
  const connectorKeys = [path === undefined ? `${role}_connector` : `${role}_connector_path`];

  for (const { keys, message, code } of verdict.faults) {
    session.report.faults.push(
      keys.length === 0
        ? faultAt(document, connectorKeys, message, { code })
        : sideFault(request, merged, keys, message, { code }),
    );
  }
  if (verdict.planned !== undefined) {
    session.report.planned.push(findingAt(document, connectorKeys, verdict.planned));
  }
  if (isUsable) {
    for (const { keys, feature } of plannedKeys(role, merged, isCustom)) {
      session.report.planned.push(sideFinding(request, merged, keys, feature));
    }
    if (recipe) settleUnset(recipe, merged, isCustom, session);
  }
  const side = { name: name ?? recipe?.value.name ?? "custom", type, isCustom, isPlanned, merged };
  const credentials = isUsable ? await credentialsOf(request, side, session) : bagOf(merged.value["credentials"]);
  registerBags({
    credentials,
    connection: bagOf(merged.value["connection"]),
    dsn: merged.value["dsn"] as string | undefined,
  });
  return {
    ...side,
    connector: verdict.connector,
    custom: plugin === undefined ? undefined : await findPlugin(request, plugin, session),
    credentials,
    rateLimits: { ...recipe?.value.rate_limits, ...bagOf(merged.value["rate_limits"]) },
  };
}

/** A fault of a value of the side, placed in the document that wrote it. */
export function sideFault(
  request: Pick<SideRequest, "role" | "document">,
  merged: Merged,
  keys: Keys,
  message: string,
  extra: { code?: ConfigFault["code"] } = {},
): ConfigFault {
  const written = whereWritten(merged, keys);
  return written
    ? faultAt(written.document, written.keys, message, extra)
    : faultAt(request.document, [request.role, ...keys], message, extra);
}

export function sideFinding(
  request: Pick<SideRequest, "role" | "document">,
  merged: Merged,
  keys: Keys,
  message: string,
): Finding {
  const { code: _, ...finding } = sideFault(request, merged, keys, message);
  return finding;
}

export function bagOf(value: unknown): Bag {
  return isMapping(value) ? value : {};
}

function hasKeys(value: unknown): boolean {
  return isMapping(value) && Object.keys(value).length > 0;
}

function registered({ connectors }: Registry, type: string): Connector | undefined {
  return Object.hasOwn(connectors, type) ? connectors[type] : undefined;
}

/** What a plugin gets as it is and does itself. */
const PLUGINS_OWN: Readonly<Record<Role, readonly string[]>> = {
  source: ["sheets", "spreadsheets", "spreadsheet_id"],
  target: ["catalog", "partitioning"],
};

function plannedKeys(role: Role, merged: Merged, isCustom: boolean): PlannedKey[] {
  const schema = role === "source" ? sourceSection : targetSection;
  const own = isCustom ? PLUGINS_OWN[role] : [];
  return collectPlanned(schema, merged.value).filter(({ keys }) => !own.includes(String(keys[0])));
}

/**
 * Variables of a recipe matter only where the job does not speak over them. A plugin may need none of its base's
 * connection: what cannot be filled in is left out there.
 */
function settleUnset(recipe: RecipeDocument, merged: Merged, isCustom: boolean, { report }: Session): void {
  for (const { keys, code, message } of recipe.unset) {
    for (const [path, written] of merged.writtenAt) {
      const isHere = written.document === recipe.document && written.keys.every((key, index) => key === keys[index]);
      if (!isHere) continue;
      if (isCustom) removeAt(merged.value, path.split("."));
      else report.faults.push(faultAt(recipe.document, keys, message, { code }));
    }
  }
}

function removeAt(root: Record<string, unknown>, keys: readonly string[]): void {
  const [first = "", ...rest] = keys;
  const inner = root[first];
  if (rest.length === 0) delete root[first];
  else if (isMapping(inner)) removeAt(inner, rest);
}

async function credentialsOf(
  request: SideRequest,
  { merged, isCustom }: Pick<Side, "merged" | "isCustom">,
  session: Session,
): Promise<Bag> {
  const credentials = chosenReference(bagOf(merged.value["credentials"]), merged);
  if (request.tenantId === undefined) return credentials;
  try {
    const { tenantId, manager } = request;
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

async function findPlugin(
  { role, document }: SideRequest,
  written: string,
  session: Session,
): Promise<string | undefined> {
  const keys = [role, role === "source" ? "custom_reader" : "custom_writer"];
  const lookup = await resolvePlugin(written, session);
  if ("code" in lookup) {
    session.report.faults.push(faultAt(document, keys, lookup.message, { code: lookup.code }));
    return undefined;
  }
  if ("planned" in lookup) session.report.planned.push(findingAt(document, keys, lookup.planned));
  return lookup.custom;
}
