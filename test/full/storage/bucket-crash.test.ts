import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { ObjectStore } from "../../../lib/storage/object/object-store.ts";
import { openStore } from "../../../lib/storage/object/open-store.ts";
import { crashSweep } from "../../../lib/testing/crash-sweep.ts";
import { deathsBy } from "../../../lib/testing/deaths.ts";
import { bucketJobYaml, ZIPS_ASSET } from "../../support/bucket-job.ts";
import { dativo, NODE, startDativo, writeFiles } from "../../support/cli.ts";
import { tempFolder } from "../../support/folder.ts";
import { environmentOf, s3Client } from "../../support/object-client.ts";
import { ObjectProxy, type SeenRequest } from "../../support/object-proxy.ts";
import { describeObjectServer, type ObjectServer, type ObjectServerKind } from "../../support/object-servers.ts";

const LITTER = /_dativo\/[^/]+\/(?!commits\/|probe$|rejects\/|old\/)/;

/** The steps that are a bucket's own, and those around the decision. DATIVO_TEST_SWEEP=all tries each. */
const PICKED = /^K(04|06|08|13|15|17|18|23|27|3\d)/;
const isWhole = process.env["DATIVO_TEST_SWEEP"] === "all";

/** A job's connector, and which of its requests bring a piece of a large file. */
const STORES = [
  ["versitygw", "s3", ({ method, url }: SeenRequest) => method === "PUT" && url.includes("partNumber=")],
  ["fake-gcs", "gcs", ({ method, url }: SeenRequest) => method === "PUT" && url.includes("upload_id=")],
] as const satisfies readonly (readonly [ObjectServerKind, string, (seen: SeenRequest) => boolean])[];

for (const [kind, connector, isPiece] of STORES) {
  describeObjectServer(kind, `a job into a bucket of ${kind} that dies`, (server) => {
    const steps = async (): Promise<void> => {
      const settings = await server.makeBucket();
      const { bucket } = settings;
      const store = await openStore(settings);
      const target = { partitioning: ["name"], file_format: "jsonl", connection: { bucket } };
      const { matrix, outcomes } = await crashSweep({
        effect: "exactly-once",
        node: NODE,
        env: environmentOf(settings),
        deaths: deathsBy("kill", "bucket").filter(({ name }) => isWhole || PICKED.test(name)),
        prepare: (folder) =>
          writeFiles(folder, {
            "zips.yaml": ZIPS_ASSET,
            "job.yaml": bucketJobYaml(target, { target_connector: connector }),
            "in/a.csv": "id,name\n1,Ada\n2,Grace\n",
          }),
        grow: (folder) => writeFileSync(join(folder, "in/b.csv"), "id,name\n3,Ada\n4,Edsger\n5,Grace\n"),
        readTarget: () => recordsIn(store),
        async resetTarget() {
          for await (const { key } of store.list("")) await store.remove(key);
          await openUploads(server, bucket, true);
        },
        check: async (_folder, moment) => (moment === "dead" ? [] : litterIn(server, store)),
      });
      // What belongs to files on a disk has no counterpart in a bucket.
      const unreached = outcomes.filter(({ verdict }) => verdict === "unreached").map(({ death }) => death.name);
      expect([unreached.sort(), matrix]).toEqual([isWhole ? ["K10", "K11", "K12"] : [], matrix]);
    };
    // The steps are the same in every store, and the ledger's own tests try Google's.
    if (isWhole || kind === "versitygw") it("loses and doubles nothing at any step", { timeout: 900_000 }, steps);

    it.each([1, 3])(
      "loses and doubles nothing in the middle of a large upload, at piece %i",
      async (piece) => {
        const settings = await server.makeBucket();
        const store = await openStore(settings);
        const cwd = tempFolder();
        const target = { file_format: "jsonl", connection: { bucket: settings.bucket } };
        writeFiles(cwd, {
          "zips.yaml": ZIPS_ASSET,
          "job.yaml": bucketJobYaml(target, { target_connector: connector }),
          "in/a.csv": `id,name\n${Array.from({ length: LARGE }, (_, id) => `${id},${"x".repeat(40)}\n`).join("")}`,
        });
        const proxy = await ObjectProxy.before(server.endpoint);
        const env = environmentOf({ ...settings, endpoint: proxy.endpoint });
        const running = startDativo(["run", "--config", "job.yaml"], { cwd, env });
        let pieces = 0;
        proxy.befall((seen) => {
          if (!isPiece(seen) || ++pieces < piece) return undefined;
          running.kill("SIGKILL");
          return "half-request";
        });
        expect(await once(running, "exit")).toEqual([null, "SIGKILL"]);
        expect(await recordsIn(store)).toEqual([]);
        const again = dativo(["run", "--config", "job.yaml"], { cwd, env: environmentOf(settings) });
        expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("committed 500,000 records")]);
        const ids = (await recordsIn(store)).map(({ id }) => id);
        expect([ids.length, new Set(ids).size]).toEqual([LARGE, LARGE]);
        expect(await litterIn(server, store)).toEqual([]);
      },
      120_000,
    );
  });
}

/** Records of more than three pieces of a file. */
const LARGE = 500_000;

/** Google's are no business of anybody's: nobody can list them, and they end by themselves. */
async function openUploads(server: ObjectServer, Bucket: string, ends = false): Promise<string[]> {
  if (server.kind === "fake-gcs") return [];
  const client = await s3Client(server);
  const { Uploads = [] } = await client.listMultipartUploads({ Bucket });
  if (ends) for (const { Key, UploadId } of Uploads) await client.abortMultipartUpload({ Bucket, Key, UploadId });
  return Uploads.map(({ Key }) => `an upload of ${Key} is left`);
}

async function litterIn(server: ObjectServer, store: ObjectStore): Promise<string[]> {
  const faults = await openUploads(server, new URL(store.uri).hostname);
  for await (const { key } of store.list("")) if (LITTER.test(key)) faults.push(`${key} is left`);
  return faults;
}

async function recordsIn(store: ObjectStore): Promise<{ readonly id: number; readonly name: string }[]> {
  const records: { id: number; name: string }[] = [];
  for await (const { key } of store.list("")) {
    if (key.includes("_dativo/")) continue;
    const lines = String((await store.get(key))?.bytes)
      .trim()
      .split("\n");
    for (const line of lines) records.push({ ...JSON.parse(line), name: key.split("/")[0] });
  }
  return records;
}
