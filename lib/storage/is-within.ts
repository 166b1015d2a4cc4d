import { isAbsolute, relative, sep } from "node:path";

/** Whether a path is a folder or lies in it, by their names. */
export function isWithin(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return inside.split(sep)[0] !== ".." && !isAbsolute(inside);
}
