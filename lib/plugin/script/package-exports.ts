import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { didYouMean } from "../../contract/options.ts";

/** `@scope/name` of `@scope/name/sub/path`. */
export function packageNameOf(specifier: string): string {
  return /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
}

/** What to do where a package does not give what was asked for: install it, or name what it has. */
export function cureForPackage(specifier: string, folder: string): string {
  const name = packageNameOf(specifier);
  const installed = findInstalled(name, folder);
  if (installed === undefined) return `Install it for ${folder}: npm install ${name}`;
  const exported = exportsOf(installed, name);
  const list = exported.length === 0 ? "" : `; it has ${exported.join(", ")}${didYouMean(specifier, exported)}`;
  return `The package at ${installed} does not export it${list}`;
}

function findInstalled(name: string, folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, "node_modules", name);
    if (isThere(candidate)) return candidate;
    if (at === dirname(at)) return undefined;
  }
}

/** A script in a process of its own may not even look into the folders above. */
function isThere(path: string): boolean {
  try {
    return existsSync(path);
  } catch {
    return false;
  }
}

function exportsOf(folder: string, name: string): string[] {
  try {
    const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { exports?: unknown };
    if (typeof exports !== "object" || exports === null) return [name];
    const paths = Object.keys(exports).filter((path) => path.startsWith("."));
    return paths.length === 0 ? [name] : paths.map((path) => name + path.slice(1));
  } catch {
    return [];
  }
}
