import type { AssetDefinition } from "./asset.ts";
import type { Batch } from "./batch.ts";
import type { FileEntry, SourceConfig } from "./config.ts";
import { DativoError } from "./errors.ts";
import type { Format, SourceContext } from "./format.ts";
import { GoneFiles, type LoadedContent } from "./gone-files.ts";
import { TextInference } from "./infer.ts";
import type { NativeDecoder } from "./native-codecs.ts";
import { o, parseOptions } from "./options.ts";
import { BaseReader, type Yielded } from "./reader.ts";
import { ConnectionTestResult, type DiscoveredColumn, DiscoveryResult, type Position, type Split } from "./results.ts";
import { MAX_BATCH_ROWS, RowBatch } from "./row-batch.ts";
import { StagedValues } from "./staged-values.ts";
import { IncrementalStateManager } from "./state.ts";
import type { SourceFile } from "./storage.ts";
import { formatType } from "./types.ts";

/** What a native decoder is given at once. 1 MiB costs 4 % more time (measured); two such chunks are in memory. */
const NATIVE_CHUNK_BYTES = 4 * 1024 * 1024;

/** Where reading a file ended. A file is known by its content: size and time only tell when to look at it again. */
interface FilePosition {
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeNs: string;
  /** XXH3-128 of the stored bytes, hex. */
  readonly xxh128: string;
  readonly rows: number;
}

/** A file of a source, and whether what it holds was loaded: under this name, under another, or otherwise than it is now. */
export interface SurveyedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly status: "new" | "loaded" | "renamed" | "changed";
}

/** What a job has loaded, under this key of its state: path → content. */
const LOADED = "loaded_files";

/** Records that `discover` reads of each file, at most, to tell its types. */
const DISCOVER_ROWS = 200_000;

/** The options that every file reader takes, besides those of its format. */
export const fileReaderOptions = {
  batch_size: o.int().min(1).optional().describe("Records per batch, at most"),
  chunk_size: o.int().min(1).optional().describe("Another name of batch_size"),
};

export type FileReaderOptions = { batch_size?: number | undefined; chunk_size?: number | undefined };

/**
 * Reads files of one format. Every file or pattern under `files:` gives one split per file; a file whose content
 * was loaded before is passed over.
 */
export abstract class FileReader extends BaseReader {
  static override readonly replay = 3;
  readonly #format: Format;
  #parsed: ReadOptions | undefined;
  #planned: ReadonlySet<string> = new Set();
  /** Told once for all files of a reading. */
  #gone: { readonly of: StagedValues; readonly files: GoneFiles } | undefined;
  /** Opened with the first file, for all of them; null once it is known that there is none. */
  #native: NativeDecoder | null | undefined;

  constructor(sourceConfig: SourceConfig, format: Format) {
    super(sourceConfig);
    this.#format = format;
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
    this.#planned = new Set(splits.keys());
    this.#gone = undefined;
    return [...splits.values()];
  }

