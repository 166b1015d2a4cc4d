import { DativoError } from "../../contract/errors.ts";
import { parseOptions } from "../../contract/options.ts";
import { gcsConnection, type S3Connection, s3Connection } from "./connection.ts";
import { type Borrower, refuseKeyFile, requireLent } from "./lent-keys.ts";
import { STORE_SCHEMES } from "./object-uri.ts";
import type { GcsSettings, S3Keys, S3Settings, ServiceAccount, StoreSettings } from "./store-settings.ts";

type Bag = Readonly<Record<string, unknown>>;
type Environment = Readonly<Record<string, string | undefined>>;

/** What is known of a store beside its name. */
export interface StoreSource extends Borrower {
  /** Of a job's source or target; `s3`, `minio` and `gcs` have nothing in it but what is of the store. */
  readonly type?: string | undefined;
  readonly connection?: Bag | undefined;
}

/** The store that a URI names, or a connection where there is no URI. */
export interface StoreName {
  readonly scheme: "s3" | "gs";
  readonly bucket?: string | undefined;
}

/**
 * How a store is reached: as the connection says, else as the environment does. What neither says is the client's own
 * affair; nothing is made up. What that means in cloud mode, `requireLent` says.
 *
 * @throws DativoError DTV_OPTION_INVALID, DTV_CONFIG_INVALID, DTV_KEYS_FORBIDDEN
 */
export function settingsOf(name: StoreName, given: StoreSource): StoreSettings {
  const source = { ...given, env: withoutEmpty(given.env) };
  return name.scheme === "s3" ? s3Settings(name, source) : gcsSettings(name, source);
}

/** A variable that is set to nothing says nothing: files of Docker and of CI often name those that are not there. */
function withoutEmpty(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
}

/** Where relative paths of a connection begin: `s3://bucket/prefix/`. */
export function rootOf(scheme: "s3" | "gs", source: StoreSource): string {
  const { bucket } = settingsOf({ scheme }, source);
  const { prefix = "" } = scheme === "s3" ? s3Bag(source).keys : gcsBag(source);
  const inside = prefix.replace(/^\/+|\/+$/g, "");
  return `${scheme}://${bucket}/${inside === "" ? "" : `${inside}/`}`;
}

function s3Settings({ bucket }: StoreName, source: StoreSource): S3Settings {
  const { keys, isMinio: isNamed } = s3Bag(source);
  const { env } = source;
  const ours = keys.endpoint ?? env["S3_ENDPOINT"] ?? env["AWS_ENDPOINT_URL_S3"] ?? env["AWS_ENDPOINT_URL"];
  const isMinio = isNamed || (ours === undefined && env["MINIO_ENDPOINT"] !== undefined);
  const given = isMinio ? (keys.endpoint ?? env["MINIO_ENDPOINT"] ?? ours) : ours;
  // Without one, the keys would go to Amazon.
  if (isMinio && given === undefined)
    throw missing("connection.endpoint", "the address of MinIO; MINIO_ENDPOINT names it too");
  const endpoint = given === undefined ? undefined : withScheme(given, keys.secure ?? true);
  const known = isMinio ? (env["MINIO_BUCKET"] ?? env["S3_BUCKET"]) : env["S3_BUCKET"];
  const name = bucketOf(bucket, keys.bucket, known, isMinio ? "MINIO_BUCKET" : "S3_BUCKET");
  const own = ownKeys(keys);
  if (!own) requireLent(`s3://${name}`, source, "connection.access_key", keys.endpoint);
  return {
    kind: "s3",
    bucket: name,
    endpoint,
    region: keys.region ?? env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"],
    // A host of its own for every bucket is what few other stores have.
    pathStyle: keys.path_style_access ?? (endpoint === undefined ? undefined : true),
    credentials: own ?? ambientKeys(env, isMinio),
  };
}

function ownKeys(keys: S3Connection): S3Keys | undefined {
  const own = pair(keys.access_key ?? keys.access_key_id, keys.secret_key ?? keys.secret_access_key, [
    "connection.access_key",
    "connection.secret_key",
  ]);
  return own && { ...own, sessionToken: keys.session_token };
}

/** Keys of the environment; none where the client is to look for them. */
function ambientKeys(env: Environment, isMinio: boolean): S3Keys | undefined {
  const names = ["MINIO_ACCESS_KEY", "MINIO_SECRET_KEY"] as const;
  const minio = isMinio ? pair(env[names[0]], env[names[1]], names) : undefined;
  if (minio) return minio;
  // Whoever names a profile wants its keys.
  if (env["AWS_PROFILE"] !== undefined) return undefined;
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: sessionToken } = env;
  return id && secret ? { accessKeyId: id, secretAccessKey: secret, sessionToken } : undefined;
}

