import { readFileSync } from "node:fs";
import { join } from "node:path";
import { S3 } from "@aws-sdk/client-s3";
import { AssetDefinition, type Batch, type Row, readAvro, SourceConfig } from "dativo-ingest";
import { readerBehaviours, writerBehaviours } from "dativo-ingest/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { AvroWriter } from "../examples/plugins/avro-writer.ts";
import { JSONAPIReader } from "../examples/plugins/json-api-reader.ts";
import { MyCustomReader } from "../examples/plugins/my-custom-reader.ts";
import { MyCustomWriter } from "../examples/plugins/my-custom-writer.ts";
import { BIN, NODE, writeFiles } from "./support/cli.ts";
import { listTree, tempFolder, visibleFiles } from "./support/folder.ts";
import { describeObjectServer, type ObjectServer } from "./support/object-servers.ts";
import { shell } from "./support/pages.ts";
import { API_KEY, TARGET_KEY, usePeopleServer } from "./support/people-server.ts";

const JOBS = join(import.meta.dirname, "..", "examples", "plugins", "jobs");
const people = usePeopleServer();
const ASSET = new AssetDefinition({
  name: "people",
  schema: [
    { name: "id", type: "integer", required: true },
    { name: "name", type: "string", required: true },
  ],
});

/** Runs a command over the job of an example, beside the server that it talks to. */
function dativo(cwd: string, verb: string, job: string, env: Record<string, string> = {}, ...flags: string[]) {
  const secrets = { MY_ENDPOINT: people.endpoint, MY_API_KEY: API_KEY, TARGET_API_KEY: TARGET_KEY };
  return shell([NODE, BIN, verb, "--config", join(JOBS, `${job}.yaml`), ...flags], cwd, { ...secrets, ...env });
}

const loaded = (folder: string): Row[] =>
  visibleFiles(folder).flatMap((file) =>
    readFileSync(join(folder, file), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  );

beforeEach(() => {
  people.failing = "none";
  people.users.length = 3;
  people.shown.length = 0;
});

describe("MyCustomReader", () => {
  const config = () =>
    new SourceConfig({
      connection: { endpoint: people.endpoint },
      credentials: { api_key: API_KEY },
      objects: ["users", "customers"],
      engine: { options: { batch_size: 2 } },
    });

  it("reads in batches of arrays, as a unit test of it says", async () => {
    const batches = [];
    const reader = new MyCustomReader(config());
    for await (const { batch } of reader.extract(undefined, { id: "users" })) batches.push(batch);
    expect(batches.map((batch) => Array.isArray(batch) && batch.length)).toEqual([2, 1]);
    expect(await reader.getTotalRecordsEstimate()).toBe(4);
  });

  it("keeps every behaviour of readers", async () => {
    for (const behaviour of readerBehaviours({ create: () => new MyCustomReader(config()) })) await behaviour.run();
  });

  it("runs as a job, loads only what is new the next time, and serves check and discover", async () => {
    const cwd = tempFolder();
    const check = await dativo(cwd, "check", "my-custom-reader");
    expect(check).toMatchObject({ code: 0, output: expect.stringContaining(`${people.endpoint} answers`) });
    const found = await dativo(cwd, "discover", "my-custom-reader");
    expect(found).toMatchObject({ code: 0, output: expect.stringMatching(/users[\s\S]*customers/) });
    const first = await dativo(cwd, "run", "my-custom-reader");
    expect(first).toMatchObject({ code: 0, output: expect.stringContaining("committed 4 records") });
    people.users.push({ id: 4, name: "Frances" });
    const second = await dativo(cwd, "run", "my-custom-reader");
    expect(second).toMatchObject({ code: 0, output: expect.stringContaining("committed 1 record") });
    expect(
      loaded(join(cwd, "lake/my-data"))
        .map(({ id }) => id)
        .sort(),
    ).toEqual([1, 100, 2, 3, 4]);
  });
});

describe("JSONAPIReader", () => {
  const create = () =>
    new JSONAPIReader(
      new SourceConfig({
        connection: { base_url: people.endpoint },
        credentials: { token: API_KEY },
        engine: { options: { page_size: 2 } },
      }),
    );

  it("keeps every behaviour of readers", async () => {
    for (const behaviour of readerBehaviours({ create })) await behaviour.run();
  });

  it("runs as a job", async () => {
    const cwd = tempFolder();
    const run = await dativo(cwd, "run", "json-api-reader");
    expect(run).toMatchObject({ code: 0, output: expect.stringContaining("committed 3 records") });
    expect(loaded(join(cwd, "lake/json-api"))).toContainEqual({ id: 3, name: "Edsger" });
  });
});

describe("MyCustomWriter", () => {
  it("keeps every behaviour of writers", async () => {
    const suite = {
      writerClass: MyCustomWriter,
      asset: ASSET,
      target: () => {
        people.shown.length = 0;
        return { connection: { endpoint: people.endpoint, api_key: TARGET_KEY } };
      },
      readBack: async () => people.shown,
    };
    for (const behaviour of writerBehaviours(suite)) await behaviour.run();
    expect(people.staged.size).toBe(0);
  });

  it("runs as a job, exactly once, and serves check", async () => {
    const cwd = tempFolder();
    expect((await dativo(cwd, "check", "my-custom-writer")).output).toContain(`${people.endpoint} answers`);
    const run = await dativo(cwd, "run", "my-custom-writer");
    expect(run).toMatchObject({ code: 0, output: expect.stringContaining("committed 3 records") });
    expect(people.shown).toHaveLength(3);
  });
});

describe("the secrets of the examples", () => {
  it.each(["my-custom-reader", "json-api-reader", "my-custom-writer"])(
    "show nowhere when %s fails",
    async (job) => {
      const cwd = tempFolder();
      const outputs = [await dativo(cwd, "run", job)];
      people.failing = "401";
      for (const flags of [[], ["--verbose"], ["--json"], ["--log-format", "json"], ["--full-refresh"]]) {
        outputs.push(await dativo(cwd, "run", job, {}, ...flags));
      }
      outputs.push(await dativo(cwd, "check", job), await dativo(cwd, "check", job, {}, "--json", "--verbose"));
      const refused = { MY_ENDPOINT: "http://127.0.0.1:1" };
      for (const verb of ["run", "check", "discover"]) outputs.push(await dativo(cwd, verb, job, refused, "--verbose"));
      const files = listTree(cwd).map((path) => readFileSync(join(cwd, path), "utf8"));
      const everything = [...outputs.map(({ output }) => output), ...files].join("\n");
      for (const secret of [API_KEY, TARGET_KEY]) {
        for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")]) {
          expect(everything).not.toContain(form);
        }
      }
      expect(outputs.at(1)).toMatchObject({
        code: 2,
        output: expect.stringMatching(/Failed to connect to (source|target): 401/),
      });
    },
    120_000,
  );
});

