import { realpathSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { systemCode } from "../../contract/errors.ts";
import { jiti } from "./transpile.ts";

const SUFFIXES = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".json"];
const BUILT: Readonly<Record<string, string>> = { ".js": ".ts", ".mjs": ".mts", ".cjs": ".cts" };

export type ImportKind = "import" | "require";

/**
 * The file that an import means, symbolic links resolved; undefined where there is none. Suffixes may be missing, and a
 * TypeScript file may be named as what it would be built to.
 */
export function findImport(specifier: string, from: string, kind: ImportKind = "import"): string | undefined {
  const isOwn = isRelative(specifier);
  const suffix = extname(specifier);
  const spellings = isOwn
    ? [
        specifier,
        ...(BUILT[suffix] ? [specifier.slice(0, -suffix.length) + BUILT[suffix]] : []),
        ...extended(specifier),
      ]
    : [specifier];
  for (const spelling of spellings) {
    const found = tryToFind(spelling, from, kind);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function isRelative(specifier: string): boolean {
  return /^(?:\.{1,2}(?:[/\\]|$)|[/\\]|file:|[a-z]:[/\\])/i.test(specifier);
}

function extended(specifier: string): string[] {
  return ["", "/index"].flatMap((inside) => SUFFIXES.map((suffix) => specifier + inside + suffix));
}

function tryToFind(specifier: string, from: string, kind: ImportKind): string | undefined {
  try {
    const found = jiti.esmResolve(specifier, {
      parentURL: pathToFileURL(from).href,
      conditions: ["node", kind],
    });
    const file = found.startsWith("file:") ? fileURLToPath(found) : found;
    return realpathSync(file);
  } catch (error) {
    const code = systemCode(error) ?? "";
    // In a process of its own a script is kept out of the folders above, where packages are looked for last.
    if (code === "ERR_ACCESS_DENIED" && !isRelative(specifier)) return undefined;
    if (/^(ERR_)?MODULE_NOT_FOUND$|^ENOENT$|^ERR_UNSUPPORTED_DIR_IMPORT$|^ERR_PACKAGE_PATH_NOT_EXPORTED$/.test(code))
      return undefined;
    throw error;
  }
}
