import { setTimeout as sleep } from "node:timers/promises";
import { RUN_ID } from "./run-object.ts";
import { type S3Bucket, stoppedBy } from "./s3-bucket.ts";
import { nameOf, statusOf } from "./s3-errors.ts";

/** An object that comes in parts: nobody sees it before all of them are there. */
export interface Upload {
  readonly key: string;
  /** What the store calls it. */
  readonly id: string;
}

export async function beginUpload(
  bucket: S3Bucket,
  key: string,
  runId: string | undefined,
  signal?: AbortSignal,
): Promise<Upload> {
  const Metadata = runId === undefined ? {} : { [RUN_ID]: runId };
  const begin = () => bucket.client.createMultipartUpload({ ...bucket.at(key), Metadata }, stoppedBy(signal));
  const { UploadId = "" } = await bucket.attempt("write", key, begin, signal);
  return { key, id: UploadId };
}

/** Makes an object of the parts of these ETags, unless there is one of its key; why it did not, else. */
export async function completeUpload(
  bucket: S3Bucket,
  { key, id }: Upload,
  etags: readonly string[],
): Promise<"done" | "taken" | "gone"> {
  const Parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
  const call = { ...bucket.at(key), UploadId: id, MultipartUpload: { Parts }, IfNoneMatch: "*" };
  try {
    await throughConflicts(() => bucket.client.completeMultipartUpload(call));
    return "done";
  } catch (error) {
    if (nameOf(error) === "NoSuchUpload") return "gone";
    if (statusOf(error) === 412) return "taken";
    throw bucket.failed(error, "write", key);
  }
}

/** False when it was given up, or has become an object. */
export async function isUnderWay(bucket: S3Bucket, { key, id }: Upload): Promise<boolean> {
  try {
    await bucket.client.listParts({ ...bucket.at(key), UploadId: id, MaxParts: 1 });
    return true;
  } catch (error) {
    if (nameOf(error) === "NoSuchUpload") return false;
    throw bucket.failed(error, "read", key);
  }
}

/** One that is gone, or has become an object, needs no end. */
export async function abortUpload(bucket: S3Bucket, { key, id }: Upload): Promise<void> {
  try {
    await bucket.client.abortMultipartUpload({ ...bucket.at(key), UploadId: id });
  } catch (error) {
    if (nameOf(error) !== "NoSuchUpload") throw bucket.failed(error, "write", key);
  }
}

/** A store that answers 409 was asked for the same key twice at a time; who asks again learns how that went. */
export async function throughConflicts<T>(call: () => Promise<T>): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
    try {
      return await call();
    } catch (error) {
      if (statusOf(error) !== 409 || pauseMs > LAST_PAUSE_MS) throw error;
      await sleep(pauseMs);
    }
  }
}

const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 3000;
