import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { checksumsIn } from "../../contract/checksums.ts";
import { DativoError, systemCode } from "../../contract/errors.ts";
import { encodeName, encodePartition, type Partition, STAGED_SUFFIX } from "../../contract/file-name.ts";
import type { FileMetadata } from "../../contract/results.ts";
import { createSha256 } from "../../contract/sha256.ts";
import type { SourceFile, StagedFile, Storage, StoredFile } from "../../contract/storage.ts";
import { unwritable } from "../../contract/unwritable.ts";
import { Descriptors } from "../../storage/descriptors.ts";
import { makeFolder, syncFolder } from "../../storage/durable.ts";
import { isWithin } from "../../storage/is-within.ts";
import { createStagedFile } from "../../storage/staged-file.ts";
import type { RunStaging } from "../books.ts";
import { inParallel } from "../in-parallel.ts";
import type { PublishedFile } from "../record.ts";

/** The storage of a writer: reads where the run reads, creates files in the run's staging folder. */
export class StagingStorage implements Storage {
  readonly #folder: string;
  readonly #source: Storage;
  readonly #descriptors = new Descriptors();

  constructor(folder: string, source: Storage) {
    this.#folder = folder;
    this.#source = source;
  }

  find(pattern: string): Promise<StoredFile[]> {
    return this.#source.find(pattern);
  }

  open(path: string): Promise<SourceFile> {
    return this.#source.open(path);
  }

  async create(name: string, folders: readonly (string | Partition)[] = []): Promise<StagedFile> {
    const names = folders.map((folder) => (typeof folder === "string" ? encodeName(folder) : encodePartition(folder)));
    const path = join(this.#folder, ...names, encodeName(name)) + STAGED_SUFFIX;
    await makeFolder(dirname(path));
    return createStagedFile(path, this.#descriptors);
  }
}

/** A run's own folder. */
export class FolderStaging implements RunStaging {
  readonly storage: Storage;
  readonly #folder: string;

  constructor(folder: string, source: Storage) {
    this.#folder = folder;
    this.storage = new StagingStorage(folder, source);
  }

  describe(files: readonly FileMetadata[], publishedAs: (staged: string) => string): Promise<PublishedFile[]> {
    return describeAllStaged(this.#folder, files, publishedAs);
  }

  /** Files may lie in folders, and these in others, which a writer may have made by itself. */
  async sync(files: readonly PublishedFile[]): Promise<void> {
    await makeFolder(this.#folder);
    const folders = new Set([this.#folder]);
    for (const { staged } of files) {
      for (let at = dirname(join(this.#folder, staged)); !folders.has(at); at = dirname(at)) folders.add(at);
    }
    for (const folder of folders) await syncFolder(folder);
  }
}

/** What a file writer staged, as the engine will publish it. A file that was reported each time it grew is one file. */
export async function describeAllStaged(
  folder: string,
  files: readonly FileMetadata[],
  publishedAs: (staged: string) => string,
  { keep, atOnce }: { readonly keep: Keep; readonly atOnce: number } = { keep: makeDurable, atOnce: 1 },
): Promise<PublishedFile[]> {
  const byPath = new Map<string, FileMetadata>();
  for (const file of files) {
    const path = resolve(folder, file.path);
    const known = byPath.get(path);
    byPath.set(path, known ? grown(known, file) : file);
  }
  return inParallel(byPath.values(), atOnce, (file) => describeStaged(folder, file, publishedAs, keep));
}

/** Makes sure that a staged file stays, which may be known by its published path from then on. Gives its SHA-256, hex. */
type Keep = (staged: string, publishedPath: string, sha256: string | undefined) => Promise<string>;

/** Size and hash that either report gave may be of the time before. */
function grown({ path, recordCount: before }: FileMetadata, { recordCount: more }: FileMetadata): FileMetadata {
  return before === undefined || more === undefined ? { path } : { path, recordCount: before + more };
}

/**
 * One staged file. A writer that wrote files by itself gives neither hash
 * nor durability, so both are made here.
 *
 * @throws DativoError DTV_PLUGIN_RESULT for a file that is not in the staging folder or does not exist.
 */
async function describeStaged(
  folder: string,
  file: FileMetadata,
  publishedAs: (staged: string) => string,
  keep: Keep,
): Promise<PublishedFile> {
  const path = resolve(folder, file.path);
  const staged = relative(folder, path);
  if (!isWithin(folder, path)) {
    throw new DativoError("DTV_PLUGIN_RESULT", `The writer reports a file outside its output base: ${file.path}`, {
      culprit: file.path,
      hint: `A file writer puts its files into this.outputBase (${folder}); a writer with a target of its own has commitFiles().`,
    });
  }
  const facts = await stat(path).catch((cause: unknown) => {
    throw systemCode(cause) === "ENOENT"
      ? new DativoError("DTV_PLUGIN_RESULT", `The writer reports a file that does not exist: ${file.path}`, {
          culprit: file.path,
        })
      : unwritable(path, cause);
  });
  const name = staged.endsWith(STAGED_SUFFIX) ? staged.slice(0, -STAGED_SUFFIX.length) : staged;
  const known = typeof file["sha256"] === "string" ? file["sha256"] : undefined;
  const publishedPath = publishedAs(name);
  return {
    staged,
    path: publishedPath,
    sizeBytes: facts.size,
    sha256: await keep(path, publishedPath, known),
    rows: file.recordCount,
    checksums: checksumsIn(file),
  };
}

/** The first file that lies in a staging folder. A path that names something else, as of a table, is none. */
export async function findStaged(folder: string, files: readonly FileMetadata[]): Promise<FileMetadata | undefined> {
  for (const file of files) {
    const path = resolve(folder, file.path);
    if (isWithin(folder, path) && (await stat(path).catch(() => undefined))) return file;
  }
  return undefined;
}

/** SHA-256 of a file's content, hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createSha256();
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

/** A writer that knows the hash has seen to it that the file stays. */
async function makeDurable(path: string, _publishedPath: string, sha256: string | undefined): Promise<string> {
  if (sha256 !== undefined) return sha256;
  const handle = await open(path, "r+");
  try {
    await handle.sync();
  } catch (cause) {
    throw unwritable(path, cause);
  } finally {
    await handle.close();
  }
  return hashFile(path);
}
