import { extname } from "node:path";
import { DativoError } from "./errors.ts";

/** A plugin path taken apart: `./readers/mine.ts:MyReader`, `target/release/libmine.so:create_reader`. */
export interface PluginPath {
  readonly file: string;
  /** Class or symbol. */
  readonly name: string;
  readonly kind: "script" | "library";
}

const SCRIPTS = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"];
const LIBRARIES = [".so", ".dylib", ".dll"];

/**
 * Splits at the last colon.
 *
 * @throws DativoError DTV_PLUGIN_PATH without a name or for another kind of file, DTV_NOT_BUILT for places and
 *   languages that plugins are not loaded from.
 */
export function parsePluginPath(text: string): PluginPath {
  const colon = text.lastIndexOf(":");
  const file = text.slice(0, Math.max(colon, 0));
  const name = text.slice(colon + 1);
  if (file === "" || name === "" || /[/\\]/.test(name)) {
    throw new DativoError("DTV_PLUGIN_PATH", `Plugin path must be in format '${exampleFor(text)}', got: ${text}`, {
      culprit: text,
      hint: "After the last colon comes the name of the exported class, or of the factory symbol.",
    });
  }
  return { file, name, kind: kindOf(file) };
}

function exampleFor(text: string): string {
  return LIBRARIES.some((suffix) => text.includes(suffix))
    ? "path/to/libx.so:create_reader"
    : "path/to/module.ts:ClassName";
}

/** The file as it is written, then as other systems name a library: a job need not know where it runs. */
export function spellingsOf({ file, kind }: PluginPath): string[] {
  if (kind === "script") return [file];
  const written = extname(file);
  const stem = file.slice(0, file.length - written.length);
  return [file, ...LIBRARIES.filter((suffix) => suffix !== written.toLowerCase()).map((suffix) => stem + suffix)];
}

function kindOf(file: string): PluginPath["kind"] {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(file)?.[1]?.toLowerCase();
  const suffix = extname(file).toLowerCase();
  if (scheme !== undefined)
    throw notBuilt(file, `plugins at ${scheme}://; copy the file to this machine and name it by its path`);
  if (suffix === ".py") throw notBuilt(file, "Python plugins are not run; port the class to TypeScript or Rust");
  if (SCRIPTS.includes(suffix)) return "script";
  if (LIBRARIES.includes(suffix)) return "library";
  const known = [...SCRIPTS, ...LIBRARIES].join(", ");
  throw new DativoError("DTV_PLUGIN_PATH", `Plugin files end in ${known}; got: ${file}`, { culprit: file });
}

function notBuilt(file: string, what: string): DativoError {
  return new DativoError("DTV_NOT_BUILT", what, { culprit: file });
}
