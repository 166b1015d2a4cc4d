import { DativoError } from "../../contract/errors.ts";
import { fillMemory } from "./fill-memory.ts";
import type { ObjectFacts } from "./object-store.ts";
import { type S3Bucket, stoppedBy } from "./s3-bucket.ts";
import { nameOf, statusOf } from "./s3-errors.ts";
import { factsOf, quoted } from "./s3-facts.ts";
import { changedObject } from "./store-error.ts";

/** Fills memory with the bytes from `offset` of that very version; `first` are those that are coming already. */
export async function readInto(
  bucket: S3Bucket,
  object: ObjectFacts,
  offset: number,
  memory: Buffer,
  signal?: AbortSignal,
  first?: AsyncIterable<Uint8Array>,
): Promise<void> {
  const end = offset + memory.length;
  const at = { ...bucket.at(object.key), IfMatch: quoted(object.version) };
  let coming = first;
  const ask = async (from: number): Promise<AsyncIterable<Uint8Array>> => {
    const body = coming;
    coming = undefined;
    return body ?? bodyOf(bucket, { ...at, Range: `bytes=${offset + from}-${end - 1}` }, memory.length - from, signal);
  };
  try {
    await fillMemory(memory, ask, (error) => isFinal(error) || signal?.aborted === true);
  } catch (error) {
    const isAnother = nameOf(error) === "NoSuchKey" || statusOf(error) === 412;
    throw isAnother && !signal?.aborted
      ? changedObject(`${bucket.uri}/${object.key}`)
      : bucket.failed(error, "read", object.key, signal);
  }
}

/** The whole of a small object. */
export async function readWhole(
  bucket: S3Bucket,
  key: string,
): Promise<{ bytes: Buffer; version: string } | undefined> {
  const reply = await bucket.ifThere(key, () => bucket.client.getObject(bucket.at(key)));
  if (!reply) return undefined;
  const facts = factsOf(key, reply.ContentLength ?? 0, reply);
  const bytes = Buffer.allocUnsafeSlow(facts.sizeBytes);
  await readInto(bucket, facts, 0, bytes, undefined, reply.Body as AsyncIterable<Uint8Array>);
  return { bytes, version: facts.version };
}

/** What the SDK gives up after its own tries has a note of them. */
function isFinal(error: unknown): boolean {
  return error instanceof DativoError || (error as { $metadata?: unknown }).$metadata !== undefined;
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
