import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { DativoError, systemCode } from "../contract/errors.ts";
import { sha256 } from "../contract/sha256.ts";
import { hostModules } from "./host.ts";

export interface PluginModule {
  readonly exports: Readonly<Record<string, unknown>>;
  /** Absolute. */
  readonly file: string;
  /** Of the file's bytes, hex. */
  readonly sha256: string;
}

/**
 * Runs a TypeScript or JavaScript file, without a build step and from any folder. Its `import … from "dativo-ingest"`
 * gets this very copy of the package, so that a plugin needs no `node_modules` and its classes are ours.
 *
 * @throws DativoError DTV_PLUGIN_NOT_FOUND, DTV_PLUGIN_LOAD
 */
export async function loadModule(path: string): Promise<PluginModule> {
  const file = resolve(path);
  const bytes = await readPlugin(path, file);
  const { createJiti } = await import("jiti");
  const jiti = createJiti(import.meta.url, {
    virtualModules: await hostModules(),
    // A cache in a shared temporary folder could be written by others.
    fsCache: false,
    interopDefault: false,
  });
  try {
    const exports = await jiti.import<Record<string, unknown>>(file);
    return { exports, file, sha256: sha256(bytes) };
  } catch (cause) {
    throw loadFailure(path, cause);
  }
}

async function readPlugin(path: string, file: string): Promise<Uint8Array> {
  try {
    const facts = await stat(file);
    if (!facts.isFile())
      throw new DativoError("DTV_PLUGIN_LOAD", `Plugin path is not a file: ${path}`, { culprit: path });
    return await readFile(file);
  } catch (cause) {
    if (systemCode(cause) !== "ENOENT") throw cause;
    throw new DativoError("DTV_PLUGIN_NOT_FOUND", `Plugin module not found: ${path}`, {
      culprit: path,
      hint: `It was looked for at ${file}. Ensure the plugin file path is correct and accessible.`,
      cause,
    });
  }
}

function loadFailure(path: string, cause: unknown): DativoError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const [first = "", second = ""] = reason.split("\n").map((line) => line.trim());
  // The loader puts the place of a syntax error on a line of its own.
  const place = /:\d+:\d+$/.test(second) ? ` at ${second}` : "";
  return new DativoError("DTV_PLUGIN_LOAD", `Plugin ${path} could not be loaded: ${first}${place}`, {
    culprit: path,
    hint: place === "" ? cureFor(reason) : "Mend the syntax there.",
    ...(place === "" ? { cause } : {}),
  });
}

function cureFor(reason: string): string {
  const missing = /Cannot find (?:module|package) '([^']+)'/.exec(reason)?.[1];
  if (missing === undefined) return "It threw while it was loaded.";
  return /^[./]/.test(missing)
    ? `Its own import '${missing}' is not there; imports are relative to the file that has them.`
    : `Install what it needs beside it: npm install ${missing}`;
}
