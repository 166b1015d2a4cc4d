import type { FileMetadata } from "@google-cloud/storage";
import type { ObjectFacts } from "./object-store.ts";
import { RUN_ID } from "./run-object.ts";

/** What the client says of an object. One that was composed of others has no MD5. */
export function factsOf({ name = "", size, generation, updated, md5Hash, metadata }: FileMetadata): ObjectFacts {
  const runId = metadata?.[RUN_ID];
  return {
    key: name,
    sizeBytes: Number(size ?? 0),
    version: String(generation),
    mtimeNs: `${Date.parse(updated ?? "1970-01-01T00:00:00Z")}000000`,
    md5: md5Hash === undefined ? undefined : Buffer.from(md5Hash, "base64").toString("hex"),
    runId: runId == null ? undefined : String(runId),
  };
}
