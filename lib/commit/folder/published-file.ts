import { stat } from "node:fs/promises";
import type { PublishedFile } from "../record.ts";
import { hashFile } from "./folder-staging.ts";

/** Folders of data are for everyone whom the umask allows. */
export const DATA_FOLDER = 0o777;

/** True when a file has the size and hash that the record says. */
export async function isFile(path: string, expected: PublishedFile): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  return facts?.size === expected.sizeBytes && (await hashFile(path)) === expected.sha256;
}
