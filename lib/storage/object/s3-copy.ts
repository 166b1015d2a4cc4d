import type { ObjectFacts } from "./object-store.ts";
import type { S3Bucket } from "./s3-bucket.ts";
import { quoted, unquoted } from "./s3-facts.ts";
import { abortUpload, beginUpload, completeUpload, type Upload } from "./s3-multipart.ts";

/** S3 takes 5 GiB at once, and gives no sign of life meanwhile. */
const COPY_BYTES = 256 * 1024 * 1024;

/**
 * Copies an object as the parts of an upload: a copy in one request heeds no condition in many stores, and takes no object
 * above 5 GiB in any. False when the key is taken.
 */
export async function copyObject(bucket: S3Bucket, from: ObjectFacts, to: string): Promise<boolean> {
  const upload = await beginUpload(bucket, to, from.runId);
  try {
    const ranges = rangesOf(from.sizeBytes);
    const parts = await Promise.all(ranges.map((range, index) => copyPart(bucket, from, upload, index + 1, range)));
    if ((await completeUpload(bucket, upload, parts)) === "done") return true;
  } catch (error) {
    await abortUpload(bucket, upload);
    throw error;
  }
  await abortUpload(bucket, upload);
  return false;
}

async function copyPart(
  bucket: S3Bucket,
  from: ObjectFacts,
  { key, id }: Upload,
  PartNumber: number,
  CopySourceRange: string | undefined,
): Promise<string> {
  await bucket.slots.take();
  try {
    const source = {
      CopySource: `${bucket.name}/${from.key.split("/").map(encodeURIComponent).join("/")}`,
      CopySourceIfMatch: quoted(from.version),
    };
    const call = { ...bucket.at(key), UploadId: id, PartNumber, ...source, CopySourceRange };
    const reply = await bucket.attempt("write", key, () => bucket.client.uploadPartCopy(call));
    return unquoted(reply.CopyPartResult?.ETag);
  } finally {
    bucket.slots.give();
  }
}

/** An empty object has no range to name. */
function rangesOf(sizeBytes: number): (string | undefined)[] {
  if (sizeBytes === 0) return [undefined];
  const starts = Array.from({ length: Math.ceil(sizeBytes / COPY_BYTES) }, (_, index) => index * COPY_BYTES);
  return starts.map((start) => `bytes=${start}-${Math.min(start + COPY_BYTES, sizeBytes) - 1}`);
}
