import { randomUUID } from "node:crypto";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { StoreSettings } from "../../lib/storage/object/store-settings.ts";
import type { ObjectServer } from "./object-servers.ts";

/** Makes an empty bucket of a server, and says how it is reached. */
export async function makeBucket(server: ObjectServer): Promise<StoreSettings> {
  const { endpoint, accessKeyId, secretAccessKey } = server;
  const bucket = `test-${randomUUID()}`;
  if (server.kind === "fake-gcs") {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ name: bucket });
    const reply = await fetch(`${endpoint}/storage/v1/b?project=test`, { method: "POST", headers, body });
    if (!reply.ok) throw new Error(`${endpoint} makes no bucket: ${reply.status} ${await reply.text()}`);
    return { kind: "gs", bucket, endpoint, projectId: "test" };
  }
  await s3Client(server).send(new CreateBucketCommand({ Bucket: bucket }));
  const credentials = { accessKeyId, secretAccessKey };
  return { kind: "s3", bucket, endpoint, region: "us-east-1", pathStyle: true, credentials };
}

/** The SDK itself, which says what lies in a bucket of a server whatever our code believes. */
export function s3Client({ endpoint, accessKeyId, secretAccessKey }: ObjectServer): S3Client {
  const credentials = { accessKeyId, secretAccessKey };
  return new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, credentials });
}
