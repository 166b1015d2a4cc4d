import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { ObjectStore } from "../../../lib/storage/object/object-store.ts";
import { openStore } from "../../../lib/storage/object/open-store.ts";
import type { S3Settings } from "../../../lib/storage/object/store-settings.ts";
import { crashSweep } from "../../../lib/testing/crash-sweep.ts";
import { deathsBy } from "../../../lib/testing/deaths.ts";
import { bucketJobYaml, environmentOf, ZIPS_ASSET } from "../../support/bucket-job.ts";
import { NODE, writeFiles } from "../../support/cli.ts";
import { s3Client } from "../../support/object-client.ts";
import { describeObjectServer } from "../../support/object-servers.ts";

const LITTER = /_dativo\/[^/]+\/(?!commits\/|probe$|rejects\/|old\/)/;

/** The steps that are a bucket's own, and those around the decision. DATIVO_TEST_SWEEP=all tries each. */
const PICKED = /^K(04|06|08|13|15|17|18|23|27|3\d)/;
const isWhole = process.env["DATIVO_TEST_SWEEP"] === "all";

describeObjectServer("versitygw", "a job into a bucket that dies", (server) => {
  it("loses and doubles nothing at any step", { timeout: 900_000 }, async () => {
    const settings = (await server.makeBucket()) as S3Settings;
    const { bucket } = settings;
    const store = await openStore(settings);
    const client = await s3Client(server);
    const uploads = async () => (await client.listMultipartUploads({ Bucket: bucket })).Uploads ?? [];
    const { matrix, outcomes } = await crashSweep({
      effect: "exactly-once",
      node: NODE,
      env: environmentOf(server),
      deaths: deathsBy("kill", "bucket").filter(({ name }) => isWhole || PICKED.test(name)),
      prepare: (folder) =>
        writeFiles(folder, {
          "zips.yaml": ZIPS_ASSET,
          "job.yaml": bucketJobYaml({ partitioning: ["name"], file_format: "jsonl", connection: { bucket } }),
          "in/a.csv": "id,name\n1,Ada\n2,Grace\n",
        }),
      grow: (folder) => writeFileSync(join(folder, "in/b.csv"), "id,name\n3,Ada\n4,Edsger\n5,Grace\n"),
      readTarget: () => recordsIn(store),
      async resetTarget() {
        for await (const { key } of store.list("")) await store.remove(key);
        for (const { Key, UploadId } of await uploads())
          await client.abortMultipartUpload({ Bucket: bucket, Key, UploadId });
      },
      async check(_folder, moment) {
        if (moment === "dead") return [];
        const faults = (await uploads()).map(({ Key }) => `an upload of ${Key} is left`);
        for await (const { key } of store.list("")) if (LITTER.test(key)) faults.push(`${key} is left`);
        return faults;
      },
    });
    // What belongs to files on a disk has no counterpart in a bucket.
    const unreached = outcomes.filter(({ verdict }) => verdict === "unreached").map(({ death }) => death.name);
    expect([unreached.sort(), matrix]).toEqual([isWhole ? ["K10", "K11", "K12"] : [], matrix]);
  });
});

async function recordsIn(store: ObjectStore): Promise<unknown[]> {
  const records: unknown[] = [];
  for await (const { key } of store.list("")) {
    if (key.includes("_dativo/")) continue;
    const lines = String((await store.get(key))?.bytes)
      .trim()
      .split("\n");
    records.push(...lines.map((line) => ({ ...JSON.parse(line), name: key.split("/")[0] })));
  }
  return records;
}
