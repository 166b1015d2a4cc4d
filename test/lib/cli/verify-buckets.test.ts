import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Receipt } from "../../../lib/job/receipt.ts";
import type { Verification } from "../../../lib/job/verify/verify-receipt.ts";
import { bucketJobYaml, bucketWork } from "../../support/bucket-job.ts";
import { dativo, type Finished } from "../../support/cli.ts";
import { ObjectProxy } from "../../support/object-proxy.ts";
import { describeObjectServer, type ObjectServer } from "../../support/object-servers.ts";

describeObjectServer("versitygw", "dativo verify, of a bucket of S3,", (server) => verifyTests(server, "s3"));
describeObjectServer("fake-gcs", "dativo verify, of a bucket of Google's,", (server) => verifyTests(server, "gcs"));

function verifyTests(server: ObjectServer, connector: string): void {
  /** A job that has loaded three files, of a record each. */
  async function load(format = "jsonl", prefix = "lake/zips") {
    const work = await bucketWork(server, (bucket) =>
      bucketJobYaml(
        { partitioning: ["name"], file_format: format, connection: { bucket, prefix } },
        { target_connector: connector },
      ),
    );
    writeFileSync(join(work.folder, "in/a.csv"), "id,name\n1,Ada\n2,Grace\n3,Edsger\n");
    const done = work.run("--receipt", "r.json");
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("committed")]);
    const { files } = JSON.parse(readFileSync(join(work.folder, "r.json"), "utf8")) as Receipt;
    const keyed = (path: string) => (prefix === "" ? path : `${prefix}/${path}`);
    const verify = (flags: readonly string[] = [], env: Record<string, string> = {}): Finished =>
      dativo(["verify", "r.json", "--json", ...flags], { cwd: work.folder, env: { ...work.env, ...env } });
    return {
      ...work,
      paths: files.map(({ path }) => path),
      put: (path: string, bytes: Uint8Array | string) => work.store.put(keyed(path), Buffer.from(bytes)),
      get: async (path: string) => (await work.store.get(keyed(path)))?.bytes as Buffer,
      remove: (path: string) => work.store.remove(keyed(path)),
      verify,
      judge: (...flags: string[]) => JSON.parse(verify(flags).stdout) as Verification,
    };
  }

  it.each(["jsonl", "json", "csv", "parquet", "avro", "arrow"])(
    "passes what a run wrote, and its values: %s",
    async (format) => {
      const work = await load(format);
      const target = `${work.store.uri}/lake/zips`;
      for (const flags of [[], ["--full"]]) {
        const done = work.verify(flags);
        expect([done.code, done.stderr]).toEqual([0, ""]);
        expect(JSON.parse(done.stdout)).toMatchObject({ status: "verified", target, files: 3, rows: 3, notes: [] });
      }
    },
  );

  it("tells what is missing, changed, cut off, rewritten and foreign, in the words for folders", async () => {
    const work = await load("jsonl", "");
    const [gone = "", changed = "", cut = ""] = work.paths;
    const whole = await work.get(changed);
    await work.put(`copies/${changed}`, whole);
    await work.put("notes.txt", "of somebody else");
    await work.put(`old/${changed}`, whole.subarray(1));
    await work.remove(gone);
    await work.put(changed, String(whole).replace(/\d/, "7"));
    await work.put(cut, (await work.get(cut)).subarray(0, 5));
    const { code } = work.verify();
    expect(code).toBe(2);
    expect(work.judge()).toMatchObject({
      status: "differs",
      differences: [
        { path: gone, what: "is missing" },
        { path: changed, what: expect.stringMatching(/^other bytes: column 'id' /) },
        { path: cut, what: expect.stringMatching(/^5 bytes, not \d+: its last line does not end: it was cut off$/) },
        { path: `copies/${changed}`, what: `is a copy of ${changed}` },
        { path: `old/${changed}`, what: "is named like a file of the job, and no commit knows it" },
      ],
    });
    await work.put(changed, `${String(whole).replace(":", ": ")}`);
    expect(work.judge().notes).toEqual([{ path: changed, what: "was rewritten: other bytes, the same values" }]);
  });

  it("tells by which run a file was replaced, and leaves those of other runs alone", async () => {
    const work = await load();
    writeFileSync(join(work.folder, "in/b.csv"), "id,name\n4,Ada\n");
    expect(work.run().code).toBe(0);
    expect(work.judge()).toMatchObject({ status: "verified" });
    expect(work.run("--full-refresh").code).toBe(0);
    expect(work.judge().differences.map(({ what }) => what)).toEqual(
      work.paths.map(() => expect.stringMatching(/^was replaced by commit 3, run [0-9a-f-]{36}$/)),
    );
  });

  it("says that it could not look where the store does not let it, and not that something differs", async () => {
    const work = await load();
    const proxy = await ObjectProxy.before(server.endpoint);
    await proxy.close();
    const away = connector === "s3" ? { AWS_ENDPOINT_URL: proxy.endpoint } : { STORAGE_EMULATOR_HOST: proxy.endpoint };
    const { code, stdout, stderr } = work.verify([], away);
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining("DTV_CONNECTION_FAILED")]);
  }, 120_000);

  it("reads a large object in ranges", async () => {
    const work = await load();
    const [first = ""] = work.paths;
    const bytes = randomBytes(40 * 1024 * 1024);
    const file = join(work.folder, "r.json");
    await work.put(first, bytes);
    const receipt = JSON.parse(readFileSync(file, "utf8")) as {
      files: { path: string; sizeBytes: number; sha256: string }[];
    };
    const { sha256 } = await import("../../../lib/contract/sha256.ts");
    const files = receipt.files.map((each) =>
      each.path === first ? { ...each, sizeBytes: bytes.length, sha256: sha256(bytes) } : each,
    );
    writeFileSync(file, JSON.stringify({ ...receipt, files }));
    expect(work.judge()).toMatchObject({ status: "verified" });
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
    await work.put(first, bytes);
    expect(work.judge()).toMatchObject({ status: "differs" });
  });
}
