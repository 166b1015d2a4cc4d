import { recognizeCompression, SIGNATURE_BYTES } from "../compression.ts";
import type { StagedValues } from "../staged-values.ts";
import type { IncrementalStateManager } from "../state.ts";
import type { SourceFile } from "../storage.ts";
import { GoneFiles, type LoadedContent } from "./gone-files.ts";
import type { RecentFiles } from "./recent-files.ts";

/** Where reading a file ended. A file is known by its content: size and time only tell when to look at it again. */
export interface FilePosition {
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeNs: string;
  /** Of an object: what its store called this content. */
  readonly version?: string;
  /** XXH3-128 of the stored bytes, hex; of all of them, or of as many as had been read when a run was cut. */
  readonly xxh128: string;
  /** Records taken, rejected ones included. */
  readonly records: number;
  /** Stored bytes that had been read, where the file was not read to its end. */
  readonly readBytes?: number;
}

type BegunPosition = FilePosition & { readonly readBytes: number };

/** What a state knows of a file. */
export type FileStanding =
  | { readonly status: "new" | "changed" }
  /** Read to its end, under this name or another. */
  | { readonly status: "loaded" | "renamed"; readonly position: FilePosition }
  /** Its first records were loaded: a run was cut in the middle of it, or it has grown since. */
  | { readonly status: "begun" | "grown"; readonly records: number };

/** What a job has loaded, under this key of its state: path → content. */
const LOADED = "loaded_files";

/** What was begun and then read on under another name, under this key: path → hash of what had been read. */
const CONTINUED = "continued_files";

interface HistoryOptions {
  /** Whether new records of such files stand behind the old ones. */
  readonly isAppendable: boolean;
  readonly recent: RecentFiles;
}

/** The files that a state knows, held against those that are there now. */
export class FileHistory {
  readonly #planned: ReadonlySet<string>;
  readonly #how: HistoryOptions;
  /** Told once for all files of a reading. */
  #gone: { readonly of: StagedValues; readonly files: GoneFiles } | undefined;

  #begun: { readonly of: IncrementalStateManager["positions"]; readonly files: readonly BegunPosition[] } | undefined;

  constructor(planned: Iterable<string>, how: HistoryOptions) {
    this.#planned = new Set(planned);
    this.#how = how;
  }

  /**
   * What is known of a file. One that was touched or renamed has the content it had; a second file of equal content,
   * beside the first, is a file of its own. Hashes it where its size and time leave open what it holds.
   */
  async standingOf(file: SourceFile, state: IncrementalStateManager | undefined): Promise<FileStanding> {
    if (!state) return { status: "new" };
    const position = positionIn(state);
    const isUntouched = isThatOf(position, file);
    const isTrusted = file.version !== undefined || (position && !this.#how.recent.has(position, state));
    if (position && isUntouched && isTrusted) return standingAt(position);
    const before = await this.#nameBefore(file, state);
    if (position && isUntouched && before === file.path) return standingAt(position);
    if (before !== undefined) {
      const now = await positionAtEnd(file, position?.records ?? 0);
      noteLoaded(state, now, before);
      return { status: position ? "loaded" : "renamed", position: now };
    }
    if (!position) return this.#standingOfUnknown(file, state);
    if (position.readBytes === undefined) {
      const hasGrown = this.#how.isAppendable && (await isGrown(file, position));
      return hasGrown ? { status: "grown", records: position.records } : { status: "changed" };
    }
    return (await beginsAs(file, position.readBytes, position.xxh128)) ? standingAt(position) : { status: "changed" };
  }

  /** Nothing was loaded under this name; a run may have been cut in the middle of the file when it had another one. */
  async #standingOfUnknown(file: SourceFile, { positions, staged }: IncrementalStateManager): Promise<FileStanding> {
    for (const { path, readBytes, xxh128, records } of this.#begunIn(positions)) {
      if (staged.entry(CONTINUED, path) === xxh128 || !(await beginsAs(file, readBytes, xxh128))) continue;
      staged.setEntry(CONTINUED, path, xxh128);
      return { status: "begun", records };
    }
    return { status: "new" };
  }

