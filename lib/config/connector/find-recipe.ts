import { didYouMean } from "../../contract/options.ts";
import { isFolder } from "../../storage/durable.ts";
import { type ConfigDocument, faultAt, findingAt } from "../document/config-document.ts";
import { describeTried, findFile } from "../document/find-file.ts";
import { collect, type Session } from "../document/session.ts";
import { type RecipeDocument, readRecipe, shippedRecipePath, shippedRecipes } from "./load-recipe.ts";
import type { Role } from "./load-registry.ts";

export interface RecipeRequest {
  readonly role: Role;
  /** The job. */
  readonly document: ConfigDocument;
  readonly connector: string | undefined;
  readonly path: string | undefined;
  /** A plugin does the work, so the recipe is a base that may be missing. */
  readonly isCustom: boolean;
}

/** The recipe of one side of a job. Undefined where there is none; a missing one that is needed is reported. */
export async function findRecipe(request: RecipeRequest, session: Session): Promise<RecipeDocument | undefined> {
  const path =
    request.path === undefined ? await shippedPath(request, session) : await namedPath(request, request.path, session);
  return path === undefined ? undefined : collect(session, () => readRecipe(path, session));
}

async function namedPath(
  { role, document, isCustom }: RecipeRequest,
  path: string,
  { places, report }: Session,
): Promise<string | undefined> {
  const lookup = await findFile(path, places);
  const keys = [`${role}_connector_path`];
  if (lookup.found !== undefined) {
    if (!(await isFolder(lookup.found))) return lookup.found;
    report.faults.push(faultAt(document, keys, `${path} is a folder; the file of a recipe is needed`));
    return undefined;
  }
  const message = `Connector recipe not found: ${path}${describeTried(lookup, path)}`;
  if (isCustom) {
    report.warnings.push(findingAt(document, keys, `${message}; the custom plugin works without it`));
  } else {
    const hint = `; leave ${role}_connector_path out to use a recipe that ships with Dativo`;
    report.faults.push(faultAt(document, keys, message + hint, { code: "DTV_CONFIG_NOT_FOUND" }));
  }
  return undefined;
}

async function shippedPath(
  { role, document, connector, isCustom }: RecipeRequest,
  { packageRoot, report }: Session,
): Promise<string | undefined> {
  const shipped = await shippedRecipes(packageRoot);
  if (connector !== undefined && shipped.includes(connector)) return shippedRecipePath(packageRoot, connector);
  if (isCustom) return undefined;
  const keys = [`${role}_connector`];
  const plugin = role === "source" ? "custom_reader" : "custom_writer";
  if (connector === undefined) {
    report.faults.push(faultAt(document, keys, `is required, or ${role}_connector_path, or ${role}.${plugin}`));
    return undefined;
  }
  const near = didYouMean(connector, shipped) || `; there are ${shipped.join(", ")}`;
  const message = `no recipe '${connector}' ships with Dativo${near}; a recipe of your own is named by ${role}_connector_path`;
  report.faults.push(faultAt(document, keys, message, { code: "DTV_CONNECTOR_UNKNOWN" }));
  return undefined;
}
