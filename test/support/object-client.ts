import { randomUUID } from "node:crypto";
import type { S3 } from "@aws-sdk/client-s3";
import { connectS3 } from "../../lib/storage/object/s3-client.ts";
import type { S3Settings, StoreSettings } from "../../lib/storage/object/store-settings.ts";
import type { ObjectServer } from "./object-servers.ts";

/** Makes an empty bucket of a server, and says how it is reached. */
export async function makeBucket(server: ObjectServer): Promise<StoreSettings> {
  const { endpoint } = server;
  const bucket = `test-${randomUUID()}`;
  if (server.kind === "fake-gcs") {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ name: bucket });
    const reply = await fetch(`${endpoint}/storage/v1/b?project=test`, { method: "POST", headers, body });
    if (!reply.ok) throw new Error(`${endpoint} makes no bucket: ${reply.status} ${await reply.text()}`);
    return { kind: "gs", bucket, endpoint, projectId: "test" };
  }
  const settings = s3Settings(server, bucket);
  await (await connectS3(settings)).createBucket({ Bucket: bucket });
  return settings;
}

/** The environment in which a command reaches a store. */
export function environmentOf(settings: StoreSettings): Record<string, string> {
  if (settings.kind === "gs") return { STORAGE_EMULATOR_HOST: settings.endpoint ?? "" };
  return {
    AWS_ENDPOINT_URL: settings.endpoint ?? "",
    AWS_REGION: settings.region ?? "",
    AWS_ACCESS_KEY_ID: settings.credentials?.accessKeyId ?? "",
    AWS_SECRET_ACCESS_KEY: settings.credentials?.secretAccessKey ?? "",
  };
}

/** The SDK itself, which says what lies in a bucket of a server whatever our code believes. */
export function s3Client(server: ObjectServer): Promise<S3> {
  return connectS3(s3Settings(server, ""));
}

function s3Settings({ endpoint, accessKeyId, secretAccessKey }: ObjectServer, bucket: string): S3Settings {
  const credentials = { accessKeyId, secretAccessKey };
  return { kind: "s3", bucket, endpoint, region: "us-east-1", pathStyle: true, credentials };
}
