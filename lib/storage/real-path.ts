import { realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Where the links of an absolute path lead; of what is not there, where it would be. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(realPath(dirname(path)), basename(path));
  }
}
