import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { describe, onTestFinished } from "vitest";

/** Tests that mount volumes of their own: skipped, with the reason, where no namespace can be made for that. */
export function describeMounts(name: string, tests: () => void): void {
  if (spawnSync("unshare", ["-Urm", "nsenter", "--version"]).status === 0) {
    describe(name, tests);
    return;
  }
  const reason = `${name} (skipped: unshare -Urm and nsenter do not work here)`;
  if (process.env["DATIVO_TEST_REQUIRE"] === "all") throw new Error(reason);
  describe.skip(reason, tests);
}

/** A process whose mounts nobody else sees, for as long as a test runs. It needs no rights that a user has not. */
export class MountNamespace {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  static async create(): Promise<MountNamespace> {
    const holder = spawn("unshare", ["-Urm", "sh", "-c", "echo ready; exec sleep 1000000"]);
    onTestFinished(() => void holder.kill("SIGKILL"));
    await once(holder.stdout, "data");
    return new MountNamespace(holder);
  }

  /** A command line that runs what follows it in here, in a folder. */
  under(folder: string): string[] {
    const enter = ["nsenter", `--target=${this.#holder.pid}`, "--user", "--mount", "--preserve-credentials"];
    return [...enter, "sh", "-c", 'cd "$0" && exec "$@"', folder];
  }

  /** Where this process finds what is at a path in here. */
  seen(path: string): string {
    return `/proc/${this.#holder.pid}/root${path}`;
  }

  /** Puts an empty volume of some options, such as `size=64k`, on a folder. */
  mount(folder: string, options: string): void {
    this.#do("mount", "-t", "tmpfs", "-o", `mode=755,${options}`, "tmpfs", folder);
  }

  /** Gives a volume other options, such as more space. */
  remount(folder: string, options: string): void {
    this.#do("mount", "-o", `remount,${options}`, folder);
  }

  unmount(folder: string): void {
    this.#do("umount", folder);
  }

  #do(...command: readonly string[]): void {
    const [file = "", ...args] = [...this.under("/"), ...command];
    const { status, stderr } = spawnSync(file, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
  }
}
