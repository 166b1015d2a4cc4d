import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Receipt } from "../job/receipt.ts";
import { demand, shorten } from "./behaviour.ts";
import type { CrashSuite } from "./crash-suite.ts";
import { type Death, lastWordsOf } from "./deaths.ts";
import { bagOf, isSameBag, lackingIn, type RecordBag, sizeOf } from "./record-bag.ts";
import { restoreFolder } from "./restore-folder.ts";
import { type Ended, runInChild } from "./run-in-child.ts";

/** What became of one death. */
export interface Outcome {
  readonly death: Death;
  /** `unreached`: the run never came to that step, and ended well. */
  readonly verdict: "good" | "wrong" | "unreached";
  readonly faults: readonly string[];
}

/** What the target holds when nothing dies: before the run, and after it. */
export interface Calm {
  readonly effect: Receipt["guarantee"]["effect"];
  readonly before: RecordBag;
  readonly after: RecordBag;
}

/** Whoever takes longer hangs. */
const RUN_LIMIT_MS = 120_000;

/** A folder in which one death is tried after another. Its path is part of the job's key, so it is put back for each. */
export class SweepFolder {
  readonly #suite: CrashSuite;
  readonly #work: string;
  readonly #saved: string;

  private constructor(suite: CrashSuite, folder: string) {
    this.#suite = suite;
    this.#work = join(folder, "work");
    this.#saved = join(folder, "saved");
  }

  static async create(suite: CrashSuite, folder: string): Promise<SweepFolder> {
    const made = new SweepFolder(suite, folder);
    await made.#prepare();
    await restoreFolder(made.#work, made.#saved);
    return made;
  }

  /** What the deaths are held against. */
  async runUndisturbed(): Promise<Calm> {
    await this.#putBack();
    const before = await this.#read();
    const done = await this.#run();
    demand(isDone(done), `the job must run where nothing dies, and ended ${describe(done)}`);
    const after = await this.#read();
    const idle = await this.#run();
    demand(isDone(idle), `a run that finds nothing new ended ${describe(idle)}`);
    demand(
      isSameBag(await this.#read(), after),
      "a run that finds nothing new changes what the target shows: the reader must give positions, or the job overwrite",
    );
    return { effect: (JSON.parse(done.stdout) as Receipt).guarantee.effect, before, after };
  }

  /** Dies, looks, runs again, looks once more. */
  async try(death: Death, calm: Calm): Promise<Outcome> {
    await this.#putBack();
    if (death.prelude !== undefined) await this.#run({ DATIVO_FAILPOINT: death.prelude });
    const dead = await this.#run({ DATIVO_FAILPOINT: death.faults ?? "", ...death.env });
    if (!hasDied(dead, death)) return { death, verdict: "unreached", faults: [] };
    const faults = [...(await this.#faultsOfDeath(dead, death, calm)), ...(await this.#faultsOfRecovery(calm))];
    return { death, verdict: faults.length === 0 ? "good" : "wrong", faults };
  }

  async #faultsOfDeath(dead: Ended, death: Death, { effect, before, after }: Calm): Promise<string[]> {
    const faults = [...(await this.#check("dead"))];
    const signs = { kill: dead.signal === "SIGKILL", term: dead.code === 143 };
    if (!(signs[death.action as keyof typeof signs] ?? (dead.signal === undefined || death.env !== undefined)))
      faults.push(`the run that dies ended ${describe(dead)}`);
    const found = await this.#read();
    const strange = [...found.keys()].filter((record) => !before.has(record) && !after.has(record));
    if (strange.length > 0) faults.push(`the target shows what the source has not: ${list(strange)}`);
    if (isDone(dead) && lackingIn(found, after).length > 0) faults.push("the run said that it was done, and was not");
    const isKnown = !/DTV_OUTCOME_UNKNOWN|stay published/.test(dead.stderr);
    const saysNothing = dead.code === 2 && isKnown && death.prelude === undefined;
    if (saysNothing && effect === "exactly-once" && !isSameBag(found, before))
      faults.push("the run said that it failed, and something is visible");
    return faults;
  }

  async #faultsOfRecovery({ effect, after }: Calm): Promise<string[]> {
    const faults: string[] = [];
    for (const moment of this.#suite.idle === false ? (["recovered"] as const) : (["recovered", "idle"] as const)) {
      const done = await this.#run();
      if (!isDone(done)) faults.push(`the next run ended ${describe(done)}`);
      faults.push(...differences(await this.#read(), after, effect), ...(await this.#check(moment)));
      // What is wrong already would be told twice.
      if (faults.length > 0) return faults.map((fault) => `${moment}: ${fault}`);
    }
    return [];
  }

  async #check(moment: Parameters<NonNullable<CrashSuite["check"]>>[1]): Promise<readonly string[]> {
    return (await this.#suite.check?.(this.#work, moment)) ?? [];
  }

  async #prepare(): Promise<void> {
    const { prepare, grow, resetTarget } = this.#suite;
    await rm(this.#work, { recursive: true, force: true });
    await mkdir(this.#work, { recursive: true });
    await resetTarget?.call(this.#suite, this.#work);
    await prepare.call(this.#suite, this.#work);
    if (grow === undefined) return;
    const first = await this.#run();
    demand(isDone(first), `the first run ended ${describe(first)}`);
    await grow.call(this.#suite, this.#work);
  }

  /** A target elsewhere has no copy that could be put back. */
  #putBack(): Promise<void> {
    return this.#suite.resetTarget ? this.#prepare() : restoreFolder(this.#saved, this.#work);
  }

  async #read(): Promise<RecordBag> {
    return bagOf(await this.#suite.readTarget(this.#work));
  }

  #run(env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const { job = "job.yaml", node } = this.#suite;
    return runInChild({
      folder: this.#work,
      args: ["run", "--config", job, "--json"],
      env: { ...this.#suite.env, ...env },
      killAfterMs: RUN_LIMIT_MS,
      node,
    });
  }
}

/** A run that rejects records is done as well. */
function isDone({ code }: Ended): boolean {
  return code === 0 || code === 1;
}

function hasDied(dead: Ended, death: Death): boolean {
  return death.env === undefined ? dead.stderr.includes(lastWordsOf(death)) : !isDone(dead);
}

function differences(found: RecordBag, expected: RecordBag, effect: Calm["effect"]): string[] {
  const lost = lackingIn(found, expected);
  const more = lackingIn(expected, found);
  const doubled = more.filter((record) => expected.has(record));
  const strange = more.filter((record) => !expected.has(record));
  const faults = [];
  if (lost.length > 0 && mayNotLose(effect)) faults.push(`records are lost: ${list(lost)}`);
  if (doubled.length > 0 && mayNotDouble(effect)) faults.push(`records are there more than once: ${list(doubled)}`);
  if (strange.length > 0) faults.push(`there are records that the source has not: ${list(strange)}`);
  return faults.map((fault) => `${fault} (${sizeOf(found)} in all, ${sizeOf(expected)} where nothing dies)`);
}

const mayNotLose = (effect: Calm["effect"]): boolean => effect === "exactly-once" || effect === "at-least-once";
const mayNotDouble = (effect: Calm["effect"]): boolean => effect === "exactly-once" || effect === "at-most-once";

function list(records: readonly string[]): string {
  return `${records.length}, such as ${shorten(records[0] ?? "")}`;
}

function describe({ code, signal, stderr }: Ended): string {
  return `with ${signal ?? code}: ${stderr.trim()}`;
}
