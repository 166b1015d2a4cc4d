import type { CrashSuite } from "../../lib/testing/crash-suite.ts";
import { crashSweep } from "../../lib/testing/crash-sweep.ts";
import { type Death, deathsBy } from "../../lib/testing/deaths.ts";
import { NODE } from "./cli.ts";
import { CrashFolder, type CrashJob, rowsOf, sameRows } from "./crash-folder.ts";

const BEFORE = rowsOf(1, 5);
const BETWEEN = [...BEFORE, ...rowsOf(6, 9)];
const AFTER = [...BETWEEN, ...rowsOf(10, 13)];

interface SweepOptions extends Omit<CrashJob, "files"> {
  /** How each run dies. */
  readonly action: string;
  readonly idle?: boolean;
}

/**
 * The sweep that plugins of others are tried with, on a job of files that has run once and has something new to load.
 * Returns its line of the matrix.
 *
 * @throws Error where it finds anything wrong, and where a step is never come to.
 */
export async function sweepFiles({ action, idle = true, ...job }: SweepOptions): Promise<string> {
  const deaths = [...deathsBy(action), ...(job.hasCheckpoints ? secondDeathsBy(action) : [])];
  const { matrix, outcomes } = await crashSweep({ ...suiteOf(job), deaths, idle, node: NODE });
  const unreached = outcomes.filter(({ verdict }) => verdict === "unreached");
  if (unreached.length > 0) throw new Error(`The crash sweep found steps that no run comes to:\n${matrix}`);
  return matrix.split("\n")[1] as string;
}

/** At the steps of the second commit, behind a checkpoint. */
function secondDeathsBy(action: string): Death[] {
  const ofCommit = deathsBy(action).filter(({ name }) => name >= "K04" && name <= "K25");
  return ofCommit.map(({ name }) => ({ name: `${name} again`, action, faults: `${name}:pass,${name}:${action}` }));
}

function suiteOf({ layout, mode, ...how }: Omit<CrashJob, "files">): CrashSuite {
  const job = { ...how, layout, mode, files: ["in/a.csv", "in/b.csv", "in/c.csv"] };
  const works = new Map<string, CrashFolder>();
  const facts = new Map<CrashFolder, string>();
  const workOf = (folder: string): CrashFolder => works.get(folder) as CrashFolder;
  return {
    effect: "exactly-once",
    prepare(folder) {
      const work = new CrashFolder(folder, { ...job, files: ["in/a.csv"] });
      work.addSource("in/a.csv", BEFORE);
      works.set(folder, work);
    },
    grow(folder) {
      workOf(folder).writeJob(job);
      workOf(folder).addSource("in/b.csv", BETWEEN.slice(BEFORE.length));
      workOf(folder).addSource("in/c.csv", AFTER.slice(BETWEEN.length));
    },
    readTarget: (folder) => workOf(folder).rows(),
    check(folder, moment) {
      const work = workOf(folder);
      if (moment === "dead") return [...work.faultsAlways(), ...(layout === "run-dir" ? partsOf(work, job) : [])];
      const before = facts.get(work);
      facts.set(work, `${work.commits().length} commits, ${work.visible().length} files`);
      if (moment === "recovered") return [...work.faultsAlways(), ...work.litter()];
      const isSame = mode === "overwrite" || facts.get(work) === before;
      return isSame ? [] : [`a run with nothing new made ${facts.get(work)} of ${before}`];
    },
  };
}

/** A reader sees a run in a folder of its own whole or not at all; what replaces another may be seen beside it. */
function partsOf(work: CrashFolder, { hasCheckpoints }: CrashJob): string[] {
  const rows = work.rows();
  const wholes = [BEFORE, AFTER, [...BEFORE, ...AFTER], ...(hasCheckpoints ? [BETWEEN] : [])];
  const isWhole = wholes.some((expected) => sameRows(rows, expected));
  return isWhole ? [] : [`a part is visible: ${rows.length} rows`];
}
