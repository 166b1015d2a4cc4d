/** How a store is reached, with everything filled in that job and environment say. Credentials may be the client's own affair. */
export type StoreSettings = S3Settings | GcsSettings;

export interface S3Settings {
  readonly kind: "s3";
  readonly bucket: string;
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly pathStyle?: boolean | undefined;
  readonly credentials?: S3Keys | undefined;
}

export interface GcsSettings {
  readonly kind: "gs";
  readonly bucket: string;
  readonly endpoint?: string | undefined;
  readonly projectId?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly account?: ServiceAccount | undefined;
}

export interface ServiceAccount {
  readonly clientEmail: string;
  readonly privateKey: string;
}

export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}
