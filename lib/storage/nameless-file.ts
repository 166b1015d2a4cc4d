import { randomUUID } from "node:crypto";
import { type FileHandle, open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";

/** Of what is free, so much is left to others. */
const SHARE = 0.5;
/** Types of statfs(2) whose files lie in memory: tmpfs and ramfs. */
const IN_MEMORY: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);

/** A file without a name, so that nothing is left of it, whatever becomes of this process. */
export async function openNameless(folder: string): Promise<FileHandle> {
  const path = join(folder, randomUUID());
  const file = await open(path, "wx+", 0o600);
  await rm(path);
  return file;
}

/** @throws Error where a folder has no room on a disk for so many bytes */
export async function requireRoom(folder: string, sizeBytes: number): Promise<void> {
  const { type, bavail, bsize } = await statfs(folder);
  if (IN_MEMORY.has(type)) throw new Error(`${folder} lies in memory, which is not for copies of files; set TMPDIR`);
  if (sizeBytes > SHARE * bavail * bsize) throw new Error(`${folder} has no room for a copy; set TMPDIR`);
}
