import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Receipt } from "../job/receipt.ts";
import { demand } from "./behaviour.ts";
import { formatMatrix } from "./crash-matrix.ts";
import type { CrashSuite } from "./crash-suite.ts";
import { type Death, deathsBy } from "./deaths.ts";
import { type Outcome, SweepFolder } from "./sweep-folder.ts";

export interface CrashReport {
  /** What was promised, and kept. */
  readonly effect: Receipt["guarantee"]["effect"];
  readonly outcomes: readonly Outcome[];
  /** One line for each action, one sign for each step. */
  readonly matrix: string;
}

/** So many folders are tried side by side. */
const FOLDERS = 2;

/**
 * Runs a job in processes that die, once for each death, and lets the next run make it good: the target must then hold
 * what it holds when nothing dies, nothing lost, and nothing doubled where the job promises that.
 *
 * @throws Error that names each death after which this is not so.
 */
export async function crashSweep(suite: CrashSuite): Promise<CrashReport> {
  const root = await mkdtemp(join(tmpdir(), "dativo-sweep-"));
  try {
    const deaths = suite.deaths ?? [...deathsBy("kill"), ...deathsBy("throw")];
    const length = suite.resetTarget ? 1 : Math.min(FOLDERS, deaths.length);
    const numbers = Array.from({ length }, (_, index) => index);
    const folders = await all(numbers.map((n) => SweepFolder.create(suite, join(root, `${n}`))));
    const calm = await (folders[0] as SweepFolder).runUndisturbed();
    if (suite.effect !== undefined) {
      demand(calm.effect === suite.effect, `the job promises '${calm.effect}', not '${suite.effect}'`);
    }
    const found = new Map<Death, Outcome>();
    const queue = deaths.values();
    const work = async (folder: SweepFolder): Promise<void> => {
      for (const death of queue) found.set(death, await folder.try(death, calm));
    };
    await all(folders.map(work));
    return judge(
      calm.effect,
      deaths.map((death) => found.get(death) as Outcome),
    );
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** What all of them give, when the last has ended: the folders of those that still run cannot be removed. */
async function all<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

function judge(effect: CrashReport["effect"], outcomes: readonly Outcome[]): CrashReport {
  const matrix = formatMatrix(effect, outcomes);
  const wrong = outcomes.filter(({ verdict }) => verdict === "wrong");
  const lines = wrong.map(({ death, faults }) => `${death.action} at ${death.name}: ${faults.join("; ")}`);
  if (wrong.length > 0) throw new Error(`The crash sweep found what is wrong:\n${[...lines, matrix].join("\n")}`);
  demand(
    outcomes.some(({ verdict }) => verdict === "good"),
    `the run comes to none of the steps\n${matrix}`,
  );
  return { effect, outcomes, matrix };
}
