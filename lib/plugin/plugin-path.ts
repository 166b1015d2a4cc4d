import { extname } from "node:path";
import { DativoError } from "../contract/errors.ts";

/** A plugin path taken apart: `./readers/mine.ts:MyReader`. */
export interface PluginPath {
  readonly file: string;
  /** Class or symbol. */
  readonly name: string;
}

const SCRIPTS = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"];
const LIBRARIES = [".so", ".dylib", ".dll"];

/**
 * Splits at the last colon.
 *
 * @throws DativoError DTV_PLUGIN_PATH without a name, DTV_NOT_BUILT for kinds that are not loaded yet.
 */
export function parsePluginPath(text: string): PluginPath {
  const colon = text.lastIndexOf(":");
  const file = text.slice(0, Math.max(colon, 0));
  const name = text.slice(colon + 1);
  if (file === "" || name === "" || name.includes("/") || name.includes("\\")) {
    throw new DativoError(
      "DTV_PLUGIN_PATH",
      `Plugin path must be in format 'path/to/module.ts:ClassName', got: ${text}`,
      {
        culprit: text,
        hint: "After the last colon comes the name of the exported class.",
      },
    );
  }
  refuseOtherKinds(file);
  return { file, name };
}

function refuseOtherKinds(file: string): void {
  const scheme = /^([a-z0-9]+):\/\//i.exec(file)?.[1];
  if (scheme !== undefined)
    throw notBuilt(
      file,
      `Plugins are not loaded from ${scheme}:// yet`,
      "Copy the file to this machine and name it by its path.",
    );
  const suffix = extname(file).toLowerCase();
  if (LIBRARIES.includes(suffix))
    throw notBuilt(file, "Native plugins are not loaded yet", "Write the plugin in TypeScript or JavaScript.");
  if (suffix === ".py") {
    throw notBuilt(
      file,
      "Python plugins are not run",
      "Port the class to TypeScript: the base classes have the same shape (docs/plugins.md).",
    );
  }
  if (!SCRIPTS.includes(suffix)) {
    throw new DativoError("DTV_PLUGIN_PATH", `Plugin files end in ${SCRIPTS.join(", ")}; got: ${file}`, {
      culprit: file,
    });
  }
}

function notBuilt(file: string, message: string, hint: string): DativoError {
  return new DativoError("DTV_NOT_BUILT", `${message}: ${file}`, { culprit: file, hint });
}
