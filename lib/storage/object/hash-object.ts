import { createSha256 } from "../../contract/sha256.ts";
import type { ObjectFacts, ObjectStore } from "./object-store.ts";

const RANGE_BYTES = 8 * 1024 * 1024;

/**
 * SHA-256 of one version of an object, hex, with two ranges of it in memory.
 *
 * @throws DativoError DTV_SOURCE_CHANGED
 */
export async function hashObject(store: ObjectStore, object: ObjectFacts): Promise<string> {
  const hash = createSha256();
  const rangeAt = (offset: number): Promise<Buffer> => {
    const range = store.read(object, offset, RANGE_BYTES);
    // It may fail while the one before it does.
    range.catch(() => undefined);
    return range;
  };
  let ahead = rangeAt(0);
  for (let offset = 0; offset < object.sizeBytes; ) {
    const range = await ahead;
    offset += RANGE_BYTES;
    if (offset < object.sizeBytes) ahead = rangeAt(offset);
    hash.update(range);
  }
  return hash.digest("hex");
}
