import { realpathSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { INERT_CONTEXT } from "../contract/context.ts";
import { DativoError, systemCode } from "../contract/errors.ts";
import type { PluginPath } from "../contract/plugin-path.ts";
import { isPinned, NO_PINS, type PluginSources, refuseUnpinned, requirePinned } from "../contract/plugin-sources.ts";
import { sha256 } from "../contract/sha256.ts";
import type { Run } from "../isolation/plugin-process.ts";
import { type ReadScript, readLocal } from "./load-module.ts";
import { cureForPackage } from "./script/package-exports.ts";
import { identityOf } from "./script/package-folder.ts";
import { readScript } from "./script/read-script.ts";
import type { ScriptOrigin } from "./script/script-modules.ts";

/** What finding a plugin goes by. */
export interface FindOptions {
  readonly sources?: PluginSources | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly run?: Run | undefined;
  /** Another process has found the script, and this is where. */
  readonly origin?: ScriptOrigin | undefined;
}

/** Where a plugin came from, beyond its path. */
export interface PluginVersion {
  /** The store's word for its content. */
  readonly version?: string | undefined;
  /** Of what ran before a refresh brought this. */
  readonly previousSha256?: string | undefined;
}

export interface FoundScript extends PluginVersion {
  /** Where its bytes lie. */
  readonly file: string;
  readonly script: ReadScript;
}

export interface FoundLibrary extends PluginVersion {
  /** What is to be loaded: the file itself, or a copy of it that nobody else can change. */
  readonly file: string;
}

/** @throws DativoError DTV_PLUGIN_NOT_FOUND, DTV_PLUGIN_PIN, DTV_PLUGIN_LOAD */
export async function findScript({ file, place }: PluginPath, options: FindOptions): Promise<FoundScript> {
  const { sources = NO_PINS, origin: found } = options;
  if (found) return { file, script: { origin: found, bytes: readScript(file, found.shown) } };
  if (place !== "object") {
    const script = place === "file" ? readLocal(file) : readLocal(await findPackage(file, sources), [file]);
    return { file: script.origin.file, script };
  }
  const { path, bytes, version, previousSha256 } = await fetchObject(file, options);
  const [folder = process.cwd()] = sources.folders;
  const origin = { file: join(folder, basename(file)), shown: file, identities: [file], isAlone: true };
  return { file: path, script: { origin, bytes }, version, previousSha256 };
}

/** @throws DativoError DTV_PLUGIN_NOT_FOUND, DTV_PLUGIN_PIN */
export async function findLibrary({ file, place }: PluginPath, options: FindOptions): Promise<FoundLibrary> {
  const { sources = NO_PINS, env = process.env } = options;
  if (place === "object") {
    const { path, version, previousSha256 } = await fetchObject(file, options);
    return { file: path, version, previousSha256 };
  }
  const real = realPathOf(file);
  const identities = [identityOf(real)];
  if (!isPinned(sources, identities)) {
    if (sources.required) refuseUnpinned(file, "and in cloud mode each plugin is");
    return { file };
  }
  const bytes = readScript(real, file);
  requirePinned(sources, identities, { sha256: sha256(bytes), shown: file });
  const { PluginCache } = await import("./cache/plugin-cache.ts");
  return { file: await (await PluginCache.open(env)).keep(bytes, basename(file)) };
}

async function fetchObject(uri: string, { sources = NO_PINS, env = process.env, run = INERT_CONTEXT }: FindOptions) {
  const { fetchPlugin } = await import("./cache/fetch-plugin.ts");
  return fetchPlugin(uri, { sources, env, log: run.log, signal: run.signal });
}

/** What is not there is told when it is loaded. */
function realPathOf(file: string): string {
  try {
    return realpathSync(file);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return resolve(file);
    throw error;
  }
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
