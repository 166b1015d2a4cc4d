import { join } from "node:path";
import { FAIL_POINTS, type FailPoint } from "../../lib/storage/fail-point.ts";
import type { Finished } from "./cli.ts";
import { CrashFolder, type CrashJob, restoreFolder, rowsOf, sameRows } from "./crash-folder.ts";

/** A way to die: the fault, and what has to happen before, so that a run comes to that place. */
export interface Death {
  readonly name: string;
  readonly action: string;
  readonly faults: string;
  /** A fault of an earlier run, from which the one that dies recovers. */
  readonly prelude?: string;
}

/** Every fail point with one action. Some places are only come to after another fault. */
export function deathsBy(action: string): Death[] {
  const points = Object.keys(FAIL_POINTS) as FailPoint[];
  return points.flatMap((point): Death[] => {
    const faults = `${point}:${action}`;
    if (point === "K27") return [{ name: point, action, faults, prelude: "K13:kill" }];
    if (point === "K28") return [{ name: point, action, faults, prelude: "K19:kill" }];
    if (point !== "K29") return [{ name: point, action, faults }];
    const causes = ["K06", "K09", "K16"];
    return causes.map((cause) => ({ name: `${point} of ${cause}`, action, faults: `${cause}:throw,${faults}` }));
  });
}

const BEFORE = rowsOf(1, 5);
const AFTER = [...BEFORE, ...rowsOf(6, 12)];

/** A job that has run once, and has something new to load. Its path is part of its key, so it is restored for each case. */
export class SweepFolder {
  readonly #job: CrashJob;
  readonly #work: CrashFolder;
  readonly #saved: string;

  private constructor(job: CrashJob, work: CrashFolder, saved: string) {
    this.#job = job;
    this.#work = work;
    this.#saved = saved;
  }

  static async create(folder: string, { mode, layout, plugin }: Omit<CrashJob, "files">): Promise<SweepFolder> {
    const job = { mode, layout, plugin, files: ["in/a.csv", "in/b.csv"] };
    const work = new CrashFolder(join(folder, "work"), { ...job, files: ["in/a.csv"] });
    work.addSource("in/a.csv", BEFORE);
    const { code, stderr } = await work.run();
    if (code !== 0) throw new Error(`the first run failed: ${stderr}`);
    work.writeJob(job);
    work.addSource("in/b.csv", AFTER.slice(BEFORE.length));
    restoreFolder(work.folder, join(folder, "saved"));
    return new SweepFolder(job, work, join(folder, "saved"));
  }

  /** What is wrong after a death and the run that follows it; empty when all is well. */
  async try(death: Death, { runsOnce = false } = {}): Promise<string[]> {
    restoreFolder(this.#saved, this.#work.folder);
    if (death.prelude !== undefined) await this.#work.run({ faults: death.prelude });
    const dead = await this.#work.run({ faults: death.faults });
    const faults: string[] = [];
    if (!dead.stderr.includes(`Fault '${death.action}' at ${death.name.slice(0, 3)}`)) faults.push("never came there");
    faults.push(...this.#faultsOfDeath(dead, death), ...this.#faultsAfterDeath());
    faults.push(...this.#faultsAfter(await this.#work.run()));
    if (!runsOnce) faults.push(...(await this.#faultsOfIdleRun()));
    return faults;
  }

  #faultsOfDeath({ code, signal, stderr }: Finished, { action }: Death): string[] {
    const hasCommitted = this.#work.commits().length > 1;
    const expected = { kill: signal === "SIGKILL", term: code === 143 }[action] ?? (code === 0) === hasCommitted;
    const isHalfKnown = code === 2 && stderr.includes("DTV_OUTCOME_UNKNOWN");
    const how = `${code ?? signal}, ${hasCommitted ? "" : "not "}committed`;
    return expected || isHalfKnown ? [] : [`ended with ${how}: ${stderr}`];
  }

  #faultsAfterDeath(): string[] {
    const faults = this.#work.faultsAlways();
    const rows = this.#work.rows();
    const isWhole = [BEFORE, AFTER].some((expected) => sameRows(rows, expected));
    const isReplacing = sameRows(rows, [...BEFORE, ...AFTER]);
    if (this.#job.layout === "run-dir" && !isWhole && !isReplacing)
      faults.push(`a part is visible: ${rows.length} rows`);
    if (rows.some((row) => !AFTER.includes(row))) faults.push("a row that the source does not have");
    return faults;
  }

  #faultsAfter({ code, stderr }: Finished): string[] {
    const faults = [...this.#work.faultsAlways(), ...this.#work.litter()];
    if (code !== 0) faults.push(`the next run ended with ${code}: ${stderr}`);
    const rows = this.#work.rows();
    if (!sameRows(rows, AFTER)) faults.push(`${rows.length} rows instead of ${AFTER.length}: ${rows.sort().join(" ")}`);
    return faults;
  }

  async #faultsOfIdleRun(): Promise<string[]> {
    const facts = (): number[] => [this.#work.commits().length, this.#work.visible().length];
    const before = facts();
    const { code, stderr } = await this.#work.run();
    if (code !== 0) return [`a third run ended with ${code}: ${stderr}`];
    const isSame = this.#job.mode === "overwrite" || facts().join() === before.join();
    return isSame ? [] : ["a run with nothing new changed something"];
  }
}

/** Tries deaths on several folders side by side. Returns what was wrong, by name. */
export async function sweep(
  folders: readonly SweepFolder[],
  deaths: readonly Death[],
  options: { readonly runsOnce?: boolean } = {},
): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  const queue = deaths.values();
  const work = async (folder: SweepFolder): Promise<void> => {
    for (const death of queue) found[`${death.action} ${death.name}`] = await folder.try(death, options);
  };
  await Promise.all(folders.map(work));
  return found;
}