  async *extract(state?: IncrementalStateManager, split?: Split): AsyncGenerator<Yielded> {
    if (!split) {
      for (const each of await this.plan()) yield* this.extract(state, each);
      return;
    }
    const file = await this.ctx.storage.open(split.id);
    // One batch is held back, so that the position can go with the last of them.
    let held: Batch | undefined;
    try {
      const known = await this.#alreadyLoaded(file, state);
      if (known) {
        this.ctx.log.info(`${file.path} is already loaded`, { path: file.path });
        if (known !== state?.position) yield { batch: [], position: known };
        return;
      }
      let rows = 0;
      for await (const batch of this.#read(file)) {
        const before = held;
        held = batch;
        rows += batch.length;
        if (before) yield before;
      }
      const xxh128 = await file.digest();
      // After the digest, which reads what was not read yet: else it could be that of a later content.
      await file.verifyUnchanged();
      const position = positionOf(file, xxh128, rows);
      remember(state, position);
      const last = held ?? [];
      held = undefined;
      yield { batch: last, position };
    } finally {
      held?.release();
      await file.close();
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
      const state = new IncrementalStateManager(Object.hasOwn(positions, id) ? positions[id] : undefined, staged);
      const file = await this.ctx.storage.open(id);
      try {
        yield { path: id, sizeBytes: file.sizeBytes, status: await this.#statusOf(file, state) };
      } finally {
        await file.close();
      }
    }
  }

  async #statusOf(file: SourceFile, state: IncrementalStateManager): Promise<SurveyedFile["status"]> {
    try {
      if (!(await this.#alreadyLoaded(file, state))) return "new";
      return state.position === undefined ? "renamed" : "loaded";
    } catch (error) {
      if ((error as DativoError).code === "DTV_SOURCE_CHANGED") return "changed";
      throw error;
    }
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
    const columns = new Map<string, ColumnFacts>();
    let rows = 0;
    let complete = true;
    try {
      for await (const batch of this.#decode(file)) {
        if (rows >= DISCOVER_ROWS) {
          complete = false;
          break;
        }
        inspectBatch(RowBatch.from(batch), columns);
        rows += batch.length;
      }
    } finally {
      await file.close();
    }
    return {
      columns: [...columns].map(([name, { inference, type }]) => ({
        name,
        type: type ?? formatType(inference.type),
        nullable: inference.count < rows || inference.nulls > 0,
      })),
      rowsInspected: rows,
      complete,
    };
  }

  /** The records of a file, held to the contract where native code can do so on the way. */
  async *#read(file: SourceFile): AsyncGenerator<Batch> {
    const { contract, native, signal } = this.ctx;
    if (contract && this.#native === undefined) {
      this.#native = (await native.decoder(this.#format, this.#nativeOptions(), contract, signal)) ?? null;
    }
    const decoder = this.#native;
    if (!decoder) {
      yield* this.#decode(file);
      return;
    }
    const bytes = file.lentBytes(NATIVE_CHUNK_BYTES, () => decoder.contentHash());
    yield* decoder.decode(ahead(bytes), this.#contextOf(file));
  }

  /** Why a contract cannot be held natively while files are read; undefined when it can. */
  async nativeRefusal(contract: AssetDefinition): Promise<string | undefined> {
    return this.ctx.native.refusal(this.#format, this.#nativeOptions(), contract);
  }

  #nativeOptions(): Record<string, unknown> {
    const { batchRows, format } = this.#options();
    return { ...(format as object), ...(batchRows === undefined ? {} : { batch_rows: batchRows }) };
  }

  #contextOf(file: SourceFile): SourceContext {
    return {
      source: file.path,
      reject: (reject) => this.ctx.reject(reject),
      warn: (message) => this.ctx.log.warn(message, { path: file.path }),
    };
  }

  async *#decode(file: SourceFile): AsyncGenerator<Batch> {
    const format = this.#format;
    const options = this.#options();
    const context = { ...this.#contextOf(file), batchRows: options.batchRows ?? MAX_BATCH_ROWS };
    if (format.decodeAt) {
      yield* format.decodeAt(file, options.format, context);
    } else if (format.decoder) {
      const decoder = format.decoder(options.format, context);
      for await (const bytes of file.bytes()) yield* decoder.push(bytes);
      yield* decoder.end();
    } else {
      throw new DativoError("DTV_STAGE_MISUSE", `The format '${format.name}' cannot be read`);
    }
  }

  /**
   * The position of a file whose content this job has loaded, or undefined. A file that was touched or renamed has the
   * content it had; a second file of equal content, beside the first, is a file of its own.
   *
   * @throws DativoError DTV_SOURCE_CHANGED when the file was loaded and its content is another now.
   */
  async #alreadyLoaded(file: SourceFile, state?: IncrementalStateManager): Promise<FilePosition | undefined> {
    const position = state?.position as FilePosition | undefined;
    if (position?.sizeBytes === file.sizeBytes && position.mtimeNs === file.mtimeNs) return position;
    const own = state?.staged.entry(LOADED, file.path) as LoadedContent | undefined;
    const gone = this.#goneFiles(state);
    if (own?.sizeBytes === file.sizeBytes || gone?.hasSize(file.sizeBytes)) {
      const xxh128 = await file.digest();
      const content = { xxh128, sizeBytes: file.sizeBytes };
      const before = own?.xxh128 === xxh128 ? file.path : gone?.claim(content);
      if (before !== undefined) {
        const now = positionOf(file, xxh128, position?.rows ?? 0);
        remember(state, now, before);
        return now;
      }
    }
    if (!position) return undefined;
    throw new DativoError("DTV_SOURCE_CHANGED", `${file.path} has changed since it was loaded`, {
      culprit: file.path,
      hint: "Loading it again would repeat the records it had. Load everything anew with --full-refresh, or put new records into a new file.",
    });
  }

