import { extname } from "node:path";
import { DativoError } from "../contract/errors.ts";
import { parsePluginPath } from "../contract/plugin-path.ts";
import { NO_PINS } from "../contract/plugin-sources.ts";
import { isReaderClass } from "../contract/reader.ts";
import { isTransformClass } from "../contract/transform.ts";
import { isWriterClass } from "../contract/writer.ts";
import { findScript } from "./find-plugin.ts";
import { runScript } from "./load-module.ts";

const NAMED = /:[\p{L}_$][\p{L}\p{N}_$]*$/u;
const LIBRARY = /^\.(so|dylib|dll|py)$/i;

/**
 * A plugin's path with the name of its class, which may be left out where the module exports one player.
 *
 * @throws DativoError DTV_PLUGIN_CLASS where it exports none or several
 */
export async function withClass(path: string): Promise<string> {
  if (path === "" || NAMED.test(path) || LIBRARY.test(extname(path))) return path;
  const { script } = await findScript(parsePluginPath(`${path}:_`), {});
  const { exports } = await runScript(script, NO_PINS);
  const names = playersIn(exports);
  const [name] = names;
  if (name !== undefined && names.length === 1) return `${path}:${name}`;
  const found = names.length === 0 ? "no reader, writer or transform" : `${names.length} of them: ${names.join(", ")}`;
  throw new DativoError("DTV_PLUGIN_CLASS", `${path} names no class, and its module exports ${found}`, {
    culprit: path,
    hint: `Name one of them: ${path}:${name ?? "ClassName"}`,
  });
}

/** A class that is exported twice is known by its own name. */
function playersIn(exports: Readonly<Record<string, unknown>>): string[] {
  const names = new Map<unknown, string>();
  for (const [name, value] of Object.entries(exports)) {
    if (!isReaderClass(value) && !isTransformClass(value) && !isWriterClass(value)) continue;
    if (!names.has(value) || names.get(value) === "default") names.set(value, name);
  }
  return [...names.values()];
}
