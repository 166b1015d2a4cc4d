import type { S3, S3ClientConfig } from "@aws-sdk/client-s3";
import { loadOptional } from "./optional-package.ts";
import type { S3Settings } from "./store-settings.ts";
import { withVariable } from "./with-variable.ts";

/** A request is tried so often in all, with a pause that doubles: a store that is throttled needs seconds. */
const ATTEMPTS = 6;
const CONNECT_MS = 10_000;
/** Without a byte from either side. */
const IDLE_MS = 60_000;

/** What signs for a store that is not Amazon's and looks at no region. */
const ANY_REGION = "us-east-1";

export async function connectS3({ endpoint, region, pathStyle, credentials }: S3Settings): Promise<S3> {
  const sdk = await loadOptional("@aws-sdk/client-s3", "S3", () => import("@aws-sdk/client-s3"));
  const config: S3ClientConfig = {
    ...(credentials && { credentials: credentials as AwsKeys }),
    ...(pathStyle !== undefined && { forcePathStyle: pathStyle }),
    ...(endpoint === undefined ? { followRegionRedirects: true } : { endpoint, region: ANY_REGION }),
    ...(region !== undefined && { region }),
    maxAttempts: ATTEMPTS,
    // Every request is signed with the SHA-256 of its body: another checksum finds nothing that this one does not, and not
    // every store knows it.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: IDLE_MS },
  };
  return withVariable(NO_ADVICE, "true", () => new sdk.S3(config));
}

/** The same, for a type that takes no `undefined`. */
type AwsKeys = Exclude<S3ClientConfig["credentials"], undefined>;

/** The SDK tells whoever has Node 20 to get another one. Which versions go together is our affair. */
const NO_ADVICE = "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED";
