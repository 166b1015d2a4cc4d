/**
 * Files that survive a crash. A name appears only when the bytes behind it are on the disk, and no name that exists
 * is ever overwritten, except by {@link replaceFile}, which is for caches of a truth that stands elsewhere.
 */
import { constants } from "node:fs";
import { link, mkdir, open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { DativoError, systemCode } from "../contract/errors.ts";
import { type FailPoint, reach } from "./fail-point.ts";

/** For everything that is ours alone: state, manifests, rejects. */
export const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/**
 * Makes a folder and its parents, and the names of those it made, durable. One level at a time: Node's own recursion
 * never ends where a file system makes no folders (/proc), and hides why (a read-only volume).
 */
export async function makeFolder(path: string, mode: number = PRIVATE_FOLDER): Promise<void> {
  const missing: string[] = [];
  for (let at = resolve(path); !(await isFolder(at)) && at !== dirname(at); at = dirname(at)) missing.push(at);
  for (const at of missing.reverse()) {
    await mkdir(at, { mode }).catch(async (cause: unknown) => {
      // Another run may have made it in the meantime.
      if (systemCode(cause) !== "EEXIST" || !(await isFolder(at))) throw cause;
    });
    await syncFolder(dirname(at));
  }
}

/** Removes a folder that is empty, then the one that it was in, and so on, but never `root`. */
export async function removeEmptyFolders(folder: string, root: string): Promise<void> {
  for (let at = resolve(folder); at !== resolve(root) && at.startsWith(join(root, sep)); at = dirname(at)) {
    try {
      await rmdir(at);
    } catch (error) {
      if (systemCode(error) !== "ENOENT") return;
    }
  }
}

export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Gives a file that lies on the disk a second name. False when the name is taken, which is no error here: the caller
 * knows whether that can be its own earlier work.
 *
 * @throws DativoError DTV_TARGET_NO_HARD_LINKS on volumes that have none.
 */
export async function linkIfAbsent(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (cause) {
    const code = systemCode(cause);
    if (code === "EEXIST") return false;
    if (code === "EPERM" || code === "ENOTSUP" || code === "EOPNOTSUPP" || code === "EMLINK") {
      throw new DativoError("DTV_TARGET_NO_HARD_LINKS", `The volume of ${dirname(to)} has no hard links`, {
        culprit: to,
        hint: "Publishing without overwriting needs them. Write to a local file system such as ext4, xfs or apfs.",
        cause,
      });
    }
    throw cause;
  }
}

/** Fail points in the life of a small file: written and synced under another name, and named. */
export type FilePoints = readonly [FailPoint, FailPoint, FailPoint];

/**
 * Creates a small file whole: temporary name, fsync, link, fsync of the folder. False when the name is taken. `tag` keeps
 * the temporary names of several processes apart.
 */
export async function createFile(path: string, content: string, tag: string, points?: FilePoints): Promise<boolean> {
  const temporary = await writeTemporary(path, content, tag, points);
  try {
    const isNamed = await linkIfAbsent(temporary, path);
    if (points) await reach(points[2]);
    return isNamed;
  } finally {
    await rm(temporary, { force: true });
    await syncFolder(dirname(path));
  }
}

/** Replaces a small file whole: temporary name, fsync, rename, fsync of the folder. */
export async function replaceFile(path: string, content: string, tag: string, points?: FilePoints): Promise<void> {
  const temporary = await writeTemporary(path, content, tag, points);
  await rename(temporary, path);
  if (points) await reach(points[2]);
  await syncFolder(dirname(path));
}

/**
 * Removes what processes left that died while they made small files: of one name, whose folder may hold files of others,
 * or all of a folder. Whoever makes one of these at this moment fails.
 */
export async function removeTemporaries(folder: string, name?: string): Promise<void> {
  const isOurs = (found: string): boolean =>
    name === undefined
      ? found.startsWith(".") && found.endsWith(".tmp")
      : found.startsWith(`.${name}.`) && RUN_TEMPORARY.test(found.slice(name.length + 2));
  for (const found of await readdir(folder).catch(() => [])) {
    if (isOurs(found)) await rm(join(folder, found), { force: true });
  }
}

/** What a run adds to the name of a file that it makes. */
const RUN_TEMPORARY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

async function writeTemporary(path: string, content: string, tag: string, points?: FilePoints): Promise<string> {
  const temporary = join(dirname(path), `.${basename(path)}.${tag}.tmp`);
  const handle = await open(temporary, "w", PRIVATE_FILE);
  try {
    await handle.writeFile(content);
    if (points) await reach(points[0]);
    await handle.sync();
    if (points) await reach(points[1]);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  return temporary;
}
