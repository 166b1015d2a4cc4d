import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface ChildRun {
  /** Working directory and HOME; the state is kept below it. */
  readonly folder: string;
  /** What the command line is given. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** SIGKILL after so long. */
  readonly killAfterMs?: number | undefined;
  /** Put before the command. */
  readonly under?: readonly string[] | undefined;
  /** The Node that runs it; by default the one that runs this. */
  readonly node?: string | undefined;
}

export interface Ended {
  readonly code: number | null;
  /** What ended it, where it was not an exit. */
  readonly signal?: NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line of this package in a process of its own, which may be killed. */
export function runInChild({ folder, args, env, killAfterMs, under = [], node }: ChildRun): Promise<Ended> {
  const packaged = createRequire(import.meta.url).resolve("dativo-ingest/package.json");
  const own = node ?? process.execPath;
  const [command = own, ...rest] = [...under, own, join(dirname(packaged), "bin", "dativo.cjs"), ...args];
  const child = spawn(command, rest, {
    cwd: folder,
    env: { ...process.env, STATE_DIR: join(folder, ".local", "state"), HOME: folder, DATIVO_FAILPOINT: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (text) => (said.stdout += String(text)));
  child.stderr.on("data", (text) => (said.stderr += String(text)));
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, ...said, ...(signal ? { signal } : {}) });
    });
  });
}
