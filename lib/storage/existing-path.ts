import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/**
 * The file or folder that a text names, folders as `folder/*`; of a pattern, the folder in which it begins. None for what
 * names nothing, and for a text of signs alone: `/` is more often a delimiter than all of a disk.
 */
export function existingPath(text: string, cwd: string): string[] {
  if (!/[\p{L}\p{N}]/u.test(text) || text.includes("\0")) return [];
  const path = resolve(cwd, text);
  const wildcard = path.search(/[*?[{]/);
  const found = wildcard < 0 || existsSync(path) ? path : dirname(`${path.slice(0, wildcard)}_`);
  if (!existsSync(found)) return [];
  return [...new Set([found, realpathSync(found)])].map((each) =>
    statSync(each).isDirectory() ? join(each, "*") : each,
  );
}