  /** Files that were read in part and are gone. */
  #begunIn(positions: IncrementalStateManager["positions"]): readonly BegunPosition[] {
    if (this.#begun?.of !== positions) {
      const files = Object.values(positions).filter(isBegun);
      this.#begun = { of: positions, files: files.filter(({ path }) => !this.#planned.has(path)) };
    }
    return this.#begun.files;
  }

  /** The name under which a file of this content was read to its end. */
  async #nameBefore(file: SourceFile, state: IncrementalStateManager): Promise<string | undefined> {
    const own = state.staged.entry(LOADED, file.path) as LoadedContent | undefined;
    const gone = this.#goneFiles(state);
    if (own?.sizeBytes !== file.sizeBytes && !gone.hasSize(file.sizeBytes)) return undefined;
    const xxh128 = await file.digest();
    return own?.xxh128 === xxh128 ? file.path : gone.claim({ xxh128, sizeBytes: file.sizeBytes });
  }

  /** What was loaded and is not among the files of this run. */
  #goneFiles({ staged }: IncrementalStateManager): GoneFiles {
    if (this.#gone?.of !== staged) {
      const loaded = (staged.get(LOADED) ?? {}) as Record<string, LoadedContent>;
      this.#gone = { of: staged, files: new GoneFiles(loaded, this.#planned) };
    }
    return this.#gone.files;
  }
}

/** The position behind the last record of a file. Reads what was not read yet, and is told its hash. */
export async function positionAtEnd(file: SourceFile, records: number): Promise<FilePosition> {
  return { ...placeOf(file), xxh128: await file.digest(), records };
}

/** The position behind so many records of a file, all of which lie in what was read of it. */
export async function positionWithin(file: SourceFile, records: number): Promise<FilePosition> {
  return { ...placeOf(file), records, ...(await file.digestSoFar()) };
}

function placeOf({ path, sizeBytes, mtimeNs, version }: SourceFile) {
  return { path, sizeBytes, mtimeNs, ...(version === undefined ? {} : { version }) };
}

/** Notes what a file holds now; `before` is the name it had. */
export function noteLoaded(
  state: IncrementalStateManager | undefined,
  { path, xxh128, sizeBytes }: FilePosition,
  before: string = path,
): void {
  if (before !== path) state?.staged.setEntry(LOADED, before, undefined);
  state?.staged.setEntry(LOADED, path, { xxh128, sizeBytes });
}

/** How many records a file had when it was loaded, by its position. */
export function countLoadedRecords(position: unknown): number {
  return (position as Partial<FilePosition> | undefined)?.records ?? 0;
}

/** How many files the values of a state know. */
export function countLoadedFiles(values: Readonly<Record<string, unknown>>): number {
  return Object.keys(values[LOADED] ?? {}).length;
}

/** A job may have had another reader, whose positions are its own. */
function isBegun(position: unknown): position is BegunPosition {
  const { path, readBytes, xxh128, records } = (position ?? {}) as Partial<FilePosition>;
  return [readBytes, records].every(Number.isSafeInteger) && [path, xxh128].every((text) => typeof text === "string");
}

/** Where reading a file ended, unless it was read on from there under another name. */
function positionIn({ position, staged }: IncrementalStateManager): FilePosition | undefined {
  const known = position as FilePosition | undefined;
  const isContinued = known?.readBytes !== undefined && staged.entry(CONTINUED, known.path) === known.xxh128;
  return isContinued ? undefined : known;
}

/** Whether a file is what it was, by what tells it without reading: a version where there is one. */
function isThatOf(position: FilePosition | undefined, { sizeBytes, mtimeNs, version }: SourceFile): boolean {
  if (version !== undefined || position?.version !== undefined) return position?.version === version;
  return position?.sizeBytes === sizeBytes && position.mtimeNs === mtimeNs;
}

function standingAt(position: FilePosition): FileStanding {
  if (position.readBytes === undefined) return { status: "loaded", position };
  return { status: "begun", records: position.records };
}

/** Whether everything that was loaded is there as it was, whole lines of it, and something behind them. */
async function isGrown(file: SourceFile, { sizeBytes, xxh128 }: FilePosition): Promise<boolean> {
  // What a store says of a whole object says nothing of its beginning.
  if (sizeBytes === 0 || xxh128.includes(":") || !(await beginsAs(file, sizeBytes, xxh128))) return false;
  const [last] = await file.read(sizeBytes - 1, 1);
  return last === LINE_FEED && !(await isCompressed(file));
}

async function beginsAs(file: SourceFile, sizeBytes: number, xxh128: string): Promise<boolean> {
  return sizeBytes > 0 && file.sizeBytes >= sizeBytes && (await file.digest(sizeBytes)) === xxh128;
}

/** Where a compressed file was cut, its last byte does not tell. */
async function isCompressed(file: SourceFile): Promise<boolean> {
  return recognizeCompression(await file.read(0, SIGNATURE_BYTES), file.path) !== undefined;
}

const LINE_FEED = 0x0a;
