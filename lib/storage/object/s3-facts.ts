import type { ObjectFacts } from "./object-store.ts";
import { RUN_ID } from "./run-object.ts";

interface Described {
  readonly ETag?: string | undefined;
  readonly LastModified?: Date | undefined;
  readonly Metadata?: Record<string, string> | undefined;
}

/** What the SDK says of an object. */
export function factsOf(key: string, sizeBytes: number, { ETag, LastModified, Metadata }: Described): ObjectFacts {
  const version = unquoted(ETag);
  return {
    key,
    sizeBytes,
    version,
    mtimeNs: `${secondsOf(LastModified)}000000000`,
    md5: MD5.test(version) ? version : undefined,
    runId: Metadata?.[RUN_ID],
  };
}

/** What is conditional on a version. */
export function quoted(version: string): string {
  return `"${version}"`;
}

/** A list says it in quotes, and a reply in a header; some stores leave them out. */
export function unquoted(etag: string | undefined): string {
  return (etag ?? "").replace(/^"|"$/g, "");
}

/** A header has whole seconds, where a list may have more. */
function secondsOf(modified: Date | undefined): number {
  return Math.floor((modified?.getTime() ?? 0) / 1000);
}

/** Of an object that came in one piece, unless the store encrypts it; then no other object has the same. */
const MD5 = /^[0-9a-f]{32}$/;
