import type { AssetDefinition } from "../asset.ts";
import type { Batch } from "../batch.ts";
import type { FileEntry, SourceConfig } from "../config.ts";
import { isByCursor } from "../cursor.ts";
import { DativoError } from "../errors.ts";
import type { Format, SourceContext } from "../format.ts";
import type { NativeDecoder } from "../native-codecs.ts";
import { BaseReader, type ReaderClass, type Yielded } from "../reader.ts";
import { ConnectionTestResult, type DiscoveredColumn, DiscoveryResult, type Position, type Split } from "../results.ts";
import { MAX_BATCH_ROWS, RowBatch } from "../row-batch.ts";
import { StagedValues } from "../staged-values.ts";
import { IncrementalStateManager } from "../state.ts";
import type { SourceFile } from "../storage.ts";
import { ahead } from "./ahead.ts";
import { ColumnInspection } from "./column-inspection.ts";
import { decodeFile } from "./decode-bytes.ts";
import {
  FileHistory,
  type FilePosition,
  type FileStanding,
  noteLoaded,
  positionAtEnd,
  positionWithin,
} from "./file-history.ts";
import { parseReadOptions, type ReadOptions } from "./read-options.ts";
import { RecentFiles } from "./recent-files.ts";
import { RecordProgress } from "./record-progress.ts";

/** What a native decoder is given at once. 1 MiB costs 4 % more time (measured); two such chunks are in memory. */
const NATIVE_CHUNK_BYTES = 4 * 1024 * 1024;

/** A file that is smaller is loaded whole between two checkpoints. */
const CUT_BYTES = 8 * 1024 * 1024;

/** A file of a source, and what a state knows of it. */
export interface SurveyedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly status: FileStanding["status"];
  /** Whether a run would read records of it. */
  readonly isRead: boolean;
}

/** Records that `discover` reads of each file, at most, to tell its types. */
const DISCOVER_ROWS = 200_000;

/**
 * Reads files of one format. Every file or pattern under `files:` gives one split per file; a file whose content
 * was loaded before is passed over.
 */
export abstract class FileReader extends BaseReader {
  static override readonly replay = 3;
  static readonly readsFiles = true;
  readonly #format: Format;
  readonly #defaults: Options;
  #parsed: ReadOptions | undefined;
  #history: FileHistory | undefined;
  /** Opened with the first file, for all of them; null once it is known that there is none. */
  #native: NativeDecoder | null | undefined;

  /** `defaults` are options where the source gives none. */
  constructor(sourceConfig: SourceConfig, format: Format, defaults: Options = {}) {
    super(sourceConfig);
    this.#format = format;
    this.#defaults = defaults;
  }

  override async plan(): Promise<Split[]> {
    const splits = new Map<string, Split>();
    for (const entry of this.#entries()) {
      for (const file of await this.ctx.storage.find(pathOf(entry))) {
        splits.set(file.path, {
          id: file.path,
          ...file,
          ...(entry.object === undefined ? {} : { object: entry.object }),
        });
      }
    }
    this.#history = this.#historyOf(splits.keys());
    return [...splits.values()];
  }

  async *extract(state?: IncrementalStateManager, split?: Split): AsyncGenerator<Yielded> {
    if (!split) {
      for (const each of await this.plan()) yield* this.extract(state, each);
      return;
    }
    const file = await this.ctx.storage.open(split.id);
    try {
      const skip = await this.#recordsBefore(file, state);
      if (typeof skip === "number") yield* this.#readFrom(file, skip, state);
      else if (skip !== state?.position) yield { batch: [], position: skip };
    } finally {
      await file.close();
    }
  }

  /** How many records of a file were loaded before; the position behind it when all were. */
  async #recordsBefore(file: SourceFile, state?: IncrementalStateManager): Promise<number | FilePosition> {
    const standing = await this.#standingOf(file, state);
    const { path } = file;
    switch (standing.status) {
      case "loaded":
      case "renamed":
        this.ctx.log.info(`${path} is already loaded`, { path });
        return standing.position;
      case "begun":
        this.ctx.log.info(`${path} is read on behind record ${standing.records}`, { path, ...standing });
        return standing.records;
      case "grown":
        return this.#recordsBeforeGrowth(file, standing.records);
      case "changed":
        if (this.#isByCursor) return 0;
        throw changed(file);
      default:
        return 0;
    }
  }

  #recordsBeforeGrowth(file: SourceFile, records: number): number {
    const { path } = file;
    if (this.#grownFiles === "refuse") throw changed(file, "has grown");
    if (this.#grownFiles === "continue") {
      this.ctx.log.info(`${path} has grown and is read on behind record ${records}`, { path, records });
      return records;
    }
    this.ctx.log.warn(`${path} has grown and is read again: the ${records} records that it had are loaded once more`, {
      path,
      records,
    });
    return 0;
  }

