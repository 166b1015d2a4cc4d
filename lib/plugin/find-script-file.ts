import { join } from "node:path";
import { DativoError } from "../contract/errors.ts";
import type { PluginPath } from "../contract/plugin-path.ts";
import type { PluginSources } from "../contract/plugin-sources.ts";
import { type ReadScript, readLocal } from "./load-module.ts";
import { cureForPackage } from "./script/package-exports.ts";

/** @throws DativoError DTV_PLUGIN_NOT_FOUND, DTV_PLUGIN_LOAD */
export async function findScriptFile({ file, place }: PluginPath, sources: PluginSources): Promise<ReadScript> {
  return place === "package" ? readLocal(await findPackage(file, sources), [file]) : readLocal(file);
}

/** What an installed package exports under a name, as an `import` in the job's folder would find it. */
async function findPackage(specifier: string, { folders }: PluginSources): Promise<string> {
  const { findImport } = await import("./script/find-import.ts");
  const places = folders.length > 0 ? folders : [process.cwd()];
  for (const folder of places) {
    const file = findImport(specifier, join(folder, "_"));
    if (file !== undefined) return file;
  }
  const cures = [...new Set(places.map((folder) => cureForPackage(specifier, folder)))];
  throw new DativoError("DTV_PLUGIN_NOT_FOUND", `Plugin module not found: ${specifier}`, {
    culprit: specifier,
    hint: `${cures.join("\n  or: ")}\n  A file is named with its suffix, such as ${specifier}.ts`,
  });
}
