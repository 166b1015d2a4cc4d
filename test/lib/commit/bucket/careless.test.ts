import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type BucketWork, bucketJobYaml, bucketWork } from "../../../support/bucket-job.ts";
import { s3Client } from "../../../support/object-client.ts";
import { ObjectProxy, type SeenRequest } from "../../../support/object-proxy.ts";
import { describeObjectServer, type ObjectServer } from "../../../support/object-servers.ts";
import { begin } from "../../../support/race.ts";

/** Lets nobody pass before so many have come. */
function gateFor(count: number): () => Promise<void> {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  let come = 0;
  return () => {
    if (++come === count) open();
    return opened;
  };
}

/** Some stores take conditions, and write all the same. Each reply waits for `before`. */
async function carelessBefore(
  server: ObjectServer,
  before: (asked: SeenRequest) => Promise<void>,
): Promise<ObjectProxy> {
  const proxy = await ObjectProxy.before(server.endpoint);
  const client = await s3Client(server);
  proxy.overrule(async (asked, status, Body) => {
    const { method, url } = asked;
    await before(asked);
    if (method !== "PUT" || status !== 412) return undefined;
    const [, Bucket, Key = ""] = /^\/([^/]+)\/([^?]+)/.exec(url) ?? [];
    const { ETag = "" } = await client.putObject({ Bucket, Key: decodeURIComponent(Key), Body });
    return { etag: ETag };
  });
  return proxy;
}

describeObjectServer("versitygw", "a job into a bucket whose store heeds no conditions", (server) => {
  async function open() {
    const work = await bucketWork(server, (bucket) => bucketJobYaml({ file_format: "jsonl", connection: { bucket } }));
    const delays = { before: async (_: SeenRequest): Promise<void> => {} };
    const proxy = await carelessBefore(server, (asked) => delays.before(asked));
    const env = { ...work.env, AWS_ENDPOINT_URL: proxy.endpoint };
    const start = (command: string, ...flags: string[]) =>
      begin([command, "--config", "job.yaml", ...flags], work.folder, env);
    return { ...work, start, delays };
  }

  const idsIn = async (work: BucketWork): Promise<number[]> =>
    Object.values(await work.visible())
      .flatMap((bytes) => String(bytes).trim().split("\n"))
      .map((line) => JSON.parse(line).id);

  it("runs, and says that it holds for one run at a time: when it runs, in the receipt, and in the next plan", async () => {
    const work = await open();
    const done = await work.start("run", "--json", "--verbose").ended;
    expect([done.code, done.stderr]).toEqual([0, expect.stringMatching(/honours no conditional writes \(W2 target\)/)]);
    expect(done.stderr).toContain("Guarantee: exactly-once (R3 source, W2 target)");
    expect(JSON.parse(done.stdout)).toMatchObject({ status: "committed", guarantee: { writer: "W2" } });
    writeFileSync(join(work.folder, "in/b.csv"), "id,name\n3,Edsger\n");
    const planned = await work.start("plan").ended;
    expect(planned.stdout).toContain("(R3 source, W2 target)");
    expect((await work.start("run").ended).code).toBe(0);
    expect((await idsIn(work)).sort()).toEqual([1, 2, 3]);
  });

  it("keeps a second run out while one is under way, and makes good what that leaves when it dies", async () => {
    const work = await open();
    const first = work.start("run", "--chaos", "hang@publish");
    await first.said("Fault 'hang' at");
    const second = await work.start("run").ended;
    expect([second.code, second.stderr]).toEqual([2, expect.stringContaining("DTV_LOCKED")]);
    first.signal("SIGKILL");
    await first.ended;
    expect((await work.start("run").ended).code).toBe(0);
    expect((await idsIn(work)).sort()).toEqual([1, 2]);
  });

  it("gives the lock to one of two runs that take it at the same instant", async () => {
    const work = await open();
    const gates = { GET: gateFor(2), PUT: gateFor(2) };
    work.delays.before = async ({ method, url }) => {
      if (/\/lock(\?|$)/.test(url)) await gates[method as keyof typeof gates]?.();
    };
    const runs = await Promise.all([0, 1].map(() => work.start("run").ended));
    expect(runs.map(({ code }) => code).sort()).toEqual([0, 2]);
    expect(runs.find(({ code }) => code === 2)?.stderr).toContain("DTV_LOCKED");
    expect((await idsIn(work)).sort()).toEqual([1, 2]);
  });
});