  async *#readFrom(file: SourceFile, skip: number, state?: IncrementalStateManager): AsyncGenerator<Yielded> {
    const progress = new RecordProgress(skip);
    const isCut = file.sizeBytes >= CUT_BYTES;
    // Of a file that is not cut, one batch is held back, so that the position can go with the last of them.
    let held: Batch | undefined;
    try {
      for await (const decoded of this.#read(file, progress)) {
        const batch = progress.take(decoded);
        if (!batch) continue;
        if (isCut) {
          yield await within(file, batch, progress);
          continue;
        }
        const before = held;
        held = batch;
        if (before) yield before;
      }
      const position = await positionAtEnd(file, progress.records);
      // After the digest, which reads what was not read yet: else it could be that of a later content.
      await file.verifyUnchanged();
      noteLoaded(state, position);
      const last = held ?? [];
      held = undefined;
      yield { batch: last, position };
    } finally {
      held?.release();
    }
  }

  /**
   * What a reading from here would make of each file. No record is read; a file is hashed where its size and time leave
   * open what it holds.
   */
  async *survey(
    positions: Readonly<Record<string, Position>>,
    values: Readonly<Record<string, unknown>>,
  ): AsyncGenerator<SurveyedFile> {
    const staged = new StagedValues(values);
    for (const { id } of await this.plan()) {
      const position = Object.hasOwn(positions, id) ? positions[id] : undefined;
      const state = new IncrementalStateManager(position, staged, positions);
      const file = await this.ctx.storage.open(id);
      try {
        const { status } = await this.#standingOf(file, state);
        yield { path: id, sizeBytes: file.sizeBytes, status, isRead: this.#isRead(status) };
      } finally {
        await file.close();
      }
    }
  }

  #isRead(status: FileStanding["status"]): boolean {
    if (status === "grown") return this.#grownFiles !== "refuse";
    return status === "new" || status === "begun" || (status === "changed" && this.#isByCursor);
  }

  override async close(): Promise<void> {
    await this.#native?.close();
  }

  override async checkConnection(): Promise<ConnectionTestResult> {
    this.#options();
    const files = await this.plan();
    for (const { id } of files) await (await this.ctx.storage.open(id)).close();
    return new ConnectionTestResult(true, `${files.length} ${files.length === 1 ? "file" : "files"} can be read`);
  }

  override async discover(): Promise<DiscoveryResult> {
    const objects = [];
    for (const { id, sizeBytes } of await this.plan()) {
      objects.push({ name: id, type: "file", format: this.#format.name, sizeBytes, ...(await this.#inspect(id)) });
    }
    return new DiscoveryResult(objects);
  }

  /** Columns with their types; `complete` when every record was looked at. */
  async #inspect(path: string): Promise<{ columns: DiscoveredColumn[]; rowsInspected: number; complete: boolean }> {
    const file = await this.ctx.storage.open(path);
    const inspection = new ColumnInspection();
    try {
      for await (const batch of this.#decode(file)) {
        if (inspection.rows >= DISCOVER_ROWS) return { ...inspection.result(), complete: false };
        inspection.add(RowBatch.from(batch));
      }
      return { ...inspection.result(), complete: true };
    } finally {
      await file.close();
    }
  }

  /** The records of a file; where native code decodes them, it holds them to the contract on the way. */
  async *#read(file: SourceFile, progress: RecordProgress): AsyncGenerator<Batch> {
    if (this.#format.decodeAt) {
      yield* this.#readAt(file, this.#contextOf(file, progress));
      return;
    }
    const { contract, native, signal, feedsWriters } = this.ctx;
    if (this.#native === undefined && (contract || feedsWriters)) {
      const settleRows = this.#settleRows(progress);
      const options = this.#nativeOptions(!contract && settleRows === undefined);
      this.#native = (await native.decoder(this.#format, options, contract, signal, settleRows)) ?? null;
    }
    const decoder = this.#native;
    if (!decoder) {
      yield* this.#decode(file, this.#contextOf(file, progress));
      return;
    }
    const bytes = file.lentBytes(NATIVE_CHUNK_BYTES, () => decoder.contentHash(), this.#options().unpacking);
    yield* decoder.decode(ahead(bytes), this.#contextOf(file, progress));
  }

  async *#readAt(file: SourceFile, context: SourceContext): AsyncGenerator<Batch> {
    const reader = await this.#nativeReader();
    if ("refusal" in reader) {
      yield* this.#decode(file, context);
      return;
    }
    const { path } = file;
    const { contract, feedsWriters } = this.ctx;
    // Who looks at a few records wants no more of an object than those, and a contract makes rows of them anyway.
    const copies = file.copyInto && feedsWriters && !contract ? this.ctx.tempDir : undefined;
    const tell = (reason: string) => this.ctx.log.info(`${path} is not decoded natively: ${reason}`, { path });
    yield* reader.read(file, { ...context, batchRows: this.#options().batchRows, copies, tell });
  }

  #nativeReader() {
    return this.ctx.native.reader(this.#format, this.#options().format, this.ctx.signal);
  }

  /** What is not done natively when files are read, and why; of files that are all alike, the first is looked at. */
  async nativeRefusals(contract: AssetDefinition): Promise<NativeRefusals> {
    if (!this.#format.decodeAt) {
      const refusal = await this.ctx.native.refusal(this.#format, this.#nativeOptions(), contract);
      return { reading: refusal, contract: refusal };
    }
    return { reading: await this.#readingRefusal(), contract: "its records are typed already" };
  }

  async #readingRefusal(): Promise<string | undefined> {
    const reader = await this.#nativeReader();
    if ("refusal" in reader) return reader.refusal;
    const [first] = await this.plan();
    if (!first) return undefined;
    const file = await this.ctx.storage.open(first.id);
    try {
      const refusal = await reader.refusalOf(file);
      return refusal === undefined ? undefined : `${file.path}: ${refusal}`;
    } finally {
      await file.close();
    }
  }

  /** Of a source that is read on, a writer settles the types by records that were not loaded before. */
  #settleRows(progress: RecordProgress): number | undefined {
    const { contract, feedsSettlers } = this.ctx;
    if (contract || !feedsSettlers || progress.records > 0) return undefined;
    return this.#options().batchRows ?? MAX_BATCH_ROWS;
  }

  /** Untyped batches are no larger than those of the format: a writer reads the types off the first one. */
  #nativeOptions(isUntyped = false): Record<string, unknown> {
    const { batchRows = isUntyped ? MAX_BATCH_ROWS : undefined, format } = this.#options();
    return { ...(format as object), ...(batchRows === undefined ? {} : { batch_rows: batchRows }) };
  }

  #contextOf(file: SourceFile, progress = new RecordProgress(0)): SourceContext {
    return {
      source: file.path,
      reject: (reject) => {
        if (progress.rejects(reject)) this.ctx.reject(reject);
      },
      warn: (message) => this.ctx.log.warn(message, { path: file.path }),
    };
  }

  #decode(file: SourceFile, around = this.#contextOf(file)): AsyncIterable<Batch> {
    const options = this.#options();
    return decodeFile(file, this.#format, options, { ...around, batchRows: options.batchRows ?? MAX_BATCH_ROWS });
  }

  #historyOf(planned: Iterable<string>): FileHistory {
    const isAppendable = this.#format.isAppendable === true && !this.#isByCursor;
    return new FileHistory(planned, { isAppendable, recent: new RecentFiles(this.sourceConfig.incremental) });
  }

  #standingOf(file: SourceFile, state?: IncrementalStateManager): Promise<FileStanding> {
    this.#history ??= this.#historyOf([]);
    return this.#history.standingOf(file, state);
  }

  /** A cursor tells the records of a file that are new from those that were loaded. */
  get #isByCursor(): boolean {
    return isByCursor(this.sourceConfig.incremental?.["strategy"]);
  }

  get #grownFiles(): GrownFiles {
    return (this.sourceConfig.incremental?.["grown_files"] as GrownFiles | undefined) ?? "continue";
  }

  #entries(): readonly FileEntry[] {
    if (this.sourceConfig.files.length > 0) return this.sourceConfig.files;
    throw new DativoError(
      "DTV_CONFIG_INVALID",
      `${this.#format.name.toUpperCase()} source requires 'files' configuration`,
      {
        hint: "Name them in the job: `source: { files: [{ path: data/*.csv }] }`.",
      },
    );
  }

  #options(): ReadOptions {
    this.#parsed ??= parseReadOptions(
      this.#format,
      { ...this.#defaults, ...this.sourceConfig.engine.options },
      `engine.options of the ${this.#format.name} reader`,
    );
    return this.#parsed;
  }
}

