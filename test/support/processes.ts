import { existsSync, readdirSync, readFileSync } from "node:fs";

/** The processes that a process has started. Linux has them below /proc. */
export function childrenOf(pid: number | undefined): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => statusOf(Number(name)).includes(`\nPPid:\t${pid}\n`))
    .map(Number);
}

/** What the system says of a process; empty when it has ended. */
export function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return "";
  }
}

export function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/\nState:\tZ/.test(statusOf(pid));
}
