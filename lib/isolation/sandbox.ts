import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { DativoError, systemCode } from "../contract/errors.ts";
import { packageRoot } from "../storage/package-root.ts";

/** What holds the process of a plugin that nobody vouches for. */
export interface Sandbox {
  readonly network: boolean;
  /** Of the process's own. */
  readonly memoryBytes: number;
  /** Over all of its life. */
  readonly cpuSeconds: number;
  /** Of what a configuration names, only what lies in these is reached; undefined for all of it. */
  readonly folders: readonly string[] | undefined;
}

export interface SandboxReport {
  readonly isAvailable: boolean;
  /** What holds a plugin here, or what is missing. */
  readonly note: string;
}

/** Restricts itself and becomes the command that it is given: rust/sandbox. */
export const SANDBOX_PROGRAM = join(packageRoot(), "rust", "target", "release", "dativo_sandbox");

let report: SandboxReport | undefined;

/** Tries it: what a kernel has and what a container lets a process do are two things. */
export function examineSandbox(): SandboxReport {
  report ??= tryIt();
  return report;
}

function tryIt(): SandboxReport {
  if (process.platform !== "linux") return missing(`it needs Linux, and this is ${process.platform}`);
  const { error, status, stdout, stderr } = spawnSync(SANDBOX_PROGRAM, ["--check"], { env: {}, encoding: "utf8" });
  if (systemCode(error) === "ENOENT") return missing(`${SANDBOX_PROGRAM} is not built (npm run build:native)`);
  if (error) return missing(error.message);
  return status === 0 ? { isAvailable: true, note: stdout.trim() } : missing(stderr.trim());
}

function missing(note: string): SandboxReport {
  return { isAvailable: false, note };
}

/** @throws DativoError DTV_SANDBOX_MISSING before a line of the plugin runs */
export function requireSandbox(plugin: string): void {
  const { isAvailable, note } = examineSandbox();
  if (isAvailable) return;
  throw new DativoError("DTV_SANDBOX_MISSING", `${plugin} is to run in the sandbox, which is not there: ${note}`, {
    culprit: plugin,
    hint: "It needs Linux 6.2 or later with Landlock and seccomp, and npm run build:native; dativo doctor says what is here. Without it, cloud mode runs no plugins.",
  });
}
