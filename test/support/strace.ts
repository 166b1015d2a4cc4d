import { spawnSync } from "node:child_process";
import { describe } from "vitest";

/** System calls that change what lies on the disk, by what they are called on different machines. */
export const WRITES = {
  write: "write,pwrite64,pwritev,writev",
  fsync: "fsync,fdatasync",
  link: "link,linkat",
  rename: "rename,renameat,renameat2",
  unlink: "unlink,unlinkat,rmdir",
} as const;

/** Under strace every call of a thread is counted by itself: with one thread for files, all of them are one sequence. */
export const ONE_THREAD = { UV_THREADPOOL_SIZE: "1", DATIVO_NATIVE: "off" };

/** Tests that look at system calls: skipped, with the reason, where there is no strace(1). */
export function describeStrace(name: string, tests: () => void): void {
  if (spawnSync("strace", ["-V"]).status === 0) {
    describe(name, tests);
    return;
  }
  const reason = `${name} (skipped: there is no strace)`;
  if (process.env["DATIVO_TEST_REQUIRE"] === "all") throw new Error(reason);
  describe.skip(reason, tests);
}

/** A command line that kills the process before it makes the n-th of some calls. */
export function killBefore(calls: string, n: number): string[] {
  return [...QUIET, "-e", `trace=${calls}`, "-e", `inject=${calls}:signal=KILL:when=${n}`];
}

/** A command line in which the n-th of some calls fails. */
export function failAt(calls: string, n: number, error: string): string[] {
  return [...QUIET, "-e", `trace=${calls}`, "-e", `inject=${calls}:error=${error}:when=${n}`];
}

const QUIET = ["strace", "-f", "-qq", "-o", "/dev/null"];

/** A command line that writes the named calls to a file, one a line, with the paths of descriptors. */
export function traceTo(file: string, calls: string): string[] {
  return ["strace", "-f", "-qq", "-y", "-s", "400", "-o", file, "-e", `trace=${calls}`];
}
