import { extname } from "node:path";
import type { ErrorCode } from "../../contract/errors.ts";
import { describeTried, findFile } from "../document/find-file.ts";
import type { Session } from "../document/session.ts";

/** A plugin path that was looked up, or what keeps it from being loaded. */
export type PluginLookup =
  | { readonly custom: string }
  | { readonly planned: string; readonly custom: string }
  | { readonly code: ErrorCode; readonly message: string };

const SCRIPTS = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"];
const LIBRARIES = [".so", ".dylib", ".dll"];

/** Takes `path/to/module.ts:ClassName` apart at its last colon and looks the file up. */
export async function resolvePlugin(written: string, { places, mode }: Session): Promise<PluginLookup> {
  const colon = written.lastIndexOf(":");
  const file = written.slice(0, Math.max(colon, 0));
  const name = written.slice(colon + 1);
  if (file === "" || name === "" || /[/\\]/.test(name)) {
    const message = `Plugin path must be in format 'path/to/module.ts:ClassName', got: ${written}`;
    return { code: "DTV_PLUGIN_PATH", message };
  }
  const planned = plannedKind(file);
  if (planned !== undefined) return { planned, custom: written };
  if (!SCRIPTS.includes(extname(file).toLowerCase())) {
    return { code: "DTV_PLUGIN_PATH", message: `Plugin files end in ${SCRIPTS.join(", ")}; got: ${file}` };
  }
  const lookup = await findFile(file, places);
  if (lookup.found === undefined) {
    return { code: "DTV_PLUGIN_NOT_FOUND", message: `Plugin module not found: ${file}${describeTried(lookup, file)}` };
  }
  const custom = `${lookup.found}:${name}`;
  // Whoever writes a job for a shared service must not run code inside it.
  return mode === "cloud" ? { planned: "the sandbox that cloud mode runs plugins in", custom } : { custom };
}

function plannedKind(file: string): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(file)?.[1];
  if (scheme !== undefined)
    return `plugins at ${scheme.toLowerCase()}://; copy the file to this machine and name it by its path`;
  const suffix = extname(file).toLowerCase();
  if (suffix === ".py") return "Python plugins are not run; port the class to TypeScript or Rust";
  return LIBRARIES.includes(suffix) ? "native plugins (.so, .dylib, .dll)" : undefined;
}
