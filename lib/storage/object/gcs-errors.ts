import type { DativoError } from "../../contract/errors.ts";
import { faultOfStatus, NETWORK_FAULTS } from "./network-faults.ts";
import { hostOf, type StoreAction, type StoreFault, type StorePlace, storeError } from "./store-error.ts";
import type { GcsSettings } from "./store-settings.ts";

interface ClientError {
  readonly code?: unknown;
  readonly status?: unknown;
  readonly message?: string;
  readonly errors?: readonly { readonly reason?: string }[];
  readonly cause?: unknown;
}

/** The status of a reply, where an error is one. */
export function statusOf(error: unknown): number | undefined {
  const { code, status } = (error ?? {}) as ClientError;
  return [code, status].map(Number).find((each) => each >= 100 && each < 600);
}

/** Whether what failed may go well when it is tried again. */
export function isPassing(error: unknown): boolean {
  const fault = faultOf(error);
  return fault === "busy" || fault === "unreachable";
}

/** An error of the client in plain words. */
export function gcsError(error: unknown, action: StoreAction, settings: GcsSettings): DativoError {
  const { message = String(error), errors } = (error ?? {}) as ClientError;
  const reason = errors?.[0]?.reason;
  const said = reason === undefined || message.includes(reason) ? message : `${reason}: ${message}`;
  return storeError(faultOf(error), action, said, placeOf(settings));
}

function faultOf(error: unknown): StoreFault {
  const { code, message = "" } = (error ?? {}) as ClientError;
  const network = typeof code === "string" ? NETWORK_FAULTS[code] : undefined;
  if (network) return network;
  const [, named] = NAMED.find(([pattern]) => pattern.test(message)) ?? [];
  return named ?? faultOfStatus(statusOf(error));
}

/** What has no name of its own. */
const NAMED: readonly (readonly [RegExp, StoreFault])[] = [
  [/specified bucket does not exist/i, "no-bucket"],
  [/Could not load the default credentials|Unable to detect a Project Id/i, "no-keys"],
  [/ENOENT.*open/i, "no-keys"],
  [/invalid_grant|invalid_client|private.key|client_email|DECODER routines/i, "wrong-keys"],
  [/socket hang up|premature close|timeout|aborted/i, "busy"],
];

function placeOf(settings: GcsSettings): StorePlace {
  const { endpoint } = settings;
  return { where: endpoint === undefined ? "Google Cloud Storage" : hostOf(endpoint), keysFrom: keysFrom(settings) };
}

function keysFrom({ keyFile, account }: GcsSettings): string {
  if (account) return "service_account_key of the connection";
  return keyFile === undefined
    ? "GOOGLE_APPLICATION_CREDENTIALS, gcloud's own file, and the service account of this machine"
    : "the key file of the connection, or GOOGLE_APPLICATION_CREDENTIALS";
}
