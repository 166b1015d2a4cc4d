import { DativoError } from "../../contract/errors.ts";
import { type ConnectorVerdict, checkConnector } from "../connector/check-connector.ts";
import { findRecipe } from "../connector/find-recipe.ts";
import type { Connector, Registry, Role } from "../connector/load-registry.ts";
import { collectPlanned, type PlannedKey } from "../document/collect-planned.ts";
import { type ConfigDocument, faultAt, findingAt, isMapping } from "../document/config-document.ts";
import type { ConfigFault, Finding, Keys } from "../document/config-fault.ts";
import type { Session } from "../document/session.ts";
import type { SecretManager } from "../secrets/open-secret-manager.ts";
import { registerBags } from "../secrets/secret-names.ts";
import { type JobDraft, sourceSection, targetSection } from "./job-document.ts";
import { type Merged, whereWritten } from "./merge-layers.ts";
import { mergeSide } from "./merge-side.ts";
import { resolvePlugin } from "./resolve-plugin.ts";
import { settleUnset } from "./settle-unset.ts";
import { sideCredentials } from "./side-credentials.ts";

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
  const { role, document, job } = request;
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
  const merged = mergeSide({ role, document, recipe, engineType, isCustom, isIncremental });
  const { value } = merged;
  const use = { role, type, engineType, recipe: recipe?.value, mode: session.mode, side: value };
  const verdict = isCustom ? unchecked(type, request.registry) : checkConnector(use, request.registry);
  reportVerdict(request, merged, verdict, session);

  const given = bagOf(value["credentials"]);
  let credentials = given;
  if (isUsable(verdict)) {
    for (const { keys, feature } of plannedKeys(role, merged, isCustom)) {
      session.report.planned.push(sideFinding(request, merged, keys, feature));
    }
    if (recipe) settleUnset(recipe, merged, isCustom, session);
    credentials = await sideCredentials({ ...request, merged, isCustom, credentials: given }, session);
  }
  registerBags({ credentials, connection: bagOf(value["connection"]), dsn: value["dsn"] as string | undefined });
  return {
    name: name ?? recipe?.value.name ?? "custom",
    type,
    custom: plugin === undefined ? undefined : await findPlugin(request, plugin, session),
    connector: verdict.connector,
    isCustom,
    isPlanned: verdict.planned !== undefined,
    merged,
    credentials,
    rateLimits: { ...recipe?.value.rate_limits, ...bagOf(value["rate_limits"]) },
  };
}

/** Plugins are not held to the registry. */
function unchecked(type: string, { connectors }: Registry): ConnectorVerdict {
  const connector = Object.hasOwn(connectors, type) ? connectors[type] : undefined;
  return { connector, faults: [], planned: undefined };
}

/** Of a connector that is not this one's to use, only that is said. */
function isUsable({ planned, faults }: ConnectorVerdict): boolean {
  return planned === undefined && faults.every(({ keys }) => keys.length > 0);
}

function reportVerdict(request: SideRequest, merged: Merged, verdict: ConnectorVerdict, { report }: Session): void {
  const { role, document, job } = request;
  const named = [job[`${role}_connector_path`] === undefined ? `${role}_connector` : `${role}_connector_path`];
  for (const { keys, message, code } of verdict.faults) {
    const isWhole = keys.length === 0;
    report.faults.push(
      isWhole ? faultAt(document, named, message, { code }) : sideFault(request, merged, keys, message, { code }),
    );
  }
  if (verdict.planned !== undefined) report.planned.push(findingAt(document, named, verdict.planned));
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

/** What a store says of the connection of a side. Anything but a DativoError is thrown on. */
export function connectionFault(
  request: Pick<SideRequest, "role" | "document">,
  merged: Merged,
  error: unknown,
): ConfigFault {
  if (!(error instanceof DativoError)) throw error;
  const { message, code, hint } = error;
  return sideFault(request, merged, ["connection"], hint === undefined ? message : `${message}; ${hint}`, { code });
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

/** What a plugin gets as it is and does itself. */
const PLUGINS_OWN: Readonly<Record<Role, readonly string[]>> = {
  source: ["sheets", "spreadsheets", "spreadsheet_id"],
  target: ["catalog"],
};

function plannedKeys(role: Role, merged: Merged, isCustom: boolean): PlannedKey[] {
  const schema = role === "source" ? sourceSection : targetSection;
  const own = isCustom ? PLUGINS_OWN[role] : [];
  return collectPlanned(schema, merged.value).filter(({ keys }) => !own.includes(String(keys[0])));
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
