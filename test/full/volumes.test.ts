import { mkdirSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Ended } from "../../lib/testing/run-in-child.ts";
import { CrashFolder, type CrashJob, rowsOf, sameRows } from "../support/crash-folder.ts";
import { tempFolder } from "../support/folder.ts";
import { describeMounts, MountNamespace } from "../support/mount-namespace.ts";

const LAYOUTS = ["flat", "run-dir"] as const;
const BEFORE = rowsOf(1, 5);
/** Some kilobytes in few files, and a few records in several. */
const MANY = { after: rowsOf(1, 4000), targetSizeMb: 1 };
const FEW = { after: rowsOf(1, 12), targetSizeMb: 0.00001 };

interface CaseOptions {
  /** The folder that is a volume of its own. */
  readonly place: string;
  readonly layout?: CrashJob["layout"];
  readonly load: typeof MANY;
}

/** A job that has run once, on a volume that has room for more, and has something new to load. */
class Case {
  readonly work: CrashFolder;
  readonly #namespace: MountNamespace;
  readonly #folder: string;
  readonly #volume: string;
  readonly #load: CaseOptions["load"];

  private constructor(folder: string, namespace: MountNamespace, { place, layout = "flat", load }: CaseOptions) {
    this.#folder = folder;
    this.#namespace = namespace;
    this.#volume = join(folder, place);
    this.#load = load;
    mkdirSync(this.#volume, { recursive: true });
    namespace.mount(this.#volume, "size=8m,nr_inodes=1000");
    const job = { mode: "append", layout, files: ["in/*.csv"], targetSizeMb: load.targetSizeMb } as const;
    this.work = new CrashFolder(namespace.seen(folder), job);
  }

  static async create(options: CaseOptions): Promise<Case> {
    const one = new Case(tempFolder(), await MountNamespace.create(), options);
    one.work.addSource("in/a.csv", BEFORE);
    expect(await one.run()).toMatchObject({ code: 0 });
    one.work.addSource("in/b.csv", options.load.after.slice(BEFORE.length));
    return one;
  }

  run(under: readonly string[] = []): Promise<Ended> {
    const env = { STATE_DIR: join(this.#folder, ".local", "state"), HOME: this.#folder };
    return this.work.run({ env, under: [...this.#namespace.under(this.#folder), ...under] });
  }

  remount(options: string): void {
    this.#namespace.remount(this.#volume, options);
  }

  /** Leaves so much of the volume free: pages of 4 KiB, or names of files. */
  leave(what: "pages" | "names", free: number): void {
    const { bsize, blocks, bfree, files, ffree } = statfsSync(this.#namespace.seen(this.#volume));
    if (what === "pages") this.remount(`size=${(blocks - bfree + free) * bsize}`);
    else this.remount(`nr_inodes=${files - ffree + free}`);
  }

  /** What is wrong unless the target is as it was before the run, and nothing else is left of that. */
  faultsOfNothing({ code, stderr }: Ended): string[] {
    const errors = stderr.match(/^error .*/gm) ?? [];
    const isSaid = code === 2 && errors.length === 1 && /^error DTV_\w+ /.test(errors[0] ?? "");
    const faults = [...this.work.faultsAlways(), ...this.work.litter(), ...(isSaid ? [] : [`${code}: ${stderr}`])];
    return sameRows(this.work.rows(), BEFORE) ? faults : [...faults, "something is visible"];
  }

  /** What is wrong unless the target has everything. */
  faultsOfAll({ code, stderr }: Ended): string[] {
    const faults = [...this.work.faultsAlways(), ...(code === 0 ? [] : [`${code}: ${stderr}`])];
    return sameRows(this.work.rows(), this.#load.after) ? faults : [...faults, `${this.work.rows().length} rows`];
  }
}

interface Spoilt {
  readonly layout: CrashJob["layout"];
  readonly what: string;
  readonly reason: RegExp;
  spoil?(one: Case): void;
  readonly under?: readonly string[];
}

const FULL = /^error DTV_TARGET_UNWRITABLE Cannot write \S+: the disk is full\n {2}Free some space/m;
const READ_ONLY = /^error DTV_TARGET_UNWRITABLE Cannot write \S+: the file system is read-only\n {2}Choose another/m;
const TOO_LARGE = /^error DTV_TARGET_UNWRITABLE Cannot write \S+: the file is larger than the limit of this process\n/m;

describeMounts("a run whose target", () => {
  it.each(
    LAYOUTS.flatMap((layout): Spoilt[] => [
      { layout, what: "is full", reason: FULL, spoil: (one: Case) => one.leave("pages", 8) },
      { layout, what: "has no names left", reason: FULL, spoil: (one: Case) => one.leave("names", 3) },
      { layout, what: "is read-only", reason: READ_ONLY, spoil: (one: Case) => one.remount("ro") },
      { layout, what: "may not have large files", reason: TOO_LARGE, under: ["prlimit", "--fsize=20000"] },
    ]),
  )("$what publishes nothing, and the next one loads all, $layout", async ({ layout, reason, spoil, under }) => {
    const one = await Case.create({ place: "lake", layout, load: MANY });
    spoil?.(one);
    const failed = await one.run(under);
    expect(failed.stderr).toMatch(reason);
    expect(one.faultsOfNothing(failed)).toEqual([]);
    one.remount("rw,size=8m,nr_inodes=1000");
    expect([...one.faultsOfAll(await one.run()), ...one.work.litter()]).toEqual([]);
  });
});

/** Where a run meets the end of its space, is not for us to choose: it is tried with every amount. */
describeMounts("a run that has no more space than it takes", () => {
  it.each(
    ["lake", ".local/state"].flatMap((place) =>
      LAYOUTS.flatMap((layout) => (["pages", "names"] as const).map((what) => ({ place, layout, what }))),
    ),
  )("publishes all or nothing: $place, $layout, $what", { timeout: 300_000 }, async ({ place, layout, what }) => {
    const failures = { before: 0, after: 0 };
    for (let free = 0; ; free++) {
      const one = await Case.create({ place, layout, load: FEW });
      one.leave(what, free);
      const ended = await one.run();
      const faults = ended.code === 0 ? one.faultsOfAll(ended) : one.faultsOfNothing(ended);
      expect([free, ...faults]).toEqual([free]);
      one.remount("size=8m,nr_inodes=1000");
      expect([free, ...one.faultsOfAll(await one.run()), ...one.work.litter()]).toEqual([free]);
      if (ended.code === 0 && !ended.stderr.includes("the disk is full")) break;
      failures[ended.code === 0 ? "after" : "before"]++;
    }
    console.log(
      `${place}, ${layout}, ${what}: failed ${failures.before} times, and ${failures.after} times after the commit`,
    );
    expect(failures.before + failures.after).toBeGreaterThan(0);
  });
});
