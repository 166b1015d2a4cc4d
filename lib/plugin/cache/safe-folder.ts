import type { Stats } from "node:fs";
import { lstat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { DativoError } from "../../contract/errors.ts";
import { makeFolder } from "../../storage/durable.ts";

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * Makes a folder that nobody but this user can write, and refuses one that somebody else prepared: what lies in it is
 * going to be run.
 *
 * @throws DativoError DTV_PLUGIN_CACHE
 */
export async function openSafeFolder(path: string, top: string = path): Promise<string> {
  const folder = resolve(path);
  await requireSafeParents(folder);
  await makeFolder(folder, 0o700);
  await requireSafeParents(folder);
  for (let at = folder; ; at = dirname(at)) {
    await requireOurs(at);
    if (at === resolve(top) || at === dirname(at)) return folder;
  }
}

/** Whether a file or folder is this user's, and nobody else's to change. */
export function isOursAlone({ uid, mode }: Pick<Stats, "uid" | "mode">): boolean {
  const own = process.getuid?.();
  return own === undefined || (uid === own && (mode & WRITABLE_BY_OTHERS) === 0);
}

async function requireOurs(path: string): Promise<void> {
  const facts = await lstat(path);
  if (!facts.isDirectory()) throw unsafe(path, "is no folder");
  if (!isOursAlone(facts)) throw unsafe(path, describe(facts));
}

/** Of the folders above, none may let others put something else in the place of the next. */
async function requireSafeParents(folder: string): Promise<void> {
  const own = process.getuid?.();
  if (own === undefined) return;
  for (let at = dirname(folder); ; at = dirname(at)) {
    const facts = await lstat(at).catch(() => undefined);
    if (facts && facts.uid !== own && facts.uid !== 0) throw unsafe(at, describe(facts));
    const isShared = facts?.isDirectory() && (facts.mode & WRITABLE_BY_OTHERS) !== 0;
    if (facts && isShared && (facts.mode & STICKY) === 0) throw unsafe(at, describe(facts));
    if (at === dirname(at)) return;
  }
}

function describe({ uid, mode }: Stats): string {
  return uid === process.getuid?.()
    ? `can be written by others (mode ${(mode & 0o7777).toString(8)})`
    : `belongs to another user (uid ${uid})`;
}

function unsafe(path: string, reason: string): DativoError {
  return new DativoError("DTV_PLUGIN_CACHE", `The folder of fetched plugins is not safe to use: ${path} ${reason}`, {
    culprit: path,
    hint: "Whoever can write there could have other code run. Remove it, or name a folder of your own: DATIVO_PLUGIN_CACHE_DIR",
  });
}
