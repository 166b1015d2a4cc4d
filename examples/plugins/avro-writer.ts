import { createHash, randomUUID } from "node:crypto";
import { S3 } from "@aws-sdk/client-s3";
import avro, { type Type } from "avsc";
import {
  type AssetDefinition,
  BaseWriter,
  type CommitToken,
  ConnectionTestResult,
  type FileMetadata,
  type Row,
  type TargetConfig,
} from "dativo-ingest";

/** What a file of rows has for the types of a contract; dates and timestamps stay the text that rows have. */
const AVRO_TYPES: Readonly<Record<string, string>> = { integer: "long", double: "double", boolean: "boolean" };

/** All 64 bits of an integer, which rows carry as a number or, where the contract says so, as a bigint. */
const LONG = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: number | bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === "bigint" || Number.isSafeInteger(value),
  compare: (one: bigint, other: bigint) => (one < other ? -1 : Number(one > other)),
});

/**
 * Writes Avro files into a bucket. Each is an upload that nobody sees before it is completed; the last thing that a
 * commit writes is a mark with its name, which says for ever that it was made.
 */
export class AvroWriter extends BaseWriter {
  readonly #type: Type;
  readonly #client: S3;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(assetDefinition: AssetDefinition, targetConfig: TargetConfig, outputBase: string) {
    super(assetDefinition, targetConfig, outputBase);
    const s3 = (targetConfig.connection["s3"] ?? {}) as Record<string, string | undefined>;
    this.#bucket = String(s3["bucket"]);
    this.#prefix = s3["prefix"] ?? assetDefinition.name;
    this.#type = avro.Type.forSchema(avroSchema(assetDefinition), { registry: { long: LONG } });
    this.#client = new S3({
      region: s3["region"] ?? "us-east-1",
      ...(s3["endpoint"] === undefined ? {} : { endpoint: s3["endpoint"], forcePathStyle: true }),
      ...(s3["access_key"] === undefined
        ? {}
        : { credentials: { accessKeyId: s3["access_key"], secretAccessKey: String(s3["secret_key"]) } }),
    });
  }

  async writeBatch(records: Row[], fileCounter: number): Promise<FileMetadata[]> {
    const body = await encode(this.#type, records);
    // The number begins anew in each run; what another run wrote must not be replaced.
    const name = `part-${String(fileCounter).padStart(5, "0")}-${randomUUID()}.avro`;
    const at = { Bucket: this.#bucket, Key: `${this.#prefix}/${name}` };
    const { UploadId } = await this.#client.createMultipartUpload(at);
    const { ETag } = await this.#client.uploadPart({ ...at, UploadId, PartNumber: 1, Body: body });
    const path = `s3://${at.Bucket}/${at.Key}`;
    return [{ path, key: at.Key, uploadId: UploadId, etag: ETag, sizeBytes: body.length, recordCount: records.length }];
  }

  override async commitFiles(files: readonly FileMetadata[], token: CommitToken) {
    for (const file of files) await this.#complete(file);
    const body = JSON.stringify({ run_id: token.runId, files: files.map(({ path }) => path) });
    await this.#client.putObject({ Bucket: this.#bucket, Key: this.#markOf(token), Body: body });
    return { status: "success", filesAdded: files.length };
  }

  override async committed(token: CommitToken) {
    try {
      const { Body } = await this.#client.getObject({ Bucket: this.#bucket, Key: this.#markOf(token) });
      const { run_id } = JSON.parse((await Body?.transformToString()) ?? "{}") as { run_id: string };
      return { status: "success", runId: run_id };
    } catch (error) {
      if ((error as Error).name === "NoSuchKey") return undefined;
      throw error;
    }
  }

  override async abortFiles(files: readonly FileMetadata[]) {
    for (const { key, uploadId } of files) {
      await this.#client.abortMultipartUpload({
        Bucket: this.#bucket,
        Key: String(key),
        UploadId: String(uploadId),
      });
    }
  }

  override async checkConnection() {
    await this.#client.headBucket({ Bucket: this.#bucket });
    return new ConnectionTestResult(true, `s3://${this.#bucket} answers`);
  }

  override close() {
    this.#client.destroy();
  }

  /** An upload that is gone was completed before, if its object is there. */
  async #complete({ key, uploadId, etag }: FileMetadata): Promise<void> {
    const at = { Bucket: this.#bucket, Key: String(key) };
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: String(etag) }] };
    try {
      await this.#client.completeMultipartUpload({ ...at, UploadId: String(uploadId), MultipartUpload });
    } catch (error) {
      if ((error as Error).name !== "NoSuchUpload") throw error;
      await this.#client.headObject(at);
    }
  }

  #markOf({ jobKey, seq }: CommitToken): string {
    return `${this.#prefix}/_commits/${createHash("sha256").update(jobKey).digest("hex")}/${seq}.json`;
  }
}

function avroSchema({ name, fields }: AssetDefinition) {
  return {
    type: "record" as const,
    name: name.replace(/\W/g, "_"),
    fields: fields.map((field) => {
      const type = AVRO_TYPES[field.type.kind] ?? "string";
      return field.required ? { name: field.name, type } : { name: field.name, type: ["null", type], default: null };
    }),
  };
}

async function encode(type: Type, records: readonly Row[]): Promise<Buffer> {
  const encoder = new avro.streams.BlockEncoder(type, { codec: "deflate" });
  for (const record of records) encoder.write({ ...record });
  encoder.end();
  const chunks: Buffer[] = [];
  for await (const chunk of encoder) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
