import type { ObjectStore } from "../../storage/object/object-store.ts";
import { openStore } from "../../storage/object/open-store.ts";
import type { StoreSettings } from "../../storage/object/store-settings.ts";
import type { LedgerPlace } from "../ledger.ts";
import { BucketBooks } from "./bucket-books.ts";
import { BucketKeys } from "./bucket-keys.ts";
import { BucketTarget } from "./bucket-target.ts";

interface PlaceParts {
  readonly jobKey: string;
  /** A folder of the job on this machine, for what its writer makes as local files. */
  readonly scratch: string;
}

/** Opens the store of a target that is a URI without a slash at its end, `s3://bucket/prefix` or `s3://bucket`. */
export async function openBucketPlace(
  uri: string,
  settings: StoreSettings,
  parts: PlaceParts,
): Promise<Pick<LedgerPlace, "books" | "target">> {
  const store = await openStore(settings);
  return bucketPlace({ ...parts, store, prefix: uri.slice(store.uri.length + 1) });
}

/** A prefix of a bucket, with the books of a job below it. It has no slashes around it, and is empty for the whole bucket. */
export function bucketPlace({
  store,
  prefix,
  jobKey,
  scratch,
}: PlaceParts & { readonly store: ObjectStore; readonly prefix: string }): Pick<LedgerPlace, "books" | "target"> {
  const keys = new BucketKeys(prefix === "" ? "" : `${prefix}/`, jobKey);
  return { books: new BucketBooks(store, keys, scratch), target: new BucketTarget(store, keys) };
}
