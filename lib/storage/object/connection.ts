import { o } from "../../contract/options.ts";

const text = o.string().min(1);

const S3_KEYS = {
  bucket: text.optional().describe("Name of the bucket, where paths do not say it"),
  prefix: o.string().optional().describe("Where in the bucket relative paths begin"),
  region: text.optional().describe("Region of the bucket; AWS_REGION by default"),
  endpoint: text
    .optional()
    .describe("Address of a store that is not Amazon's; S3_ENDPOINT or AWS_ENDPOINT_URL by default"),
  secure: o.boolean().optional().describe("Whether an endpoint without http:// or https:// is reached by https"),
  path_style_access: o
    .boolean()
    .optional()
    .describe("Whether the bucket stands in the path and not in the name of the host"),
  access_key: text.optional().describe("Access key id; by default the AWS clients' own chain of credentials"),
  access_key_id: text.optional().describe("The same as access_key"),
  secret_key: text.optional().describe("Secret access key"),
  secret_access_key: text.optional().describe("The same as secret_key"),
  session_token: text.optional().describe("Token of temporary keys"),
};

const GCS_KEYS = {
  bucket: S3_KEYS.bucket,
  prefix: S3_KEYS.prefix,
  project_id: text.optional().describe("Project of the bucket; by default that of the credentials"),
  key_file: text.optional().describe("File of a service account's key; GOOGLE_APPLICATION_CREDENTIALS by default"),
  service_account_key: text.optional().describe("Key of a service account: the text of its file, JSON"),
  endpoint: text.optional().describe("Address of another server; STORAGE_EMULATOR_HOST by default"),
};

/** What a connection says of an S3 store, flat or below `s3` or `minio`. */
export const s3Connection = o.strictObject(S3_KEYS);
/** What a connection says of Google's store, flat or below `gcs`. */
export const gcsConnection = o.strictObject(GCS_KEYS);

export type S3Connection = o.output<typeof s3Connection>;
export type GcsConnection = o.output<typeof gcsConnection>;
