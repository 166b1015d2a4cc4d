import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BIN, type Finished, NODE } from "./cli.ts";

/** `dativo` as a command, and `stage NAME` for one whose process id goes into NAME.pid. */
const PREAMBLE = `
set -o pipefail
dativo() { "${NODE}" "${BIN}" "$@"; }
stage() { echo "$BASHPID" > "$1.pid"; shift; exec "${NODE}" "${BIN}" "$@"; }
`;

interface ShellOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
}

function environment({ cwd, env }: ShellOptions): Record<string, string> {
  const { PATH = "", DATIVO_NATIVE = "on" } = process.env;
  return { PATH, DATIVO_NATIVE, HOME: cwd, TMPDIR: cwd, ...env };
}

/** Runs a script of bash, in which pipes are those of the system. */
export function shell(script: string, options: ShellOptions): Finished {
  const { status, stdout, stderr } = spawnSync("bash", ["-c", PREAMBLE + script], {
    cwd: options.cwd,
    input: options.input ?? "",
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    env: environment(options),
  });
  return { code: status, stdout, stderr };
}

/** The same, still running. */
export function startShell(script: string, options: ShellOptions, stdio: SpawnOptions["stdio"] = "pipe"): ChildProcess {
  return spawn("bash", ["-c", PREAMBLE + script], { cwd: options.cwd, stdio, env: environment(options) });
}

/** Waits until something is there. @throws Error when it does not come */
export async function until<T>(look: () => T | undefined | false, what: string, ms = 20_000): Promise<T> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(10)) {
    const found = look();
    if (found) return found;
  }
  throw new Error(`${what} did not come within ${ms} ms`);
}

/** The process of a stage, once it has begun. */
export function pidOf(stage: string, cwd: string): Promise<number> {
  const path = join(cwd, `${stage}.pid`);
  return until(() => existsSync(path) && Number(readFileSync(path, "utf8")), `stage ${stage}`);
}
