import { expect, it } from "vitest";
import { CrashFolder, rowsOf, sameRows } from "../support/crash-folder.ts";
import { tryHistories } from "../support/crash-model.ts";
import { tempFolder } from "../support/folder.ts";

it("whatever happens to a job, its target holds what the model says", { timeout: 600_000 }, () => tryHistories(60));

it("two hundred kills at random moments lose and double nothing", { timeout: 600_000 }, async () => {
  const job = new CrashFolder(tempFolder(), { mode: "incremental", layout: "flat", files: ["in/*.csv"] });
  let count = 0;
  let committed = 0;
  for (let kill = 0; kill < 200; kill++) {
    job.addSource(`in/${kill}.csv`, rowsOf(count + 1, count + 3));
    count += 3;
    const { signal } = await job.run({ killAfterMs: 150 + Math.random() * 350 });
    committed += signal === undefined ? 1 : 0;
    expect([kill, ...job.faultsAlways()]).toEqual([kill]);
    expect(new Set(job.rows()).size).toBe(job.rows().length);
  }
  const { code, stderr } = await job.run();
  expect([code, stderr.includes("error")]).toEqual([0, false]);
  expect(sameRows(job.rows(), rowsOf(1, count))).toBe(true);
  expect(job.litter()).toEqual([]);
  console.log(`200 kills: ${committed} runs were done before, ${job.commits().length} commits, ${count} rows`);
});
