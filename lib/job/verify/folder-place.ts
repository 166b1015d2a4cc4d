import { open, readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { ControlPaths } from "../../commit/folder/control-paths.ts";
import { readRecord } from "../../commit/folder/folder-books.ts";
import { hashFile } from "../../commit/folder/folder-staging.ts";
import { listFolder } from "../../commit/folder/list-folder.ts";
import type { CommitRecord } from "../../commit/record.ts";
import { systemCode } from "../../contract/errors.ts";
import { LocalStorage } from "../../storage/local.ts";
import type { VerifiedPlace } from "./verified-place.ts";

const CONTROL = "_dativo";

export class FolderPlace implements VerifiedPlace {
  readonly uri: string;
  readonly atOnce = 1;
  readonly storage = new LocalStorage();

  constructor(folder: string) {
    this.uri = folder;
  }

  pathOf(path: string): string {
    return join(this.uri, path);
  }

  async sizeOf(path: string): Promise<number | undefined> {
    try {
      return (await stat(this.pathOf(path))).size;
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  sha256Of(path: string): Promise<string> {
    return hashFile(this.pathOf(path));
  }

  async endOf(path: string, length: number): Promise<Uint8Array> {
    const handle = await open(this.pathOf(path));
    try {
      const { size } = await handle.stat();
      const last = Buffer.alloc(Math.min(length, size));
      await handle.read(last, 0, last.length, size - last.length);
      return last;
    } finally {
      await handle.close();
    }
  }

  async files(): Promise<readonly string[]> {
    const found: string[] = [];
    for (const entry of await this.#entries()) {
      if (entry.name === CONTROL) continue;
      if (!entry.isDirectory()) {
        found.push(entry.name);
        continue;
      }
      for (const inner of await readdir(this.pathOf(entry.name), { withFileTypes: true, recursive: true })) {
        if (!inner.isDirectory()) found.push(relative(this.uri, join(inner.parentPath, inner.name)));
      }
    }
    return found;
  }

  async records(): Promise<readonly CommitRecord[]> {
    const paths: string[] = [];
    for (const job of await listFolder(this.pathOf(CONTROL))) {
      const { commits, pending } = this.#controlOf(job);
      for (const name of await listFolder(commits)) if (name.endsWith(".commit")) paths.push(join(commits, name));
      for (const name of await listFolder(pending)) if (name.endsWith(".manifest")) paths.push(join(pending, name));
    }
    return Promise.all(paths.map(readRecord));
  }

  async commitsAfter(jobHash: string, seq: number): Promise<readonly CommitRecord[]> {
    const { commits } = this.#controlOf(jobHash);
    const later = (await listFolder(commits)).filter((name) => Number.parseInt(name, 10) > seq).sort();
    return Promise.all(later.map((name) => readRecord(join(commits, name))));
  }

  #controlOf(jobHash: string): ControlPaths {
    return new ControlPaths(join(this.uri, CONTROL, jobHash));
  }

  async #entries() {
    try {
      return await readdir(this.uri, { withFileTypes: true });
    } catch (error) {
      if (systemCode(error) === "ENOENT") return [];
      throw error;
    }
  }
}