/** A reader that tells before a reading what that would read. */
export type Surveyor = BaseReader & Pick<FileReader, "survey">;

/** Whether a reader leaves the reading to Dativo, and thereby to native code where that can do it. */
export function surveysFiles({ prototype, surveys }: ReaderClass): boolean {
  return surveys ?? isLeftToUs(prototype);
}

function isLeftToUs(prototype: BaseReader): boolean {
  return prototype instanceof FileReader && prototype.extract === FileReader.prototype.extract;
}

/** Why something is left to TypeScript; undefined where it is not. */
export interface NativeRefusals {
  readonly reading: string | undefined;
  /** Whether the reader holds the contract on the way. */
  readonly contract: string | undefined;
}

/** What becomes of a file that has more records than when it was loaded. */
type GrownFiles = "continue" | "reread" | "refuse";

type Options = Readonly<Record<string, unknown>>;

function pathOf(entry: FileEntry): string {
  const path = entry.path ?? entry["file"];
  if (typeof path === "string" && path !== "") return path;
  throw new DativoError("DTV_CONFIG_INVALID", "A file entry must include a 'path' or 'file' field", {
    details: { entry },
  });
}

/** A batch with the position behind it, where the reading can be cut there. */
async function within(file: SourceFile, batch: Batch, { cut }: RecordProgress): Promise<Yielded> {
  return cut === undefined ? batch : { batch, position: await positionWithin(file, cut) };
}

function changed({ path }: SourceFile, how = "has changed"): DativoError {
  return new DativoError("DTV_SOURCE_CHANGED", `${path} ${how} since it was loaded`, {
    culprit: path,
    hint: "Loading it again would repeat the records it had. Load everything anew with --full-refresh, or put new records into a new file.",
  });
}
