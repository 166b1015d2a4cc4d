import { readFile, readlink, rename, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { DativoError, systemCode } from "../contract/errors.ts";
import { createFile, linkIfAbsent } from "../storage/durable.ts";
import { listFolder } from "./record.ts";

const HEARTBEAT_MS = 5_000;
/** A holder on another machine, or in another container, whose heart has not beaten for so long is taken for dead. */
const STALE_MS = 60_000;

interface Holder {
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

/**
 * Keeps a second run of the same job out, as a courtesy: what keeps the data right is that a commit record is
 * never overwritten.
 */
export class JobLock {
  readonly #path: string;
  readonly #content: string;
  readonly #heart: NodeJS.Timeout;

  private constructor(path: string, content: string) {
    this.#path = path;
    this.#content = content;
    this.#heart = setInterval(() => {
      const now = new Date();
      utimes(path, now, now).catch(() => {});
    }, HEARTBEAT_MS).unref();
  }

  /** @throws DativoError DTV_LOCKED while another run holds it; a dead holder's lock is taken over. */
  static async acquire(path: string, runId: string): Promise<JobLock> {
    const content = JSON.stringify(await describeSelf(runId));
    await removeRemains(path);
    if (await createFile(path, content, runId)) return new JobLock(path, content);
    const { text, holder, ageMs } = await readHolder(path);
    if (holder && (await isAlive(holder, ageMs))) throw locked(holder, path);
    await removeDead(path, text, runId);
    if (await createFile(path, content, runId)) return new JobLock(path, content);
    throw locked((await readHolder(path)).holder, path);
  }

  async release(): Promise<void> {
    clearInterval(this.#heart);
    const held = await readFile(this.#path, "utf8").catch(() => undefined);
    if (held === this.#content) await rm(this.#path, { force: true });
  }
}

async function describeSelf(runId: string): Promise<Holder> {
  return {
    pid: process.pid,
    host: hostname(),
    bootId: await readBootId(),
    pidNamespace: await readPidNamespace(),
    startTicks: (await readStartTicks(process.pid)) ?? "",
    runId,
    since: new Date().toISOString(),
  };
}

async function readHolder(path: string): Promise<{ text: string; holder: Holder | undefined; ageMs: number }> {
  try {
    const text = await readFile(path, "utf8");
    const ageMs = Date.now() - (await stat(path)).mtimeMs;
    return { text, holder: parseHolder(text), ageMs };
  } catch {
    return { text: "", holder: undefined, ageMs: 0 };
  }
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
  const startTicks = await readStartTicks(holder.pid);
  return startTicks === undefined || holder.startTicks === "" || startTicks === holder.startTicks;
}

/** Moves a dead holder's lock aside; one that was taken over by somebody else meanwhile is put back. */
async function removeDead(path: string, dead: string, runId: string): Promise<void> {
  const aside = `${path}.${runId}`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, "utf8")) !== dead) await linkIfAbsent(aside, path);
    await rm(aside, { force: true });
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}

/** Removes what processes left that died while they took the lock, or took it over. */
async function removeRemains(path: string): Promise<void> {
  const name = basename(path);
  for (const found of await listFolder(dirname(path))) {
    if (!found.startsWith(`${name}.`) && !found.startsWith(`.${name}.`)) continue;
    const remains = join(dirname(path), found);
    const { holder, ageMs } = await readHolder(remains);
    const isDead = holder ? !(await isAlive(holder, ageMs)) : ageMs >= STALE_MS;
    if (isDead) await rm(remains, { force: true });
  }
}

async function readBootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "")).trim();
}

/** `pid:[4026531836]` (pid_namespaces(7)); empty where there are none. */
function readPidNamespace(): Promise<string> {
  return readlink("/proc/self/ns/pid").catch(() => "");
}

/** Field 22 of /proc/<pid>/stat (proc(5)); undefined where there is no such file. */
async function readStartTicks(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ")[19];
}

function locked(holder: Holder | undefined, path: string): DativoError {
  const who = holder ? `process ${holder.pid} on ${holder.host}, since ${holder.since}` : "an unknown process";
  return new DativoError("DTV_LOCKED", `Another run of this job is under way: ${who}`, {
    culprit: path,
    hint: "Wait for it to end. Jobs with different names may share a target folder.",
    details: holder && { ...holder },
  });
}
