import { DativoError, type ErrorCode } from "../../contract/errors.ts";

/** What was done when a store refused. */
export interface StoreAction {
  readonly does: "read" | "write";
  /** Of the object, or of the bucket. */
  readonly uri: string;
}

/** What is wrong, in a store's own words or the system's: by that name, which of our causes it is. */
export type StoreFault =
  | "no-bucket"
  | "bad-name"
  | "no-keys"
  | "wrong-keys"
  | "expired"
  | "clock"
  | "forbidden"
  | "elsewhere"
  | "no-region"
  | "unreachable"
  | "no-tls"
  | "unexplained"
  | "busy"
  | "other";

/** Nothing of the SDK's own error goes on, beside its name and message: it holds the request, and that its signature. */
export function storeError(
  fault: StoreFault,
  { does, uri }: StoreAction,
  said: string,
  { where, keysFrom }: StorePlace,
): DativoError {
  const [code, reason, hint] = explain(fault, where, keysFrom);
  const told = reason === undefined ? said : `${reason} (${said})`;
  return new DativoError(code ?? UNABLE[does], `Cannot ${does} ${uri}: ${told}`, {
    culprit: uri,
    hint,
    cause: new Error(said),
  });
}

/** What a message may show of an endpoint: neither user nor password. */
export function hostOf(endpoint: string): string {
  return URL.canParse(endpoint) ? new URL(endpoint).host : "the endpoint";
}

/** What a message says of a store. */
export interface StorePlace {
  /** Of the endpoint: without user and password. */
  readonly where: string;
  /** Where its keys are taken from, for who has to mend them. */
  readonly keysFrom: string;
}

const UNABLE = { read: "DTV_SOURCE_UNREADABLE", write: "DTV_TARGET_UNWRITABLE" } as const;

type Explanation = readonly [code: ErrorCode | undefined, reason?: string, hint?: string];

function explain(fault: StoreFault, where: string, keysFrom: string): Explanation {
  switch (fault) {
    case "no-bucket":
      return [
        "DTV_CONNECTION_FAILED",
        `there is no such bucket at ${where}`,
        "Check its name and the endpoint, or create it; Dativo makes no buckets.",
      ];
    case "bad-name":
      return [
        "DTV_CONNECTION_FAILED",
        "a bucket cannot have this name",
        "Names have 3 to 63 of a-z, 0-9, dots and hyphens.",
      ];
    case "no-keys":
      return ["DTV_CONNECTION_FAILED", `there are no credentials for ${where}`, `They are looked for in ${keysFrom}.`];
    case "wrong-keys":
      return ["DTV_CONNECTION_FAILED", `${where} does not accept the credentials`, `They come from ${keysFrom}.`];
    case "expired":
      return [
        "DTV_CONNECTION_FAILED",
        "the credentials have expired",
        `Get new ones and run again; they come from ${keysFrom}.`,
      ];
    case "clock":
      return [
        "DTV_CONNECTION_FAILED",
        "the clock of this machine is too far from the store's",
        "Set it (NTP) and run again.",
      ];
    case "elsewhere":
      return [
        "DTV_CONNECTION_FAILED",
        "the bucket is in another region",
        "Set the region of the connection, or AWS_REGION.",
      ];
    case "no-region":
      return ["DTV_CONNECTION_FAILED", "no region is set", "Set the region of the connection, or AWS_REGION."];
    case "unreachable":
      return [
        "DTV_CONNECTION_FAILED",
        `${where} cannot be reached`,
        "Check the endpoint of the connection, the network and the proxy.",
      ];
    case "no-tls":
      return [
        "DTV_CONNECTION_FAILED",
        `${where} does not answer in https`,
        "Write http:// in front of the endpoint if it is meant to be reached so, or `secure: false` in the connection.",
      ];
    case "unexplained":
      return [
        "DTV_CONNECTION_FAILED",
        `${where} does not take the request and does not say why`,
        "Check the name of the bucket, the region and the keys.",
      ];
    case "busy":
      return [
        "DTV_TRANSIENT",
        `${where} did not do it, however often it was asked`,
        "Run again; nothing is half-published.",
      ];
    case "forbidden":
      return [
        undefined,
        "access denied",
        `The credentials are known, and have not the permission for this; they come from ${keysFrom}.`,
      ];
    case "other":
      return [undefined];
  }
}

/** An object is not the one that is being read any more. */
export function changedObject(uri: string): DativoError {
  return new DativoError("DTV_SOURCE_CHANGED", `${uri} changed while it was read`, {
    culprit: uri,
    hint: "Run again when nobody writes to it.",
  });
}

export function noSuchObject(uri: string): DativoError {
  return new DativoError("DTV_SOURCE_NOT_FOUND", `There is no object ${uri}`, { culprit: uri });
}