  /** What was loaded and is not among the files of this run. */
  #goneFiles(state: IncrementalStateManager | undefined): GoneFiles | undefined {
    if (!state) return undefined;
    if (this.#gone?.of !== state.staged) {
      this.#gone = { of: state.staged, files: new GoneFiles(loadedFiles(state), this.#planned) };
    }
    return this.#gone.files;
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
    this.#parsed ??= this.#parseOptions();
    return this.#parsed;
  }

  #parseOptions(): ReadOptions {
    const { batch_size, chunk_size, ...rest } = this.sourceConfig.engine.options as Record<string, unknown>;
    const owner = `engine.options of the ${this.#format.name} reader`;
    const own = parseOptions(o.object(fileReaderOptions), { batch_size, chunk_size }, owner);
    const format = this.#format.decodeOptions ? parseOptions(this.#format.decodeOptions, rest, owner) : rest;
    return { batchRows: own.batch_size ?? own.chunk_size, format };
  }
}

interface ReadOptions {
  readonly batchRows: number | undefined;
  readonly format: unknown;
}

function pathOf(entry: FileEntry): string {
  const path = entry.path ?? entry["file"];
  if (typeof path === "string" && path !== "") return path;
  throw new DativoError("DTV_CONFIG_INVALID", "A file entry must include a 'path' or 'file' field", {
    details: { entry },
  });
}

function positionOf(file: SourceFile, xxh128: string, rows: number): FilePosition {
  return { path: file.path, sizeBytes: file.sizeBytes, mtimeNs: file.mtimeNs, xxh128, rows };
}

function loadedFiles(state: IncrementalStateManager): Record<string, LoadedContent> {
  return (state.staged.get(LOADED) ?? {}) as Record<string, LoadedContent>;
}

/** How many files the values of a state know. */
export function countLoadedFiles(values: Readonly<Record<string, unknown>>): number {
  return Object.keys(values[LOADED] ?? {}).length;
}

/** Notes what a file holds now; `before` is the name it had. */
function remember(
  state: IncrementalStateManager | undefined,
  { path, xxh128, sizeBytes }: FilePosition,
  before: string = path,
): void {
  if (before !== path) state?.staged.setEntry(LOADED, before, undefined);
  state?.staged.setEntry(LOADED, path, { xxh128, sizeBytes });
}

interface ColumnFacts {
  readonly inference: TextInference;
  /** The declared type, where the format has types. */
  readonly type: string | undefined;
}

function inspectBatch(batch: RowBatch, into: Map<string, ColumnFacts>): void {
  for (const [index, field] of batch.schema.fields.entries()) {
    const facts = into.get(field.name) ?? {
      inference: new TextInference(),
      type: field.lexical ? undefined : formatType(field.type),
    };
    into.set(field.name, facts);
    for (const cell of batch.cells(index)) facts.inference.add(cell);
  }
}

/** Fetches the next chunk while the last one is looked at. */
async function* ahead<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  const chunks = source[Symbol.asyncIterator]();
  try {
    let coming = chunks.next();
    for (;;) {
      const { value, done } = await coming;
      if (done) return;
      coming = chunks.next();
      // Its fault is thrown when it is awaited, which may be after this tick.
      coming.catch(() => {});
      yield value;
    }
  } finally {
    await chunks.return?.();
  }
}
