import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { didYouMean } from "../../contract/options.ts";
import { checkDocument } from "../document/check-document.ts";
import type { ConfigDocument } from "../document/config-document.ts";
import { faultOf, faultsToError } from "../document/config-fault.ts";
import type { ExpandFault } from "../document/expand.ts";
import { describeTried, findFile } from "../document/find-file.ts";
import { readDocument } from "../document/read-document.ts";
import { expandDocument, type LoadOptions, openSession, reportExpansion, type Session } from "../document/session.ts";
import { type ConnectorDocument, connectorDocument } from "./connector-document.ts";
import type { Role } from "./load-registry.ts";

type Bag = Readonly<Record<string, unknown>>;

/** A connector recipe: how to connect, for any tenant. Bags are as the file has them, variables filled in. */
export interface Recipe {
  readonly name: string;
  readonly type: string;
  readonly description: string | undefined;
  /** Empty: what the registry says of the type. */
  readonly roles: readonly Role[];
  readonly defaultEngine: { readonly type: string; readonly options: Bag };
  readonly credentials: Bag;
  readonly connectionTemplate: Bag;
  readonly incremental: Bag;
  readonly rateLimits: Bag;
  readonly fileFormat: string | undefined;
  readonly partitioningDefault: readonly string[];
}

/**
 * A recipe by the path of its file, or by the name of one that ships with Dativo.
 *
 * @throws DativoError DTV_CONFIG_INVALID listing every fault; DTV_CONFIG_NOT_FOUND, DTV_VARIABLE_UNSET
 */
export async function loadRecipe(pathOrName: string, options: LoadOptions = {}): Promise<Recipe> {
  const session = openSession(options);
  const shipped = await shippedRecipes(session.packageRoot);
  const path = shipped.includes(pathOrName)
    ? shippedRecipePath(session.packageRoot, pathOrName)
    : await pathOf(pathOrName, session);
  const { document, value, unset } = await readRecipe(path, session);
  reportExpansion(session, { document, faults: unset });
  if (session.report.faults.length > 0) throw faultsToError(session.report.faults);
  return toRecipe(value);
}

/** A recipe as it is merged under a job. */
export interface RecipeDocument {
  readonly document: ConfigDocument;
  readonly value: ConnectorDocument;
  /** Faults of variables: they matter only where the job does not speak over them. */
  readonly unset: readonly ExpandFault[];
}

/** @throws DativoError with every fault of the file */
export async function readRecipe(path: string, session: Session): Promise<RecipeDocument> {
  const expanded = expandDocument(session, await readDocument(path, session.places.cwd));
  const { value, faults } = checkDocument(connectorDocument, expanded.document);
  if (!value) throw faultsToError(faults);
  return { document: expanded.document, value, unset: expanded.faults };
}

/** Names of the recipes that ship with Dativo. */
export async function shippedRecipes(packageRoot: string): Promise<string[]> {
  const names = await readdir(join(packageRoot, "connectors")).catch(() => []);
  return names
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => name.slice(0, -".yaml".length))
    .sort();
}

export function shippedRecipePath(packageRoot: string, name: string): string {
  return join(packageRoot, "connectors", `${name}.yaml`);
}

async function pathOf(path: string, { places, packageRoot }: Session): Promise<string> {
  const lookup = await findFile(path, places);
  if (lookup.found !== undefined) return lookup.found;
  const near = didYouMean(path, await shippedRecipes(packageRoot));
  const message = `Connector recipe not found: ${path}${describeTried(lookup, path)}${near}`;
  throw faultsToError([faultOf({ file: path, path: "", message }, "DTV_CONFIG_NOT_FOUND")]);
}

function toRecipe(value: ConnectorDocument): Recipe {
  return {
    name: value.name,
    type: value.type,
    description: value.description,
    roles: value.roles ?? [],
    defaultEngine: { type: value.default_engine?.type ?? "native", options: value.default_engine?.options ?? {} },
    credentials: value.credentials ?? {},
    connectionTemplate: value.connection_template ?? {},
    incremental: value.incremental ?? {},
    rateLimits: value.rate_limits ?? {},
    fileFormat: value.file_format,
    partitioningDefault: value.partitioning_default ?? [],
  };
}
