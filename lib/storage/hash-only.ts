import { createSha256 } from "../contract/sha256.ts";
import type { StagedFile } from "../contract/storage.ts";

/** A staged file of which nothing remains but its size and hash. */
export function hashOnly(path: string): StagedFile {
  const hash = createSha256();
  let sizeBytes = 0;
  return {
    path,
    get sizeBytes() {
      return sizeBytes;
    },
    write: async (bytes) => {
      hash.update(bytes);
      sizeBytes += bytes.length;
    },
    seal: async () => ({ sizeBytes, sha256: hash.digest("hex") }),
    discard: async () => {},
  };
}
