import { setTimeout as sleep } from "node:timers/promises";
import { DativoError } from "../../contract/errors.ts";
import type { ObjectFacts } from "./object-store.ts";
import { type S3Bucket, stoppedBy } from "./s3-bucket.ts";
import { nameOf, statusOf } from "./s3-errors.ts";
import { quoted, unquoted } from "./s3-facts.ts";

/** The SDK repeats requests, and not replies that break off. */
const ATTEMPTS = 5;
const PAUSE_MS = 100;

/** Fills memory with the bytes from `offset` of that very version. */
export async function readInto(
  bucket: S3Bucket,
  object: ObjectFacts,
  offset: number,
  memory: Buffer,
  signal?: AbortSignal,
): Promise<void> {
  let filled = 0;
  for (let attempt = 1; filled < memory.length; attempt++) {
    const range = `bytes=${offset + filled}-${offset + memory.length - 1}`;
    const call = { ...bucket.at(object.key), Range: range, IfMatch: quoted(object.version) };
    try {
      for await (const chunk of await bodyOf(bucket, call, memory.length - filled, signal)) {
        memory.set(chunk, filled);
        filled += chunk.length;
      }
      if (filled < memory.length) throw new Error("the reply broke off");
    } catch (error) {
      if (nameOf(error) === "NoSuchKey" || statusOf(error) === 412) throw changed(`${bucket.uri}/${object.key}`);
      await pauseOrThrow(bucket, object.key, error, attempt, signal);
    }
  }
}

/** The whole of a small object. */
export async function readWhole(
  bucket: S3Bucket,
  key: string,
): Promise<{ bytes: Buffer; version: string } | undefined> {
  for (let attempt = 1; ; attempt++) {
    const reply = await bucket.ifThere(key, () => bucket.client.getObject(bucket.at(key)));
    if (!reply) return undefined;
    try {
      const bytes = Buffer.from((await reply.Body?.transformToByteArray()) ?? []);
      if (bytes.length === reply.ContentLength) return { bytes, version: unquoted(reply.ETag) };
      throw new Error("the reply broke off");
    } catch (error) {
      await pauseOrThrow(bucket, key, error, attempt);
    }
  }
}

/** A store that does not know ranges gives everything. */
async function bodyOf(
  bucket: S3Bucket,
  call: { readonly Bucket: string; readonly Key: string; readonly Range: string; readonly IfMatch: string },
  length: number,
  signal: AbortSignal | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  const { Body, ContentLength } = await bucket.client.getObject(call, stoppedBy(signal));
  const body = Body as (AsyncIterable<Uint8Array> & { destroy(): void }) | undefined;
  if (body && ContentLength === length) return body;
  body?.destroy();
  throw new DativoError(
    "DTV_SOURCE_UNREADABLE",
    `${bucket.uri} gives ${ContentLength} bytes where ${length} were asked for`,
    {
      culprit: `${bucket.uri}/${call.Key}`,
      hint: "The store, or a proxy before it, does not serve ranges of objects.",
    },
  );
}

/** What the SDK has repeated is not repeated again. */
async function pauseOrThrow(
  bucket: S3Bucket,
  key: string,
  error: unknown,
  attempt: number,
  signal?: AbortSignal,
): Promise<void> {
  const isOver = statusOf(error) !== undefined || error instanceof DativoError || attempt === ATTEMPTS;
  if (isOver || signal?.aborted) throw bucket.failed(error, "read", key, signal);
  await sleep(PAUSE_MS * 2 ** attempt);
}

function changed(uri: string): DativoError {
  return new DativoError("DTV_SOURCE_CHANGED", `${uri} changed while it was read`, {
    culprit: uri,
    hint: "Run again when nobody writes to it.",
  });
}
