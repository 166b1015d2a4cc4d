import { createReadStream } from "node:fs";
import { createSha256 } from "../../contract/sha256.ts";
import { reach } from "../../storage/fail-point.ts";
import type { ObjectStore, StagedRef, StagingRun } from "../../storage/object/object-store.ts";

/** Large enough that a part of an upload is read in few steps. */
const READ_BYTES = 1024 * 1024;

export interface Uploaded {
  readonly upload: StagedRef;
  readonly sha256: string;
}

/** Stages a local file as an object. */
export async function uploadFile(store: ObjectStore, path: string, key: string, run: StagingRun): Promise<Uploaded> {
  const hash = createSha256();
  const object = await store.stage(key, run);
  try {
    await reach("K30");
    for await (const bytes of createReadStream(path, { highWaterMark: READ_BYTES })) {
      hash.update(bytes as Uint8Array);
      await object.write(bytes as Uint8Array);
    }
    const upload = await object.seal();
    await reach("K32");
    return { upload, sha256: hash.digest("hex") };
  } catch (error) {
    await object.discard();
    throw error;
  }
}
