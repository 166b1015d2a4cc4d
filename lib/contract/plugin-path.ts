import { extname } from "node:path";
import { DativoError } from "./errors.ts";

/** A plugin path taken apart: `./readers/mine.ts:MyReader`, `target/release/libmine.so:create_reader`, `my-package:MyReader`. */
export interface PluginPath {
  /** A path, the name of a package, or the URI of an object. */
  readonly file: string;
  /** Class or symbol. */
  readonly name: string;
  readonly kind: "script" | "library";
  readonly place: "file" | "package" | "object";
}

const SCRIPTS = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"];
const LIBRARIES = [".so", ".dylib", ".dll"];

/** `name`, `@scope/name`, and what lies below it. */
const PACKAGE = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(?:\/[^\s/\\]+)*$/i;

/**
 * Splits at the last colon.
 *
 * @throws DativoError DTV_PLUGIN_PATH without a name or for another kind of file, DTV_NOT_BUILT for languages that are
 *   not run.
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
  return { file, name, ...kindOf(file) };
}

function exampleFor(text: string): string {
  return LIBRARIES.some((suffix) => text.includes(suffix))
    ? "path/to/libx.so:create_reader"
    : "path/to/module.ts:ClassName";
}

/** The file as it is written, then as other systems name a library: a job need not know where it runs. */
export function spellingsOf({ file, kind }: Pick<PluginPath, "file" | "kind">): string[] {
  if (kind === "script") return [file];
  const written = extname(file);
  const stem = file.slice(0, file.length - written.length);
  return [file, ...LIBRARIES.filter((suffix) => suffix !== written.toLowerCase()).map((suffix) => stem + suffix)];
}

function kindOf(file: string): Pick<PluginPath, "kind" | "place"> {
  const place = placeOf(file);
  const suffix = extname(file).toLowerCase();
  if (suffix === ".py") throw notBuilt(file, "Python plugins are not run; port the class to TypeScript or Rust");
  if (SCRIPTS.includes(suffix)) return { kind: "script", place };
  if (LIBRARIES.includes(suffix)) return { kind: "library", place };
  if (place === "file" && suffix === "" && PACKAGE.test(file)) return { kind: "script", place: "package" };
  const known = [...SCRIPTS, ...LIBRARIES].join(", ");
  throw new DativoError("DTV_PLUGIN_PATH", `Plugin files end in ${known}; got: ${file}`, { culprit: file });
}

/** @throws DativoError DTV_PLUGIN_PATH for a scheme that is not known, or without a key */
function placeOf(file: string): "file" | "object" {
  const [, scheme, rest = ""] = /^([a-z][a-z0-9+.-]+):\/\/(.*)$/i.exec(file) ?? [];
  if (scheme === undefined) return "file";
  if (!/^(s3|gs)$/i.test(scheme)) {
    throw new DativoError("DTV_PLUGIN_PATH", `Unsupported plugin scheme: ${scheme}`, {
      culprit: file,
      hint: "Plugins are loaded from files, from npm packages, and from s3:// and gs://.",
    });
  }
  if (!/^[^/]+\/.*[^/]$/.test(rest)) {
    throw new DativoError("DTV_PLUGIN_PATH", `${scheme}:// URIs must include both bucket and key, got: ${file}`, {
      culprit: file,
      hint: `Name one object: ${scheme}://bucket/readers/mine.ts:MyReader`,
    });
  }
  return "object";
}

function notBuilt(file: string, what: string): DativoError {
  return new DativoError("DTV_NOT_BUILT", what, { culprit: file });
}
