import { DativoError } from "../../contract/errors.ts";

/** A name of an object, or the beginning of such names. The key is taken as it is: `%20` in it are three characters. */
export interface ObjectUri {
  readonly scheme: "s3" | "gs";
  readonly bucket: string;
  readonly key: string;
}

/** The schemes of the connectors that are stores. */
export const STORE_SCHEMES: Readonly<Record<string, "s3" | "gs">> = { s3: "s3", minio: "s3", gcs: "gs" };

const URI = /^(s3|gs):\/\/([^/]*)\/?(.*)$/is;

/** Whether a path names something in a store, and nothing on this machine. */
export function isObjectUri(path: string): boolean {
  return URI.test(path);
}

/**
 * An object by its name, `s3://bucket/key` or `gs://bucket/key`.
 *
 * @throws DativoError DTV_CONFIG_INVALID
 */
export function parseObjectUri(uri: string): ObjectUri {
  const place = parsePrefixUri(uri);
  if (place.key !== "") return place;
  const what = place.scheme === "s3" ? "key" : "object path";
  throw invalid(uri, `${place.scheme}:// URIs must include both bucket and ${what}`);
}

/**
 * A place below which objects lie: the key may be empty.
 *
 * @throws DativoError DTV_CONFIG_INVALID
 */
export function parsePrefixUri(uri: string): ObjectUri {
  const [, scheme = "", bucket = "", key = ""] = URI.exec(uri) ?? [];
  if (bucket === "") throw invalid(uri, "a place in a store is written s3://bucket/key or gs://bucket/key");
  return { scheme: scheme.toLowerCase() as "s3" | "gs", bucket, key };
}

function invalid(uri: string, reason: string): DativoError {
  return new DativoError("DTV_CONFIG_INVALID", `${uri}: ${reason}`, { culprit: uri });
}
