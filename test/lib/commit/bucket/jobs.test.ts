import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bucketJobYaml, bucketWork } from "../../../support/bucket-job.ts";
import { dativo } from "../../../support/cli.ts";
import { describeObjectServer } from "../../../support/object-servers.ts";

const FORMATS = ["csv", "jsonl", "json", "parquet", "avro", "arrow"] as const;

describeObjectServer("versitygw", "a job whose target is a bucket", (server) => {
  it.each(FORMATS)("publishes %s files there, which another job reads equal from a copy", async (format) => {
    const work = await bucketWork(server, (bucket) =>
      bucketJobYaml({ file_format: format, connection: { bucket, prefix: "lake/zips" } }),
    );
    const { code, stderr } = work.run();
    expect([code, stderr]).toEqual([0, expect.stringContaining(`in s3://${work.bucket}/lake/zips`)]);
    const [[key, bytes] = ["", Buffer.alloc(0)], ...more] = Object.entries(await work.visible());
    expect([key, more]).toEqual([expect.stringMatching(new RegExp(`^lake/zips/zips-00000-.*\\.${format}$`)), []]);
    writeFileSync(join(work.folder, `copy.${format}`), bytes);
    const read = dativo(["read", `copy.${format}`, "--to", "csv"], { cwd: work.folder });
    expect([read.stdout, read.stderr]).toEqual(["id,name\n1,Ada\n2,Grace\n", ""]);
  });

  it("goes on from the state in the bucket where the local one was lost, on any machine", async () => {
    const work = await bucketWork(server, (bucket) =>
      bucketJobYaml({ connection: { path: `s3://${bucket}/zips` } }, { target_connector: "jsonl" }),
    );
    expect(work.run().code).toBe(0);
    rmSync(join(work.folder, ".local"), { recursive: true });
    const again = work.run();
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("nothing new")]);
    writeFileSync(join(work.folder, "in/b.csv"), "id,name\n3,Edsger\n");
    expect(work.run().code).toBe(0);
    expect(
      Object.values(await work.visible())
        .join("")
        .split("\n")
        .filter(Boolean),
    ).toHaveLength(3);
  });

  it("divides files into Hive partitions, and replaces what it loaded with --full-refresh", async () => {
    const work = await bucketWork(server, (bucket) =>
      bucketJobYaml({ partitioning: ["name"], file_format: "csv", connection: { bucket } }),
    );
    expect(work.run().code).toBe(0);
    expect(Object.keys(await work.visible()).map((key) => key.split("/")[0])).toEqual(["name=Ada", "name=Grace"]);
    expect(work.run("--full-refresh").code).toBe(0);
    expect(Object.keys(await work.visible())).toHaveLength(2);
  });

  it("publishes nothing of a run that fails, and keeps its rejects in the bucket", async () => {
    const work = await bucketWork(server, (bucket) => bucketJobYaml({ connection: { bucket, prefix: "z" } }));
    writeFileSync(join(work.folder, "in/bad.csv"), "id,name\nx,Nobody\n");
    const { code, stderr } = work.run();
    expect([code, stderr]).toEqual([2, expect.stringContaining("DTV_CONTRACT_VIOLATED")]);
    expect(await work.visible()).toEqual({});
    const [rejects] = await rejectsIn(work.store);
    expect(rejects).toContain('"raw":"x,Nobody"');
    expect(stderr).toMatch(/s3:\/\/.*\.rejects/);
  });

  it("says what is wrong with a target that cannot be reached, and leaves nothing", async () => {
    const work = await bucketWork(server, () => bucketJobYaml({ connection: { bucket: "not-there", prefix: "z" } }));
    expect(work.run()).toMatchObject({ code: 2, stderr: expect.stringContaining("not-there") });
    const keys = dativo(["run", "--config", "job.yaml"], {
      cwd: work.folder,
      env: { ...work.env, AWS_SECRET_ACCESS_KEY: "wrong-secret-of-a-test" },
    });
    expect([keys.code, keys.stderr]).toEqual([2, expect.not.stringContaining("wrong-secret")]);
    expect(readdirSync(work.folder).sort()).toEqual(["in", "job.yaml", "zips.yaml"]);
  });

  it("is checked, planned and shown without a run", async () => {
    const work = await bucketWork(server, (bucket) => bucketJobYaml({ connection: { bucket, prefix: "z" } }));
    const say = (...args: string[]) => dativo([...args, "--config", "job.yaml"], { cwd: work.folder, env: work.env });
    expect(say("check").stdout).toContain(`s3://${work.bucket}/z can be reached`);
    expect(say("plan").stdout).toContain(`parquet to s3://${work.bucket}/z, append`);
    expect(say("state", "show").stdout).toContain(`s3://${work.bucket}/z/_dativo/`);
    expect(await work.visible()).toEqual({});
  });

  it("gets no keys of the machine in cloud mode, as source or target, unless they are lent for its bucket", async () => {
    const work = await bucketWork(server, (bucket) => bucketJobYaml({ connection: { bucket, prefix: "z" } }));
    const say = (args: string[], env: Record<string, string> = {}) =>
      dativo([...args, "--config", "job.yaml", "--mode", "cloud"], { cwd: work.folder, env: { ...work.env, ...env } });
    const lent = { DATIVO_JOB_BUCKETS: `s3://${work.bucket}` };
    for (const command of ["run", "check", "plan"]) {
      expect(say([command]), command).toMatchObject({ code: 2, stderr: expect.stringContaining("DTV_KEYS_FORBIDDEN") });
    }
    expect(await work.visible()).toEqual({});
    expect(say(["run"], lent).code).toBe(0);
    const source = { files: [{ path: `s3://${work.bucket}/z/*.parquet` }] };
    const target = { connection: { path: "lake" } };
    const job = bucketJobYaml(target, { source_connector: "parquet", source, target_connector: "parquet" });
    writeFileSync(join(work.folder, "job.yaml"), job);
    for (const command of ["run", "discover", "plan"]) {
      const { code, stdout, stderr } = say([command]);
      expect([command, code, stdout + stderr]).toEqual([command, 2, expect.stringContaining("DTV_KEYS_FORBIDDEN")]);
    }
    expect(say(["check"]).stdout).toContain("the keys of this machine are not lent to jobs");
    expect(say(["run"], lent).code).toBe(0);
    const own = { access_key: server.accessKeyId, secret_key: "${DATIVO_VAR_KEY}" };
    writeFileSync(join(work.folder, "job.yaml"), bucketJobYaml({ connection: { bucket: work.bucket, ...own } }));
    expect(say(["run"], { AWS_SECRET_ACCESS_KEY: "", DATIVO_VAR_KEY: server.secretAccessKey }).code).toBe(0);
  });

  it("takes no run folders, which a bucket cannot rename", async () => {
    const work = await bucketWork(server, (bucket) =>
      bucketJobYaml({ layout: "run-dir", connection: { bucket, prefix: "z" } }),
    );
    expect(work.run()).toMatchObject({ code: 2, stderr: expect.stringContaining("DTV_CONFIG_INVALID") });
  });
});

async function rejectsIn(store: Awaited<ReturnType<typeof bucketWork>>["store"]): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list("")) {
    if (key.endsWith(".rejects")) found.push(String((await store.get(key))?.bytes));
  }
  return found;
}
