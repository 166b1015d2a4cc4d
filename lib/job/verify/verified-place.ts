import { resolve } from "node:path";
import type { CommitRecord } from "../../commit/record.ts";
import { placeOfUri } from "../../config/job/target-place.ts";
import type { ReadStorage } from "../../contract/storage.ts";
import { isObjectUri } from "../../storage/object/object-uri.ts";

/** Where the files of a receipt lie. Paths are relative to it. */
export interface VerifiedPlace {
  /** Folder or URI, for people. */
  readonly uri: string;
  /** So many files are looked at side by side. */
  readonly atOnce: number;
  /** Reads the files by what `pathOf` makes of their paths. */
  readonly storage: ReadStorage;
  pathOf(path: string): string;
  /** Undefined where there is no such file. */
  sizeOf(path: string): Promise<number | undefined>;
  sha256Of(path: string): Promise<string>;
  /** So many of its last bytes; fewer where it has fewer. */
  endOf(path: string, length: number): Promise<Uint8Array>;
  /** Every file, less the bookkeeping. */
  files(): Promise<readonly string[]>;
  /** What any job has published here, or is about to. */
  records(): Promise<readonly CommitRecord[]>;
  /** The commits of a job, by its hash, that have higher numbers. */
  commitsAfter(jobHash: string, seq: number): Promise<readonly CommitRecord[]>;
}

/** The folder or bucket of a receipt; a bucket is reached as the environment says. */
export async function openPlace(path: string, cwd: string, env: NodeJS.ProcessEnv): Promise<VerifiedPlace> {
  if (!isObjectUri(path)) {
    const { FolderPlace } = await import("./folder-place.ts");
    return new FolderPlace(resolve(cwd, path));
  }
  const { BucketPlace } = await import("./bucket-place.ts");
  const { path: uri, store } = placeOfUri(path, { env });
  return BucketPlace.open(uri, store, env);
}
