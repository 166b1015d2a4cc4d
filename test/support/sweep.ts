import type { CrashSuite } from "../../lib/testing/crash-suite.ts";
import { crashSweep } from "../../lib/testing/crash-sweep.ts";
import { deathsBy } from "../../lib/testing/deaths.ts";
import { NODE } from "./cli.ts";
import { CrashFolder, type CrashJob, rowsOf, sameRows } from "./crash-folder.ts";

const BEFORE = rowsOf(1, 5);
const AFTER = [...BEFORE, ...rowsOf(6, 12)];

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
  const { matrix, outcomes } = await crashSweep({ ...suiteOf(job), deaths: deathsBy(action), idle, node: NODE });
  const unreached = outcomes.filter(({ verdict }) => verdict === "unreached");
  if (unreached.length > 0) throw new Error(`The crash sweep found steps that no run comes to:\n${matrix}`);
  return matrix.split("\n")[1] as string;
}

function suiteOf({ mode, layout, plugin }: Omit<CrashJob, "files">): CrashSuite {
  const job = { mode, layout, plugin, files: ["in/a.csv", "in/b.csv"] };
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
      workOf(folder).addSource("in/b.csv", AFTER.slice(BEFORE.length));
    },
    readTarget: (folder) => workOf(folder).rows(),
    check(folder, moment) {
      const work = workOf(folder);
      if (moment === "dead") return [...work.faultsAlways(), ...(layout === "run-dir" ? partsOf(work) : [])];
      const before = facts.get(work);
      facts.set(work, `${work.commits().length} commits, ${work.visible().length} files`);
      if (moment === "recovered") return [...work.faultsAlways(), ...work.litter()];
      const isSame = mode === "overwrite" || facts.get(work) === before;
      return isSame ? [] : [`a run with nothing new made ${facts.get(work)} of ${before}`];
    },
  };
}

/** A reader sees a run in a folder of its own whole or not at all; what replaces another may be seen beside it. */
function partsOf(work: CrashFolder): string[] {
  const rows = work.rows();
  const isWhole = [BEFORE, AFTER, [...BEFORE, ...AFTER]].some((expected) => sameRows(rows, expected));
  return isWhole ? [] : [`a part is visible: ${rows.length} rows`];
}
