import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { DativoError, systemCode } from "../contract/errors.ts";

/** A holder on another machine, or in another container, whose heart has not beaten for so long is taken for dead. */
export const STALE_MS = 60_000;

/** How often a run that waits looks again. */
const LOOK_MS = 250;

export interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly bootId: string;
  /** Where the pid counts: a process of another container has a number of its own there. */
  readonly pidNamespace: string;
  /** Start time of the process in clock ticks since boot, which tells a reused pid apart. */
  readonly startTicks: string;
  readonly runId: string;
  readonly since: string;
}

/** Where a lock stands. */
export interface LockPlace {
  /** For people. */
  readonly path: string;
  readonly heartbeatMs: number;
  /** Removes what processes left that died while they took the lock. */
  tidy(): Promise<void>;
  read(): Promise<LockText | undefined>;
  /** False when the lock is taken. */
  create(content: string, runId: string): Promise<boolean>;
  /** Takes a dead holder's lock over; false when somebody else was there first. */
  replace(dead: LockText, content: string, runId: string): Promise<boolean>;
  beat(content: string): Promise<void>;
  /** Removes the lock if it has this content. */
  remove(content: string): Promise<void>;
}

export interface LockText {
  readonly text: string;
  /** Since the holder's heart beat. */
  readonly ageMs: number;
}

/** Whether to wait for a run that holds the lock; by default not. */
export interface LockWait {
  /** How long, in milliseconds; Infinity for as long as it takes. */
  readonly ms?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told once who is waited for. */
  readonly onWait?: ((holder: string) => void) | undefined;
}

/**
 * Keeps a second run of the same job out, as a courtesy: what keeps the data right is that a commit record is
 * never overwritten.
 */
export class JobLock {
  /** True when the lock was left by a run that died. */
  readonly isTakenOver: boolean;
  readonly #place: LockPlace;
  readonly #content: string;
  readonly #heart: NodeJS.Timeout;

  private constructor(place: LockPlace, content: string, isTakenOver: boolean) {
    this.isTakenOver = isTakenOver;
    this.#place = place;
    this.#content = content;
    this.#heart = setInterval(() => void place.beat(content).catch(() => {}), place.heartbeatMs).unref();
  }

  /**
   * Takes the lock, at once or within the time that may be waited for. A dead holder's lock is taken over.
   *
   * @throws DativoError DTV_LOCKED while another run holds it; the reason of the signal when that fires.
   */
  static async acquire(place: LockPlace, runId: string, { ms = 0, signal, onWait }: LockWait = {}): Promise<JobLock> {
    const content = JSON.stringify(await describeSelf(runId));
    await place.tidy();
    const end = performance.now() + ms;
    for (let looks = 0; ; looks++) {
      const { holder, isTakenOver } = await take(place, content, runId);
      if (!holder) return new JobLock(place, content, isTakenOver);
      const left = end - performance.now();
      if (left <= 0) throw locked(holder, place.path, ms > 0);
      if (looks === 0) onWait?.(describeHolder(holder));
      await sleep(Math.min(LOOK_MS, left), undefined, { signal }).catch(() => {});
      signal?.throwIfAborted();
    }
  }

  /**
   * Looks whether it is still ours, where a store lets two runs write it at a time: the last one has it then.
   *
   * @throws DativoError DTV_LOCKED
   */
  async confirm(): Promise<void> {
    const found = await readLock(this.#place);
    if (found?.isAlive && found.text !== this.#content) throw locked(found.holder, this.#place.path, false);
  }

  async release(): Promise<void> {
    clearInterval(this.#heart);
    await this.#place.remove(this.#content);
  }
}

/** Who has the lock; nobody else once it is ours. */
async function take(
  place: LockPlace,
  content: string,
  runId: string,
): Promise<{ holder: Holder | undefined; isTakenOver: boolean }> {
  for (;;) {
    const found = await readLock(place);
    if (found?.isAlive) return { holder: found.holder, isTakenOver: false };
    const isOurs = found ? place.replace(found, content, runId) : place.create(content, runId);
    if (await isOurs) return { holder: undefined, isTakenOver: found !== undefined };
  }
}

async function describeSelf(runId: string): Promise<Holder> {
  return {
    pid: process.pid,
    host: hostname(),
    bootId: await readBootId(),
    pidNamespace: await readPidNamespace(),
    startTicks: (await readProcess(process.pid))?.startTicks ?? "",
    runId,
    since: new Date().toISOString(),
  };
}

export type FoundLock = LockText &
  (
    | { readonly isAlive: true; readonly holder: Holder }
    /** A lock without a holder does not parse: nobody of ours has written it. */
    | { readonly isAlive: false; readonly holder: Holder | undefined }
  );

/** The lock that stands there now, whoever holds it; undefined when nobody does. */
export async function readLock(place: Pick<LockPlace, "read">): Promise<FoundLock | undefined> {
  const found = await place.read();
  if (!found) return undefined;
  const holder = parseHolder(found.text);
  if (holder && (await isAlive(holder, found.ageMs))) return { ...found, holder, isAlive: true };
  return { ...found, holder, isAlive: false };
}

/** Undefined for the lock of a process that died while it wrote it. */
function parseHolder(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return undefined;
  }
}

async function isAlive(holder: Holder, ageMs: number): Promise<boolean> {
  if (holder.host !== hostname()) return ageMs < STALE_MS;
  if (holder.bootId !== (await readBootId())) return false;
  if (holder.pidNamespace !== (await readPidNamespace())) return ageMs < STALE_MS;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
  const found = await readProcess(holder.pid);
  if (found?.hasEnded) return false;
  return !found || holder.startTicks === "" || found.startTicks === holder.startTicks;
}

async function readBootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "")).trim();
}

/** `pid:[4026531836]` (pid_namespaces(7)); empty where there are none. */
function readPidNamespace(): Promise<string> {
  return readlink("/proc/self/ns/pid").catch(() => "");
}

/**
 * Fields 3, 20 and 22 of /proc/<pid>/stat (proc(5)); undefined where there is no such file. A zombie has ended when none of its
 * threads is left: nobody may ever ask how, as in a container whose first process asks for nobody.
 */
async function readProcess(
  pid: number,
): Promise<{ readonly startTicks: string; readonly hasEnded: boolean } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, threads, startTicks = ""] = [fields[0], fields[17], fields[19]];
  return { startTicks, hasEnded: (state === "Z" || state === "X") && Number(threads) <= 1 };
}

export function describeHolder({ pid, host, since }: Holder): string {
  return `process ${pid} on ${host}, since ${since}`;
}

function locked(holder: Holder, path: string, hasWaited: boolean): DativoError {
  const still = hasWaited ? "still " : "";
  return new DativoError("DTV_LOCKED", `Another run of this job is ${still}under way: ${describeHolder(holder)}`, {
    culprit: path,
    hint: "`dativo run --wait-for-lock` waits for it to end. Jobs with different names may share a target folder.",
    details: { ...holder },
  });
}
