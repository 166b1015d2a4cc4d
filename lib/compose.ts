/** Players as stock Node streams, and `compose`, which joins them and checks the types of their rows. */

import { resolve } from "node:path";
import { ArrowReader } from "../readers/arrow.ts";
import { AvroReader } from "../readers/avro.ts";
import { CsvReader } from "../readers/csv.ts";
import { JsonReader } from "../readers/json.ts";
import { JsonlReader } from "../readers/jsonl.ts";
import { ParquetReader } from "../readers/parquet.ts";
import { MapSchema } from "../transforms/map.ts";
import { Validate } from "../transforms/validate/validate.ts";
import { createCommitter } from "./commit/committer.ts";
import { folderPlace } from "./commit/folder/folder-place.ts";
import { Ledger } from "./commit/ledger.ts";
import { jobKeyOf, uriOf } from "./commit/places.ts";
import type { WithWriter } from "./commit/recover.ts";
import { newRunId } from "./commit/run-id.ts";
import { type Camel, toSnakeNames } from "./config/option-case.ts";
import { AssetDefinition } from "./contract/asset.ts";
import type { Row } from "./contract/batch.ts";
import { SourceConfig, TargetConfig } from "./contract/config.ts";
import { DativoError } from "./contract/errors.ts";
import type { FileWriterOptions } from "./contract/files/file-writer.ts";
import type { FileReaderOptions } from "./contract/files/read-options.ts";
import type { UnpackingOptions } from "./contract/files/unpacking-options.ts";
import type { MapOptions } from "./contract/map-options.ts";
import type { BaseReader } from "./contract/reader.ts";
import type { CommitResult } from "./contract/results.ts";
import type { BaseTransform } from "./contract/transform.ts";
import type { BaseWriter, WriterClass } from "./contract/writer.ts";
import type { ArrowReadOptions, ArrowWriteOptions } from "./formats/arrow/arrow-options.ts";
import type { AvroReadOptions, AvroWriteOptions } from "./formats/avro/avro-options.ts";
import type { CsvReadOptions, CsvWriteOptions } from "./formats/csv/csv-options.ts";
import type { JsonReadOptions, JsonWriteOptions } from "./formats/json/json-options.ts";
import type { JsonlReadOptions, JsonlWriteOptions } from "./formats/jsonl/jsonl-options.ts";
import type { ParquetReadOptions, ParquetWriteOptions } from "./formats/parquet/parquet-options.ts";
import { BUILTIN_WRITERS } from "./plugin/builtin.ts";
import { nativeCodecs } from "./plugin/native-builtins.ts";
import { AnyStorage } from "./storage/any-storage.ts";
import { isObjectUri } from "./storage/object/object-uri.ts";
import { TempFolder } from "./storage/temp-folder.ts";
import type { RejectPolicy } from "./stream/policy.ts";
import { runPipeline } from "./stream/run-pipeline.ts";
import { defaultEnvironment, useWriter } from "./stream/stage.ts";
import { type BatchReadable, toReadable } from "./stream/to-readable.ts";
import { type BatchTransform, toTransform } from "./stream/to-transform.ts";
import { type BatchWritable, type Counts, toWritable } from "./stream/to-writable.ts";

type Paths = string | readonly string[];
type FileClass = new (config: SourceConfig) => BaseReader;

/** Delimited text files as a stream of batches; a path, a pattern, or several. */
export function readCsv(
  files: Paths,
  options: Camel<FileReaderOptions & UnpackingOptions & CsvReadOptions> = {},
): BatchReadable {
  return readFiles(CsvReader, "csv", files, options);
}

/** JSON documents with an array of objects in them: at their root, or where `path` says. */
export function readJson(
  files: Paths,
  options: Camel<FileReaderOptions & UnpackingOptions & JsonReadOptions> = {},
): BatchReadable {
  return readFiles(JsonReader, "json", files, options);
}

/** Files of one JSON object a line. */
export function readJsonl(
  files: Paths,
  options: Camel<FileReaderOptions & UnpackingOptions & JsonlReadOptions> = {},
): BatchReadable {
  return readFiles(JsonlReader, "jsonl", files, options);
}

export function readParquet(files: Paths, options: Camel<FileReaderOptions & ParquetReadOptions> = {}): BatchReadable {
  return readFiles(ParquetReader, "parquet", files, options);
}

/** Arrow IPC files and streams. */
export function readArrow(files: Paths, options: Camel<FileReaderOptions & ArrowReadOptions> = {}): BatchReadable {
  return readFiles(ArrowReader, "arrow", files, options);
}

/** Container files of Avro. */
export function readAvro(files: Paths, options: Camel<FileReaderOptions & AvroReadOptions> = {}): BatchReadable {
  return readFiles(AvroReader, "avro", files, options);
}

