import { readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemCode } from "../../contract/errors.ts";
import { createFile, linkIfAbsent } from "../../storage/durable.ts";
import { type LockPlace, type LockText, readLock, STALE_MS } from "../lock.ts";
import { listFolder } from "./list-folder.ts";

/** A lock as a file, whose time is that of the last beat. */
export class FileLock implements LockPlace {
  readonly path: string;
  readonly heartbeatMs = 5_000;

  constructor(path: string) {
    this.path = path;
  }

  async tidy(): Promise<void> {
    const name = basename(this.path);
    for (const found of await listFolder(dirname(this.path))) {
      if (!found.startsWith(`${name}.`) && !found.startsWith(`.${name}.`)) continue;
      const remains = new FileLock(join(dirname(this.path), found));
      const lock = await readLock(remains);
      // Without a holder it was cut off while it was written, which may be now.
      if (lock && !lock.isAlive && (lock.holder || lock.ageMs >= STALE_MS)) await rm(remains.path, { force: true });
    }
  }

  async read(): Promise<LockText | undefined> {
    try {
      const text = await readFile(this.path, "utf8");
      return { text, ageMs: Date.now() - (await stat(this.path)).mtimeMs };
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  create(content: string, runId: string): Promise<boolean> {
    return createFile(this.path, content, runId);
  }

  async replace(dead: LockText, content: string, runId: string): Promise<boolean> {
    await this.#moveAside(dead.text, runId);
    return this.create(content, runId);
  }

  async beat(): Promise<void> {
    const now = new Date();
    await utimes(this.path, now, now);
  }

  async remove(content: string): Promise<void> {
    const held = await readFile(this.path, "utf8").catch(() => undefined);
    if (held === content) await rm(this.path, { force: true });
  }

  /** One that was taken over by somebody else meanwhile is put back. */
  async #moveAside(dead: string, runId: string): Promise<void> {
    const aside = `${this.path}.${runId}`;
    try {
      await rename(this.path, aside);
      if ((await readFile(aside, "utf8")) !== dead) await linkIfAbsent(aside, this.path);
      await rm(aside, { force: true });
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
    }
  }
}
