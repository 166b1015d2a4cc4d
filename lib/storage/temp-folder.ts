import { mkdtempSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that nobody else has, and that goes when it is closed. */
export class TempFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<TempFolder> {
    return new TempFolder(await mkdtemp(join(tmpdir(), "dativo-")));
  }

  static createIn(folder: string): TempFolder {
    return new TempFolder(mkdtempSync(join(folder, "dativo-")));
  }

  async close(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