/** The SDK itself: what lies in a bucket, whatever our code believes. */
function clientOf({ endpoint, accessKeyId, secretAccessKey }: ObjectServer): S3 {
  const credentials = { accessKeyId, secretAccessKey };
  return new S3({ endpoint, region: "us-east-1", forcePathStyle: true, credentials });
}

describeObjectServer("versitygw", "AvroWriter", (server) => {
  const read = async (client: S3, bucket: string, prefix: string): Promise<Row[]> => {
    const { Contents = [] } = await client.listObjectsV2({ Bucket: bucket, Prefix: `${prefix}/part-` });
    if (Contents.length === 0) return [];
    const folder = tempFolder();
    for (const [index, { Key }] of Contents.entries()) {
      const { Body } = await client.getObject({ Bucket: bucket, Key: Key as string });
      writeFiles(folder, { [`${index}.avro`]: (await Body?.transformToByteArray()) as Uint8Array });
    }
    const rows: Row[] = [];
    for await (const batch of readAvro(join(folder, "*.avro")) as AsyncIterable<Batch>) rows.push(...batch);
    return rows;
  };

  it("keeps every behaviour of writers, and leaves no upload behind", async () => {
    const { bucket } = await server.makeBucket();
    const client = clientOf(server);
    const { endpoint, accessKeyId, secretAccessKey } = server;
    const target = (folder: string) => ({
      connection: {
        s3: {
          bucket,
          prefix: folder.split("-").at(-1),
          endpoint,
          access_key: accessKeyId,
          secret_key: secretAccessKey,
        },
      },
    });
    const readBack = (folder: string) => read(client, bucket, folder.split("-").at(-1) as string);
    for (const behaviour of writerBehaviours({ writerClass: AvroWriter, asset: ASSET, target, readBack })) {
      await behaviour.run();
    }
    const { Uploads = [] } = await client.listMultipartUploads({ Bucket: bucket });
    expect(Uploads).toEqual([]);
    client.destroy();
  }, 120_000);

  it("runs as a job, exactly once, and serves check", async () => {
    const settings = await server.makeBucket();
    const env = {
      MY_BUCKET: settings.bucket,
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_ACCESS_KEY_ID: server.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    };
    const cwd = tempFolder();
    expect((await dativo(cwd, "check", "avro-writer", env)).output).toContain(`s3://${settings.bucket} answers`);
    const run = await dativo(cwd, "run", "avro-writer", env);
    expect(run).toMatchObject({ code: 0, output: expect.stringContaining("committed 3 records") });
    const client = clientOf(server);
    expect(await read(client, settings.bucket, "people")).toHaveLength(3);
    client.destroy();
    expect(run.output).not.toContain(server.secretAccessKey);
  });
});
