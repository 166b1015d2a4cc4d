import { type ChildProcess, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { dativo, smallJob, startDativo, writeFiles } from "../../support/cli.ts";
import { listTree, tempFolder } from "../../support/folder.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";
import { childrenOf, isRunning } from "../../support/processes.ts";
import { until } from "../../support/shell.ts";

const HOSTILE = nativeLibrary("hostile_fixture");
const ASSET = JSON.stringify({ name: "rows", version: "1.0.0", schema: [{ name: "id", type: "integer" }] });

function job(how: string, more: Record<string, unknown> = {}): string {
  return smallJob({
    source: {
      custom_reader: `${HOSTILE}:create_reader`,
      credentials: { api_key: "${CANARY}" },
      engine: { options: { how } },
    },
    target_connector: "jsonl",
    target: { connection: { path: "lake" } },
    asset_path: "rows.yaml",
    plugins: { sandbox: { mode: "process" } },
    ...more,
  });
}

const CANARY = "canary-7d1c4e0b";
const env = { CANARY, AWS_SECRET_ACCESS_KEY: `${CANARY}-2`, LC_ALL: "C.UTF-8" };

/** A run whose plugin hangs in the middle, and the process of that plugin. */
async function startHanging(cwd: string): Promise<{ run: ChildProcess; plugin: number; said: () => string }> {
  writeFiles(cwd, { "rows.yaml": ASSET, "job.yaml": job("hang") });
  const run = startDativo(["run", "--config", "job.yaml"], { cwd, env });
  let text = "";
  run.stderr?.on("data", (chunk) => {
    text += chunk;
  });
  // The first process looks whether the library loads; the second one works.
  await until(() => text.includes("Guarantee"), "the guarantee");
  const plugin = await until(() => childrenOf(run.pid)[0], "the plugin");
  // Until it has begun to hang, which is while it sleeps in its second batch.
  await sleep(500);
  return { run, plugin, said: () => text };
}

const linux = process.platform === "linux" ? describeNative : () => {};

linux("the process of a plugin", () => {
  it("ends when Ctrl-C ends the run, also in a call that hangs", async () => {
    const cwd = tempFolder();
    const { run, plugin, said } = await startHanging(cwd);
    // A terminal sends it to everybody.
    process.kill(plugin, "SIGINT");
    run.kill("SIGINT");
    const [code] = await once(run, "exit");
    expect([code, isRunning(plugin)]).toEqual([130, false]);
    expect(said()).toContain("did not stop within 2000 ms and its process was ended");
    expect(said()).toContain("DTV_CANCELLED");
    expect(listTree(cwd).filter((path) => !path.includes("_dativo") && !path.startsWith(".local"))).toEqual([
      "job.yaml",
      "rows.yaml",
    ]);
  });

  it("ends at once when Ctrl-C is pressed again", async () => {
    const { run, plugin } = await startHanging(tempFolder());
    run.kill("SIGINT");
    await sleep(200);
    run.kill("SIGINT");
    const [code] = await once(run, "exit");
    expect(code).toBe(130);
    await until(() => !isRunning(plugin), "the plugin's end");
  });

  it("ends when Dativo is killed, also in a call that hangs", async () => {
    const { run, plugin } = await startHanging(tempFolder());
    run.kill("SIGKILL");
    await once(run, "exit");
    await until(() => !isRunning(plugin), "the plugin's end");
  });

  it("ends with Dativo even when a call keeps it from noticing", async () => {
    const cwd = tempFolder();
    const source = { custom_reader: `${HOSTILE}:create_stuck` };
    for (const signal of ["SIGKILL", "SIGINT"] as const) {
      writeFiles(cwd, { "rows.yaml": ASSET, "job.yaml": job("", { source }) });
      const run = startDativo(["run", "--config", "job.yaml"], { cwd, env });
      const plugin = await until(() => childrenOf(run.pid)[0], "the plugin");
      await sleep(1500);
      run.kill(signal);
      const [code] = await once(run, "exit");
      expect(code).toBe(signal === "SIGINT" ? 130 : null);
      await until(() => !isRunning(plugin), "the plugin's end");
    }
  });

  it("is told secrets through its pipe alone", async () => {
    const { run, plugin } = await startHanging(tempFolder());
    const command = readFileSync(`/proc/${plugin}/cmdline`, "utf8");
    expect(command).toContain("isolation/child/main.js");
    expect(command).not.toContain("canary");
    expect(environmentOf(plugin)).not.toContain("canary");
    run.kill("SIGKILL");
    await once(run, "exit");
  });

  it("keeps its environment from other users, and has only what libraries need", () => {
    const cwd = tempFolder();
    writeFiles(cwd, { "rows.yaml": ASSET, "job.yaml": job("env") });
    const { code, stderr } = dativo(["run", "--config", "job.yaml"], { cwd, env });
    expect(code).toBe(0);
    const names = /environment: (.*)/.exec(stderr)?.[1]?.split(" ");
    expect(names?.filter((name) => !["PATH", "HOME", "TMPDIR", "LC_ALL"].includes(name))).toEqual([]);
    expect(names).toContain("LC_ALL");
  });

  it("has what it prints in the log, without secrets", () => {
    const cwd = tempFolder();
    writeFiles(cwd, { "rows.yaml": ASSET, "job.yaml": job("talk") });
    const { code, stdout, stderr } = dativo(["run", "--config", "job.yaml", "--json"], { cwd, env });
    expect([code, JSON.parse(stdout).counts.written]).toEqual([0, 6]);
    expect(stderr).toContain("create_reader: on stdout, my key is ***");
    expect(stderr).toContain("create_reader: on stderr, my key is ***");
    expect(stderr).not.toContain(CANARY);
  });
});

/** Nobody but root may read it, which is as good as not finding it. */
function environmentOf(pid: number): string {
  const { stdout } = spawnSync("cat", [`/proc/${pid}/environ`], { encoding: "utf8" });
  return stdout;
}