/** A reader of your own as a stream of batches. */
export function readFrom<R extends Row>(reader: BaseReader<R>): BatchReadable<R> {
  return toReadable(reader, { environment: defaultEnvironment(new AnyStorage(), nativeCodecs) });
}

/**
 * Checks records against a contract and types them. `strict` (the default): one bad record and nothing is published.
 * `warn`: good records are published, bad ones are kept beside them.
 */
export function validate<R extends Row>(
  asset: AssetDefinition<R>,
  { mode = "strict", maxErrors, maxErrorRate }: Partial<RejectPolicy> = {},
): BatchTransform<Row, R> {
  return toTransform(new Validate<R>({ asset }), {
    environment: defaultEnvironment(new AnyStorage(), nativeCodecs),
    policy: { mode, maxErrors, maxErrorRate },
  });
}

/** Shapes records: paths, rename, casts, defaults, constants, select, in this order. */
export function mapSchema<O extends Row = Row>(options: MapOptions): BatchTransform<Row, O> {
  return transformWith(new MapSchema(options) as BaseTransform<Row, O>);
}

/** A transform of your own as a stream. */
export function transformWith<I extends Row, O extends Row>(transform: BaseTransform<I, O>): BatchTransform<I, O> {
  return toTransform(transform, { environment: defaultEnvironment(new AnyStorage(), nativeCodecs) });
}

export interface WriteOptions<R extends Row = Row> {
  /** Named in the files and in the commit; without one the types are read off the first batch. */
  readonly asset?: AssetDefinition<R>;
  /** Names the commits that belong together; by default every call is on its own. */
  readonly key?: string;
  /** `overwrite` replaces what earlier calls with this key wrote. */
  readonly mode?: "append" | "overwrite";
  /** `run-dir` puts what is written into a folder of its own, whose files appear all at once. */
  readonly layout?: "flat" | "run-dir";
}

/** A folder of Parquet files; what is written becomes visible in one commit when the stream has finished. */
export function writeParquet<R extends Row = Row>(
  folder: string,
  options: WriteOptions<R> & Camel<FileWriterOptions & ParquetWriteOptions> = {},
): BatchWritable<R> {
  return writeFolder("parquet", folder, options);
}

export function writeCsv<R extends Row = Row>(
  folder: string,
  options: WriteOptions<R> & Camel<FileWriterOptions & CsvWriteOptions> = {},
): BatchWritable<R> {
  return writeFolder("csv", folder, options);
}

/** Each file is one array. */
export function writeJson<R extends Row = Row>(
  folder: string,
  options: WriteOptions<R> & Camel<FileWriterOptions & JsonWriteOptions> = {},
): BatchWritable<R> {
  return writeFolder("json", folder, options);
}

export function writeJsonl<R extends Row = Row>(
  folder: string,
  options: WriteOptions<R> & Camel<FileWriterOptions & JsonlWriteOptions> = {},
): BatchWritable<R> {
  return writeFolder("jsonl", folder, options);
}

export function writeArrow<R extends Row = Row>(
  folder: string,
  options: WriteOptions<R> & Camel<FileWriterOptions & ArrowWriteOptions> = {},
): BatchWritable<R> {
  return writeFolder("arrow", folder, options);
}

export function writeAvro<R extends Row = Row>(
  folder: string,
  options: WriteOptions<R> & Camel<FileWriterOptions & AvroWriteOptions> = {},
): BatchWritable<R> {
  return writeFolder("avro", folder, options);
}

/** A writer class of your own as a stream into a folder. */
export function writeTo<R extends Row = Row>(
  writerClass: WriterClass,
  folder: string,
  { asset, key, mode, layout, target }: WriteOptions<R> & { readonly target?: TargetConfig } = {},
): BatchWritable<R> {
  const config = target ?? new TargetConfig({ connection: { path: folder } });
  const { settlesTypes } = writerClass;
  return writeWith<R>(async () => writerClass, folder, config, { asset, key, mode, layout, settlesTypes });
}

/** What `compose` did. */
export interface Composed {
  readonly counts: Counts;
  readonly result: CommitResult | undefined;
  /** Faults after the commit, which it outlived. */
  readonly warnings: readonly Error[];
}

type R0 = Row;

