import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { smallJob, startDativo, writeFiles } from "../../support/cli.ts";
import { tempFolder, visibleFiles } from "../../support/folder.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";

const JOB = smallJob({
  source: {
    custom_reader: `${nativeLibrary("hostile_fixture")}:create_reader`,
    engine: { options: { how: "hang" } },
  },
  target_connector: "jsonl",
  target: { connection: { path: "lake" } },
  asset_path: "rows.yaml",
});
const ASSET = JSON.stringify({ name: "rows", version: "1.0.0", schema: [{ name: "id", type: "integer" }] });

/** Starts a run and sends it signals while a call into a library hangs in Dativo's own process. */
async function interrupt(signals: readonly NodeJS.Signals[]): Promise<{ code: number; said: string; cwd: string }> {
  const cwd = tempFolder();
  writeFiles(cwd, { "rows.yaml": ASSET, "job.yaml": JOB });
  const run = startDativo(["run", "--config", "job.yaml"], { cwd });
  let said = "";
  run.stderr?.on("data", (chunk) => (said += String(chunk)));
  while (!said.includes("Guarantee")) await sleep(20);
  await sleep(500);
  for (const signal of signals) {
    run.kill(signal);
    await sleep(200);
  }
  const [code] = run.exitCode === null ? await once(run, "exit") : [run.exitCode];
  return { code, said, cwd };
}

describeNative("a signal while a call into a library hangs", () => {
  it("ends the run when the grace period is over", { timeout: 60_000 }, async () => {
    const { code, said, cwd } = await interrupt(["SIGTERM"]);
    expect(code).toBe(143);
    expect(said).toContain("The reader did not stop within 10000 ms and was abandoned");
    expect(said).toContain("Interrupted by SIGTERM; nothing was published");
    expect(visibleFiles(cwd).filter((path) => path.startsWith("lake/") && !path.includes("_dativo"))).toEqual([]);
  });

  it("ends it at once when it comes again", async () => {
    const { code, said } = await interrupt(["SIGINT", "SIGINT"]);
    expect(code).toBe(130);
    expect(said).not.toContain("abandoned");
  });
});
