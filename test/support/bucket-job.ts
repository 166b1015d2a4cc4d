import type { ObjectStore } from "../../lib/storage/object/object-store.ts";
import { openStore } from "../../lib/storage/object/open-store.ts";
import { dativo, type Finished, writeFiles } from "./cli.ts";
import { tempFolder } from "./folder.ts";
import { environmentOf } from "./object-client.ts";
import type { ObjectServer } from "./object-servers.ts";

/** A folder with a job that loads `in/*.csv` into a bucket of its own. */
export interface BucketWork {
  readonly folder: string;
  readonly store: ObjectStore;
  readonly bucket: string;
  readonly env: Readonly<Record<string, string>>;
  run(...flags: string[]): Finished;
  /** Keys and contents of what a reader sees. */
  visible(): Promise<Record<string, Buffer>>;
}

export const ZIPS_ASSET = `name: zips
version: "1.0.0"
team: { owner: data@example.com }
schema:
  - { name: id, type: integer, required: true }
  - { name: name, type: string }
`;

/** `target` is what stands below `target:` besides the connection's bucket. */
export function bucketJobYaml(target: Record<string, unknown>, more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    tenant_id: "acme",
    source_connector: "csv",
    source: { files: [{ path: "in/*.csv" }] },
    target_connector: "s3",
    target,
    asset_path: "zips.yaml",
    ...more,
  });
}

export async function bucketWork(server: ObjectServer, job: (bucket: string) => string): Promise<BucketWork> {
  const settings = await server.makeBucket();
  const { bucket } = settings;
  const folder = tempFolder();
  const env = environmentOf(settings);
  const store = await openStore(settings);
  writeFiles(folder, { "zips.yaml": ZIPS_ASSET, "job.yaml": job(bucket), "in/a.csv": "id,name\n1,Ada\n2,Grace\n" });
  return {
    folder,
    store,
    bucket,
    env,
    run: (...flags) => dativo(["run", "--config", "job.yaml", ...flags], { cwd: folder, env }),
    async visible() {
      const found: Record<string, Buffer> = {};
      for await (const { key } of store.list("")) {
        if (!key.includes("_dativo/")) found[key] = (await store.get(key))?.bytes as Buffer;
      }
      return found;
    },
  };
}
