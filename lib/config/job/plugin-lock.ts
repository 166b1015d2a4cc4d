import { readFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { DativoError, systemCode } from "../../contract/errors.ts";
import { isMapping } from "../document/config-document.ts";
import { displayPath, isUrl, type Places } from "../document/find-file.ts";

export const LOCK_NAME = "dativo.plugins.lock";

/** What plugins were when somebody last looked, by their identities. */
export interface PluginLock {
  /** Absolute. */
  readonly path: string;
  /** SHA-256 by identity, hex. */
  readonly hashes: Readonly<Record<string, string>>;
}

/**
 * The lock file of a job: the nearest one from the job's folder up to the working directory.
 *
 * @throws DativoError DTV_CONFIG_INVALID for one that is none
 */
export async function findPluginLock({ cwd, folder }: Places): Promise<PluginLock | undefined> {
  for (const place of foldersUpTo(cwd, folder ?? cwd)) {
    const path = join(place, LOCK_NAME);
    const text = await readIfThere(path);
    if (text !== undefined) return { path, hashes: parseLock(text, path, displayPath(path, cwd)) };
  }
  return undefined;
}

/** The content of a lock file: sorted, and the same wherever the folder lies. */
export function formatLock({ path, hashes }: PluginLock): string {
  const entries = Object.entries(hashes).map(([identity, hash]) => [keyOf(identity, dirname(path)), `sha256:${hash}`]);
  const files = Object.fromEntries(entries.sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ version: 1, files }, null, 2)}\n`;
}

function foldersUpTo(cwd: string, folder: string): string[] {
  const isBelow = `${folder}${sep}`.startsWith(cwd.endsWith(sep) ? cwd : `${cwd}${sep}`);
  if (!isBelow) return [folder, cwd];
  const folders: string[] = [];
  for (let at = folder; at !== cwd; at = dirname(at)) folders.push(at);
  return [...folders, cwd];
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") return undefined;
    throw cause;
  }
}

/** One that cannot be read is an error: without it every plugin would pass. */
function parseLock(text: string, path: string, shown: string): Record<string, string> {
  const files = filesOf(text);
  if (!files) {
    throw new DativoError("DTV_CONFIG_INVALID", `${shown} is no lock file of plugins that this version reads`, {
      culprit: shown,
      hint: "Take it from your version control again, or remove it and write it anew: dativo plugin lock JOB",
    });
  }
  return Object.fromEntries(
    Object.entries(files).map(([key, hash]) => [identityOfKey(key, dirname(path)), hash.slice("sha256:".length)]),
  );
}

function filesOf(text: string): Record<string, string> | undefined {
  try {
    const lock: unknown = JSON.parse(text);
    if (!isMapping(lock) || lock["version"] !== 1 || !isMapping(lock["files"])) return undefined;
    const hashes = Object.values(lock["files"]);
    const isHash = (hash: unknown): boolean => typeof hash === "string" && /^sha256:[0-9a-f]{64}$/.test(hash);
    return hashes.every(isHash) ? (lock["files"] as Record<string, string>) : undefined;
  } catch {
    return undefined;
  }
}

function keyOf(identity: string, folder: string): string {
  if (!isPath(identity)) return identity;
  return relative(folder, identity).split(sep).join("/");
}

function identityOfKey(key: string, folder: string): string {
  return isPath(key) ? resolve(folder, key) : key;
}

function isPath(identity: string): boolean {
  return !isUrl(identity) && !identity.startsWith("npm:");
}
