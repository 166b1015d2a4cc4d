import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { DativoError, systemCode } from "../contract/errors.ts";
import { NO_PINS, type PluginSources } from "../contract/plugin-sources.ts";
import { sha256 } from "../contract/sha256.ts";
import { hostModules } from "./host.ts";
import { identityOf } from "./script/package-folder.ts";
import { pluginNotFound, readScript } from "./script/read-script.ts";
import type { ScriptModules, ScriptOrigin } from "./script/script-modules.ts";

export interface PluginModule {
  readonly exports: Readonly<Record<string, unknown>>;
  /** As errors name it. */
  readonly file: string;
  /** Of the file's bytes, hex. */
  readonly sha256: string;
}

/** A script that was read. */
export interface ReadScript {
  readonly origin: ScriptOrigin;
  readonly bytes: Uint8Array;
}

interface Loaded {
  readonly modules: ScriptModules;
  readonly exports: Promise<Record<string, unknown>>;
}

/** By place and content: reader and writer of one file share what that file has, as anywhere. */
const loaded = new Map<string, Loaded>();

/**
 * Runs a TypeScript or JavaScript file, without a build step and from any folder. Its `import … from "dativo-ingest"`
 * gets this very copy of the package, so that a plugin needs no `node_modules` and its classes are ours.
 *
 * @throws DativoError DTV_PLUGIN_NOT_FOUND, DTV_PLUGIN_PIN, DTV_PLUGIN_LOAD
 */
export async function loadModule(path: string, sources: PluginSources = NO_PINS): Promise<PluginModule> {
  return runScript(readLocal(path), sources);
}

/** A script of this machine; `shown` and `named` are how a job writes it. */
export function readLocal(path: string, named: readonly string[] = []): ReadScript {
  const file = locate(path);
  const bytes = readScript(file, path);
  return { origin: { file, shown: file, identities: [identityOf(file), ...named], isAlone: false }, bytes };
}

/** @throws DativoError DTV_PLUGIN_PIN, DTV_PLUGIN_LOAD */
export async function runScript({ origin, bytes }: ReadScript, sources: PluginSources): Promise<PluginModule> {
  const hash = sha256(bytes);
  const key = `${origin.shown}\0${hash}`;
  let script = loaded.get(key);
  if (!script?.modules.obeys(sources)) {
    const { ScriptModules } = await import("./script/script-modules.ts");
    const modules = new ScriptModules(origin, sources, await hostModules());
    script = { modules, exports: modules.run(bytes) };
    loaded.set(key, script);
  }
  try {
    return { exports: await script.exports, file: origin.shown, sha256: hash };
  } catch (cause) {
    loaded.delete(key);
    throw loadFailure(origin.shown, cause);
  }
}

function locate(path: string): string {
  const file = resolve(path);
  try {
    return realpathSync(file);
  } catch (cause) {
    if (systemCode(cause) !== "ENOENT") throw cause;
    throw pluginNotFound(path, file, cause);
  }
}

function loadFailure(shown: string, cause: unknown): DativoError {
  if (cause instanceof DativoError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DativoError("DTV_PLUGIN_LOAD", `Plugin ${shown} could not be loaded: ${reason.split("\n")[0]}`, {
    culprit: shown,
    hint: cureFor(reason),
    cause,
  });
}

/** Packages look for what they need themselves. */
function cureFor(reason: string): string {
  const missing = /Cannot find (?:module|package) '([^']+)'/.exec(reason)?.[1];
  if (missing === undefined) return "It threw while it was loaded.";
  return `Install what it needs beside it: npm install ${missing}`;
}
