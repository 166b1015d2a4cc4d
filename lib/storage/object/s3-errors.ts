import type { DativoError } from "../../contract/errors.ts";
import { faultOfStatus, NETWORK_FAULTS } from "./network-faults.ts";
import { hostOf, type StoreAction, type StoreFault, type StorePlace, storeError } from "./store-error.ts";
import type { S3Settings } from "./store-settings.ts";

/** By the names that S3, its imitations and Node give to what is wrong. */
const FAULTS: Readonly<Record<string, StoreFault>> = {
  NoSuchBucket: "no-bucket",
  InvalidBucketName: "bad-name",
  CredentialsProviderError: "no-keys",
  InvalidAccessKeyId: "wrong-keys",
  InvalidAccessKey: "wrong-keys",
  SignatureDoesNotMatch: "wrong-keys",
  XAdminUserNotFound: "wrong-keys",
  InvalidToken: "wrong-keys",
  ExpiredToken: "expired",
  ExpiredTokenException: "expired",
  TokenRefreshRequired: "expired",
  RequestExpired: "expired",
  RequestTimeTooSkewed: "clock",
  AccessDenied: "forbidden",
  Forbidden: "forbidden",
  AllAccessDisabled: "forbidden",
  PermanentRedirect: "elsewhere",
  AuthorizationHeaderMalformed: "elsewhere",
  ...NETWORK_FAULTS,
  TimeoutError: "busy",
  RequestTimeout: "busy",
  SlowDown: "busy",
  SlowDownRead: "busy",
  SlowDownWrite: "busy",
  Throttling: "busy",
  ThrottlingException: "busy",
  TooManyRequests: "busy",
  ServiceUnavailable: "busy",
  InternalError: "busy",
  OperationAborted: "busy",
};

interface SdkError {
  readonly name?: string;
  readonly code?: unknown;
  readonly Code?: unknown;
  readonly message?: string;
  readonly errors?: readonly unknown[];
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** What an error of the SDK is called: by the store, by Node or by the SDK itself. */
export function nameOf(error: unknown): string {
  const { name, code, Code, errors } = (error ?? {}) as SdkError;
  // Of a host with several addresses, of which none answers.
  if (errors?.length) return nameOf(errors[0]);
  const known = [Code, code, name].find((each) => typeof each === "string" && each in FAULTS);
  return String(known ?? Code ?? code ?? name ?? "Error");
}

export function statusOf(error: unknown): number | undefined {
  return (error as SdkError | undefined)?.$metadata?.httpStatusCode;
}

/** An error of the SDK in plain words. */
export function s3Error(error: unknown, action: StoreAction, settings: S3Settings): DativoError {
  const name = nameOf(error);
  const message = ((error ?? {}) as SdkError).message?.trim() ?? "";
  const said = message === "" || message === name ? name : `${name}: ${message}`;
  const fault = FAULTS[name] ?? faultOfReply(message, statusOf(error));
  return storeError(fault, action, said, placeOf(settings));
}

/** A reply to HEAD has no body that could say anything. */
function faultOfReply(message: string, status: number | undefined): StoreFault {
  if (message === "Region is missing") return "no-region";
  return message === "UnknownError" && status === 400 ? "unexplained" : faultOfStatus(status);
}

function placeOf({ endpoint, credentials }: S3Settings): StorePlace {
  return {
    where: endpoint === undefined ? "Amazon S3" : hostOf(endpoint),
    keysFrom: credentials
      ? "the connection, or the environment"
      : "the connection, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ~/.aws, and the role of this machine",
  };
}
