import { parsePluginPath } from "../contract/plugin-path.ts";
import { NO_PINS, type PluginSources } from "../contract/plugin-sources.ts";
import { sha256 } from "../contract/sha256.ts";
import { findLibrary, findScript } from "./find-plugin.ts";
import { hostModules } from "./host.ts";
import { identityOf } from "./script/package-folder.ts";
import { readScript } from "./script/read-script.ts";

export interface HashedFile {
  /** By which pins know it. */
  readonly identity: string;
  readonly sha256: string;
}

/**
 * The files of a plugin as they are now, pinned or not, and fetched anew where they lie in a bucket. None of them is run:
 * what a script imports under a computed name is not among them.
 */
export async function hashPlugin(
  custom: string,
  { folders }: PluginSources,
  env: Readonly<Record<string, string | undefined>>,
): Promise<HashedFile[]> {
  const path = parsePluginPath(custom);
  const sources = { ...NO_PINS, folders };
  const options = { sources, env: { ...env, DATIVO_PLUGIN_REFRESH: "true" } };
  if (path.kind === "library") {
    const { file } = await findLibrary(path, options);
    const bytes = readScript(file, path.file);
    return [{ identity: path.place === "object" ? path.file : identityOf(file), sha256: sha256(bytes) }];
  }
  const { script } = await findScript(path, options);
  const { ScriptModules } = await import("./script/script-modules.ts");
  const files = await new ScriptModules(script.origin, sources, await hostModules()).scan(script.bytes);
  return files.map(({ identities: [identity = ""], sha256: hash }) => ({ identity, sha256: hash }));
}
