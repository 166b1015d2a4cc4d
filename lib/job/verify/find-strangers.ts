import { readdir, stat } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { ControlPaths } from "../../commit/folder/control-paths.ts";
import { readRecord } from "../../commit/folder/folder-books.ts";
import { hashFile } from "../../commit/folder/folder-staging.ts";
import { listFolder } from "../../commit/folder/list-folder.ts";
import type { CommitRecord } from "../../commit/record.ts";
import type { Receipt, ReceiptFile } from "../receipt.ts";

const CONTROL = "_dativo";
const RUN_ID = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}";

/** A file in the target folder that would be read as data of the job, though no run published it. */
export interface Stranger {
  readonly path: string;
  /** The file of the receipt that it is a copy of, byte for byte. */
  readonly copyOf: string | undefined;
}

/** The files that are named like the job's, or are copies of the receipt's, and that no commit record knows. */
export async function findStrangers(target: string, receipt: Receipt): Promise<Stranger[]> {
  const own = new Set(receipt.files.map(({ path }) => path));
  const others = (await listFiles(target)).filter((path) => !own.has(path));
  if (others.length === 0) return [];
  const known = await publishedBelow(target);
  const isNamedAlike = namePattern(receipt);
  const found: Stranger[] = [];
  for (const path of others.filter((other) => !known.has(other)).sort()) {
    const copyOf = await originalOf(join(target, path), receipt.files);
    if (copyOf !== undefined || isNamedAlike.test(basename(path))) found.push({ path, copyOf });
  }
  return found;
}

/** The commits of the job that came after the receipt's. */
export async function laterCommits(target: string, { job }: Receipt): Promise<CommitRecord[]> {
  const { commits } = new ControlPaths(join(target, CONTROL, job.hash));
  const later = (await listFolder(commits)).filter((name) => Number.parseInt(name, 10) > (job.seq ?? 0)).sort();
  return Promise.all(later.map((name) => readRecord(join(commits, name))));
}

async function listFiles(target: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(target, { withFileTypes: true })) {
    if (entry.name === CONTROL) continue;
    if (!entry.isDirectory()) {
      found.push(entry.name);
      continue;
    }
    for (const inner of await readdir(join(target, entry.name), { withFileTypes: true, recursive: true })) {
      if (!inner.isDirectory()) found.push(relative(target, join(inner.parentPath, inner.name)));
    }
  }
  return found;
}

/** What any job has published into the folder, or is about to. */
async function publishedBelow(target: string): Promise<Set<string>> {
  const records: string[] = [];
  for (const job of await listFolder(join(target, CONTROL))) {
    const { commits, pending } = new ControlPaths(join(target, CONTROL, job));
    for (const name of await listFolder(commits)) if (name.endsWith(".commit")) records.push(join(commits, name));
    for (const name of await listFolder(pending)) if (name.endsWith(".manifest")) records.push(join(pending, name));
  }
  const known = new Set<string>();
  for (const path of records) for (const file of (await readRecord(path)).files) known.add(file.path);
  return known;
}

/** The run's own id, or the name, number and run id that every file of the job has. */
function namePattern({ runId, files }: Receipt): RegExp {
  const stems = files.map(({ path }) => new RegExp(`^(.*)-\\d{5,}-${RUN_ID}`).exec(basename(path))?.[1]);
  const alike = [...new Set(stems)]
    .filter((stem) => stem !== undefined)
    .map((stem) => `${literally(stem)}-\\d{5,}-${RUN_ID}`);
  return new RegExp([runId, ...alike].join("|"));
}

async function originalOf(path: string, files: readonly ReceiptFile[]): Promise<string | undefined> {
  const { size } = await stat(path);
  const equal = files.filter(({ sizeBytes, sha256 }) => sizeBytes === size && sha256 !== undefined);
  if (equal.length === 0) return undefined;
  const sha256 = await hashFile(path);
  return equal.find((file) => file.sha256 === sha256)?.path;
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