/** Joins stages with Node's `pipeline()` and resolves with the outcome. The types of rows must fit from stage to stage. */
export function compose<A extends R0>(reader: BatchReadable<A>, writer: BatchWritable<A>): Promise<Composed>;
export function compose<A extends R0, B extends R0>(
  reader: BatchReadable<A>,
  first: BatchTransform<A, B>,
  writer: BatchWritable<B>,
): Promise<Composed>;
export function compose<A extends R0, B extends R0, C extends R0>(
  reader: BatchReadable<A>,
  first: BatchTransform<A, B>,
  second: BatchTransform<B, C>,
  writer: BatchWritable<C>,
): Promise<Composed>;
export function compose<A extends R0, B extends R0, C extends R0, D extends R0>(
  reader: BatchReadable<A>,
  first: BatchTransform<A, B>,
  second: BatchTransform<B, C>,
  third: BatchTransform<C, D>,
  writer: BatchWritable<D>,
): Promise<Composed>;
export function compose<A extends R0, B extends R0, C extends R0, D extends R0, E extends R0>(
  reader: BatchReadable<A>,
  first: BatchTransform<A, B>,
  second: BatchTransform<B, C>,
  third: BatchTransform<C, D>,
  fourth: BatchTransform<D, E>,
  writer: BatchWritable<E>,
): Promise<Composed>;
export async function compose(...stages: [BatchReadable, ...BatchTransform[], BatchWritable]): Promise<Composed> {
  const writer = stages.at(-1) as BatchWritable;
  const warnings: Error[] = [];
  try {
    await runPipeline(stages);
  } catch (error) {
    // A pipeline may reject although its commit went through; the sink knows.
    if (writer.outcome !== "committed") throw error;
    warnings.push(error as Error);
  }
  return { counts: writer.counts, result: writer.result, warnings };
}

function readFiles(readerClass: FileClass, type: string, files: Paths, options: object): BatchReadable {
  const paths = typeof files === "string" ? [files] : files;
  const config = new SourceConfig({
    type,
    files: paths.map((path) => ({ path })),
    engine: { type: "native", options: toSnakeNames(options) },
  });
  return readFrom(new readerClass(config));
}

function writeFolder<R extends Row>(
  type: keyof typeof BUILTIN_WRITERS,
  folder: string,
  { asset, key, mode, layout, ...options }: WriteOptions<R> & object,
): BatchWritable<R> {
  const target = new TargetConfig({
    type,
    connection: { path: folder },
    engine: { type: "native", options: toSnakeNames(options) },
  });
  return writeWith<R>(BUILTIN_WRITERS[type], folder, target, { asset, key, mode, layout, settlesTypes: true });
}

type WriteParts = { readonly [K in keyof WriteOptions]-?: WriteOptions[K] | undefined } & {
  /** What the class of the writer says, which is loaded later. */
  readonly settlesTypes: boolean | undefined;
};

function writeWith<R extends Row>(
  load: () => Promise<WriterClass>,
  folder: string,
  config: TargetConfig,
  parts: WriteParts,
): BatchWritable<R> {
  const { asset = AssetDefinition.unchecked("data"), key = newRunId(), mode = "append", layout = "flat" } = parts;
  const target = isObjectUri(folder) ? folder.replace(/\/+$/, "") : resolve(folder);
  const storage = new AnyStorage();
  const environment = defaultEnvironment(storage, nativeCodecs);
  const jobKey = jobKeyOf({ tenant: "", name: key, targetUri: uriOf(target) });
  const createWriter = async (staging: string): Promise<BaseWriter> => {
    const writerClass = await load();
    return new writerClass(asset, config, commitsItself(writerClass) ? target : staging);
  };
  const withWriter: WithWriter = async (staging, work) => useWriter(await createWriter(staging), environment, work);
  let ledger: Ledger | undefined;
  let scratch: TempFolder | undefined;
  const committer = createCommitter({
    begin: async () => {
      if (isObjectUri(target)) {
        if (layout === "run-dir") throw noRunFolder(target);
        scratch = await TempFolder.create();
      }
      const books = scratch
        ? await bucketPlace(target, { jobKey, scratch: scratch.path })
        : folderPlace(target, jobKey);
      const place = { jobKey, ...books, layout, stateFile: undefined };
      const { log, clock } = environment;
      const tools = { log, clock, storage, withWriter: commitsItself(await load()) ? withWriter : undefined };
      ledger = await Ledger.open(place, tools, mode);
      return ledger.begin(asset);
    },
    createWriter,
    settlesTypes: parts.settlesTypes,
    settle: (attempt, sealed) => attempt.commit(sealed),
    end: async () => {
      await ledger?.close();
      await scratch?.close();
    },
  });
  return toWritable<R>({ environment, committer });
}

/** A bucket that is reached as the environment says. */
async function bucketPlace(uri: string, parts: { readonly jobKey: string; readonly scratch: string }) {
  const [{ openBucketPlace }, { placeOfUri }] = await Promise.all([
    import("./commit/bucket/bucket-place.ts"),
    import("./config/job/target-place.ts"),
  ]);
  const { path, store } = placeOfUri(uri, { env: process.env });
  return openBucketPlace(path, store, parts);
}

function noRunFolder(uri: string): DativoError {
  return new DativoError(
    "DTV_OPTION_INVALID",
    "In a bucket nothing is renamed, so that no run has a folder of its own",
    {
      culprit: uri,
      hint: 'Leave `layout: "run-dir"` out.',
    },
  );
}

function commitsItself(writerClass: WriterClass): boolean {
  return typeof writerClass.prototype.commitFiles === "function";
}