function pair(
  accessKeyId: string | undefined,
  secretAccessKey: string | undefined,
  [first, second]: readonly [string, string] | readonly string[],
): S3Keys | undefined {
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey };
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  const [there, absent] = accessKeyId === undefined ? [second, first] : [first, second];
  throw missing(String(absent), `${there} is there, and neither is of use without the other`);
}

function gcsSettings({ bucket }: StoreName, source: StoreSource): GcsSettings {
  const keys = gcsBag(source);
  const { env } = source;
  const endpoint = keys.endpoint ?? env["STORAGE_EMULATOR_HOST"];
  const name = bucketOf(bucket, keys.bucket, env["GCS_BUCKET"], "GCS_BUCKET");
  const account = accountOf(keys.service_account_key);
  if (keys.key_file !== undefined) refuseKeyFile(source);
  // No keys of the machine go to another server.
  if (!account && endpoint === undefined)
    requireLent(`gs://${name}`, source, "connection.service_account_key", undefined);
  return {
    kind: "gs",
    bucket: name,
    endpoint: endpoint === undefined ? undefined : withScheme(endpoint, keys.endpoint !== undefined),
    projectId: keys.project_id ?? env["GOOGLE_CLOUD_PROJECT"],
    // An emulator asks for no key.
    keyFile: account
      ? undefined
      : (keys.key_file ?? (endpoint === undefined ? env["GOOGLE_APPLICATION_CREDENTIALS"] : undefined)),
    account,
  };
}

/** Of such a file only who it is and its key count: it can also say where to get a token, and by which program. */
function accountOf(text: string | undefined): ServiceAccount | undefined {
  if (text === undefined) return undefined;
  const { client_email: clientEmail, private_key: privateKey } = jsonOf(text);
  if (typeof clientEmail === "string" && typeof privateKey === "string") return { clientEmail, privateKey };
  throw new DativoError("DTV_CONFIG_INVALID", "connection.service_account_key is no key of a service account", {
    culprit: "connection.service_account_key",
    hint: "It is the text of the file that Google gives: JSON with client_email and private_key.",
  });
}

function jsonOf(text: string): Bag {
  try {
    return { ...(JSON.parse(text) as Bag) };
  } catch {
    return {};
  }
}

function s3Bag(source: StoreSource): { readonly keys: S3Connection; readonly isMinio: boolean } {
  const { connection = {}, type } = source;
  const isMinio = type === "minio" || connection["minio"] !== undefined;
  const below = isMinio && connection["minio"] !== undefined ? "minio" : "s3";
  return {
    keys: parseOptions(s3Connection, bagOf(source, below, s3Connection.shape), ownerOf(connection, below)),
    isMinio,
  };
}

function gcsBag(source: StoreSource) {
  const bag = bagOf(source, "gcs", gcsConnection.shape);
  return parseOptions(gcsConnection, bag, ownerOf(source.connection ?? {}, "gcs"));
}

function ownerOf(connection: Bag, below: string): string {
  return connection[below] === undefined ? "connection" : `connection.${below}`;
}

/** A connection of files may hold more than what is of the store; one of a store, and one below its name, does not. */
function bagOf({ connection = {}, type = "" }: StoreSource, below: string, shape: object): Bag {
  const { [below]: nested, ...flat } = connection;
  const isOurs = (key: string): boolean =>
    key in shape || (type in STORE_SCHEMES && nested === undefined && key !== "path");
  const ours = Object.fromEntries(Object.entries(flat).filter(([key]) => isOurs(key)));
  return { ...ours, ...(nested as Bag | undefined) };
}

function bucketOf(
  named: string | undefined,
  connected: string | undefined,
  known: string | undefined,
  variable: string,
): string {
  if (named !== undefined && connected !== undefined && named !== connected) {
    throw new DativoError(
      "DTV_CONFIG_INVALID",
      `The path names the bucket ${named}, and connection.bucket is ${connected}`,
      {
        culprit: "connection.bucket",
        hint: "Leave one of them out, or write paths without a bucket.",
      },
    );
  }
  const bucket = named ?? connected ?? known;
  if (bucket !== undefined && bucket !== "") return bucket;
  throw missing("connection.bucket", `the name of the bucket; ${variable} names it too`);
}

/** `localhost:9000` is what such addresses look like in many examples. */
function withScheme(endpoint: string, isSecure: boolean): string {
  const url = /^[a-z]+:\/\//i.test(endpoint) ? endpoint : `${isSecure ? "https" : "http"}://${endpoint}`;
  if (URL.canParse(url) && /^https?:/i.test(url)) return url;
  throw new DativoError("DTV_CONFIG_INVALID", "connection.endpoint is no address", {
    culprit: "connection.endpoint",
    hint: "It looks like https://host:port.",
  });
}

function missing(what: string, meaning: string): DativoError {
  return new DativoError("DTV_CONFIG_INVALID", `${what} is required: ${meaning}`, { culprit: what });
}
