import { stat } from "node:fs/promises";
import { DativoError } from "../contract/errors.ts";
import type { PublishedFile } from "./record.ts";
import { hashFile } from "./staging.ts";

/** Folders of data are for everyone whom the umask allows. */
export const DATA_FOLDER = 0o777;

/** True when a file has the size and hash that the record says. */
export async function isFile(path: string, expected: PublishedFile): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  return facts?.size === expected.sizeBytes && (await hashFile(path)) === expected.sha256;
}

export function nameTaken(path: string): DativoError {
  return new DativoError("DTV_COMMIT_CONFLICT", `${path} exists and is not what this run wrote`, {
    culprit: path,
    hint: "Nothing was overwritten. Move the file away and run again.",
  });
}
