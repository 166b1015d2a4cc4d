import { existsSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { existingPath } from "./existing-path.ts";

/**
 * The project that a file belongs to: the nearest folder upward with a package.json, or its own where there is none; by
 * the name that it is given, and by its true one.
 */
export function projectRoot(file: string): string[] {
  const folder = dirname(resolve(file));
  const given = rootAbove(folder);
  return [...new Set([given, ...(existsSync(folder) ? [realpathSync(given), rootAbove(realpathSync(folder))] : [])])];
}

function rootAbove(start: string): string {
  for (let folder = start; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
  }
  return start;
}

/** Where the packages of a folder's code lie, as `node_modules/*`: in it and above it. */
export function modulesAbove(folder: string): string[] {
  // Whoever looks for a package asks whether there is one, and takes no refusal for a no.
  const here = [...existingPath(join(folder, "node_modules"), folder), join(folder, "package.json")];
  return folder === dirname(folder) ? here : [...here, ...modulesAbove(dirname(folder))];
}
