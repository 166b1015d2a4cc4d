import { isAbsolute, join, relative, resolve } from "node:path";
import { exists } from "../../storage/exists.ts";

/** Where relative paths of a document are looked for, in this order. */
export interface Places {
  readonly cwd: string;
  /** Folder of the job file, absolute. */
  readonly folder?: string | undefined;
}

export interface Lookup {
  /** Absolute path of the file or folder that exists. */
  readonly found: string | undefined;
  /** The absolute paths that were tried, in order. */
  readonly tried: readonly string[];
}

/** Looks a path up in the working directory and then beside the job file. */
export async function findFile(path: string, { cwd, folder }: Places): Promise<Lookup> {
  const bases = isAbsolute(path) || folder === undefined || folder === cwd ? [cwd] : [cwd, folder];
  const tried = bases.map((base) => resolve(base, path));
  for (const candidate of tried) {
    if (await exists(candidate)) return { found: candidate, tried };
  }
  return { found: undefined, tried };
}

/** ` (looked for a, then b)`, or nothing where the one place is the path as it was written. */
export function describeTried({ tried }: Lookup, written: string): string {
  return tried.length === 1 && tried[0] === written ? "" : ` (looked for ${tried.join(", then ")})`;
}

/** A path as messages show it: relative where it lies in the working directory. */
export function displayPath(path: string, cwd: string): string {
  const inside = relative(cwd, path);
  return inside === "" || inside.startsWith("..") || isAbsolute(inside) ? path : join(inside);
}

/** `s3://…`, `gs://…`, `https://…`: not a path of this machine. */
export function isUrl(path: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(path);
}
