import { DativoError, type ErrorCode } from "../../contract/errors.ts";
import { type PluginPath, parsePluginPath, spellingsOf } from "../../contract/plugin-path.ts";
import { describeTried, findFile, type Lookup } from "../document/find-file.ts";
import type { Session } from "../document/session.ts";

/** A plugin path that was looked up, or what keeps it from being loaded. */
export type PluginLookup =
  | { readonly custom: string }
  | { readonly planned: string; readonly custom: string }
  | { readonly code: ErrorCode; readonly message: string };

/**
 * Takes `path/to/module.ts:ClassName` apart at its last colon and looks the file up. Packages and objects are looked up
 * when they are loaded.
 */
export async function resolvePlugin(written: string, { places }: Session): Promise<PluginLookup> {
  let path: PluginPath;
  try {
    path = parsePluginPath(written);
  } catch (error) {
    if (!(error instanceof DativoError)) throw error;
    const { code, message } = error;
    return code === "DTV_NOT_BUILT" ? { planned: message, custom: written } : { code, message };
  }
  if (path.place !== "file") return { custom: written };
  const lookup = await findSpelling(path, places);
  if (lookup.found === undefined) {
    const what = path.kind === "library" ? "Rust plugin library" : "Plugin module";
    const message = `${what} not found: ${path.file}${describeTried(lookup, path.file)}`;
    return { code: "DTV_PLUGIN_NOT_FOUND", message };
  }
  return { custom: `${lookup.found}:${path.name}` };
}

export async function findSpelling(
  path: Pick<PluginPath, "file" | "kind">,
  places: Session["places"],
): Promise<Lookup> {
  const first = await findFile(path.file, places);
  for (const spelling of first.found === undefined ? spellingsOf(path).slice(1) : []) {
    const lookup = await findFile(spelling, places);
    if (lookup.found !== undefined) return lookup;
  }
  return first;
}
