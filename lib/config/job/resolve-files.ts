import { isAbsolute, join } from "node:path";
import type { FileEntry } from "../../contract/config.ts";
import { exists } from "../../storage/exists.ts";
import { isUrl, type Places } from "../document/find-file.ts";

/**
 * `files:` with one name for each key (`path`, `id`) and paths that can be opened from the working directory. A
 * path that is there from the working directory stays as it was written; one that is only beside the job file gets
 * that folder. For a pattern the folder in front of its first wildcard decides.
 */
export function resolveFiles(
  entries: readonly Readonly<Record<string, unknown>>[],
  places: Places,
): Promise<FileEntry[]> {
  return Promise.all(
    entries.map(async ({ path, file, file_path, id, file_id, ...rest }) => {
      const written = path ?? file ?? file_path;
      const known = id ?? file_id;
      return {
        ...rest,
        ...(typeof written === "string" ? { path: await resolvePath(written, places) } : {}),
        ...(typeof known === "string" ? { id: known } : {}),
      };
    }),
  );
}

async function resolvePath(path: string, { cwd, folder }: Places): Promise<string> {
  if (folder === undefined || isAbsolute(path) || isUrl(path)) return path;
  const fixed = fixedPart(path);
  if (await exists(join(cwd, fixed))) return path;
  return (await exists(join(folder, fixed))) ? join(folder, path) : path;
}

/** A pattern up to the folder before its first wildcard; a plain path as a whole. */
function fixedPart(path: string): string {
  const segments = path.split("/");
  const wild = segments.findIndex((segment) => /[*?[\]{}()!]/.test(segment));
  return wild === -1 ? path : segments.slice(0, wild).join("/");
}
