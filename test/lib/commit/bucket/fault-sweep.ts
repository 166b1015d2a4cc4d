import { expect, it } from "vitest";
import type { ObjectStore } from "../../../../lib/storage/object/object-store.ts";
import { openStore } from "../../../../lib/storage/object/open-store.ts";
import { outcomeOf, recordsOf, runOnce } from "../../../support/ledger-runs.ts";
import { befallAt, type FaultSpan } from "../../../support/object-faults.ts";
import { ObjectProxy, type ProxyFault } from "../../../support/object-proxy.ts";
import { describeObjectServer, type ObjectServerKind } from "../../../support/object-servers.ts";
import { type BucketJob, bucketJob, demandTruth, openUploads, reachedBy, visible } from "./bucket-runs.ts";

/** Something befalls one request after the other of a run, on its way to the store or back. */
export function sweepFaults(kind: ObjectServerKind, tried: readonly (readonly [ProxyFault, FaultSpan])[]): void {
  describeObjectServer(kind, `a run into a bucket of ${kind}, between which and us something goes wrong`, (server) => {
    /** Requests of a run without faults. */
    async function countRequests(proxy: ObjectProxy, job: BucketJob): Promise<number> {
      const before = proxy.seen.length;
      await runOnce(job);
      return proxy.seen.length - before;
    }

    async function tryFault(
      direct: ObjectStore,
      proxy: ObjectProxy,
      remote: ObjectStore,
      fault: ProxyFault,
      at: number,
      span: FaultSpan,
    ) {
      const job = bucketJob(direct);
      await runOnce(job, { name: "before", count: 1 });
      befallAt(proxy, fault, at, span);
      const error = await outcomeOf(runOnce(reachedBy(job, remote), { name: "faulty" }));
      proxy.befall(() => undefined);
      await demandTruth(job, { faulty: error });
      const isLoaded = (await recordsOf(job)).some(({ endState }) => "faulty" in endState.positions);
      if (!isLoaded) await runOnce(job, { name: "faulty" });
      expect(Object.values(await visible(job)).sort()).toEqual(["before", "faulty", "faulty"]);
      for (const { runId } of await recordsOf(job)) expect(await openUploads(job, runId)).toBe(0);
      return error;
    }

    it.each(tried)("loses and doubles nothing: %s, %s", { timeout: 600_000 }, async (fault, span) => {
      const settings = await server.makeBucket();
      const direct = await openStore(settings);
      const proxy = await ObjectProxy.before(server.endpoint);
      const remote = await openStore({ ...settings, endpoint: proxy.endpoint });
      const requests = await countRequests(proxy, bucketJob(remote));
      expect(requests).toBeGreaterThan(15);
      let failed = 0;
      for (let at = 0; at < requests; at++) {
        if ((await tryFault(direct, proxy, remote, fault, at, span)) !== undefined) failed++;
      }
      if (span === "once") expect(failed).toBe(0);
      else expect(failed).toBeGreaterThan(requests / 2);
    });
  });
}
