import type { ObjectStore } from "../../storage/object/object-store.ts";
import type { LedgerPlace } from "../ledger.ts";
import { BucketBooks } from "./bucket-books.ts";
import { BucketKeys } from "./bucket-keys.ts";
import { BucketTarget } from "./bucket-target.ts";

export interface BucketPlaceParts {
  readonly store: ObjectStore;
  /** Without slashes around it; empty for the whole bucket. */
  readonly prefix: string;
  readonly jobKey: string;
  /** A folder of the job on this machine, for what its writer makes as local files. */
  readonly scratch: string;
}

/** A prefix of a bucket, with the books of a job below it. */
export function bucketPlace({
  store,
  prefix,
  jobKey,
  scratch,
}: BucketPlaceParts): Pick<LedgerPlace, "books" | "target"> {
  const keys = new BucketKeys(prefix === "" ? "" : `${prefix}/`, jobKey);
  return { books: new BucketBooks(store, keys, scratch), target: new BucketTarget(store, keys) };
}
