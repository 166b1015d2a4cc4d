/** The door: everything that a program, a plugin or the command line uses. */

export {
  type Composed,
  compose,
  mapSchema,
  readArrow,
  readAvro,
  readCsv,
  readFrom,
  readJson,
  readJsonl,
  readParquet,
  transformWith,
  validate,
  type WriteOptions,
  writeArrow,
  writeAvro,
  writeCsv,
  writeJson,
  writeJsonl,
  writeParquet,
  writeTo,
} from "./compose.ts";
export { loadAsset } from "./config/asset/load-asset.ts";
export type { JobDocument } from "./config/job/job-document.ts";
export { type LoadJobOptions, loadJob } from "./config/job/load-job.ts";
export type { LoadedJob } from "./config/job/loaded-job.ts";
export {
  AssetDefinition,
  type AssetField,
  type AssetInit,
  defineAsset,
  type FieldSpec,
  type RowOf,
  type RowOfAsset,
} from "./contract/asset.ts";
export { type Batch, isBatch, type Row, type RowsOptions } from "./contract/batch.ts";
export type { Column } from "./contract/column.ts";
export { SourceConfig, type SourceInit, TargetConfig, type TargetInit } from "./contract/config.ts";
export type { Budget, Clock, Log, Reservation, StageContext } from "./contract/context.ts";
export { compileConverter, describeMisfit, Misfit } from "./contract/convert.ts";
export { CODES, type Consequence, DativoError, type ErrorCode, type ErrorDetails } from "./contract/errors.ts";
export { FileReader } from "./contract/files/file-reader.ts";
export { FileWriter } from "./contract/files/file-writer.ts";
export type {
  AsyncDecoder,
  DecodeContext,
  Decoder,
  EncodeContext,
  Encoder,
  Format,
  RandomAccess,
} from "./contract/format.ts";
export { type OptionsSchema, o, parseOptions } from "./contract/options.ts";
export { type Place, Provenance, type Spans } from "./contract/provenance.ts";
export { BaseReader, type ReaderClass, type ReplayClass, type Yielded } from "./contract/reader.ts";
export type { Fault, Reject } from "./contract/reject.ts";
export {
  type CommitResult,
  type CommitToken,
  ConnectionTestResult,
  type DiscoveredColumn,
  type DiscoveredObject,
  DiscoveryResult,
  type FileMetadata,
  type Position,
  type Split,
} from "./contract/results.ts";
export { RowBatch } from "./contract/row-batch.ts";
export { type Field, Schema } from "./contract/schema.ts";
export { IncrementalStateManager } from "./contract/state.ts";
export type { SourceFile, StagedFile, Storage, StoredFile } from "./contract/storage.ts";
export { type Applied, BaseTransform, type TransformClass } from "./contract/transform.ts";
export { type DataType, formatType, type Property, parseType } from "./contract/types.ts";
export { BaseWriter, type WriterClass } from "./contract/writer.ts";
export {
  arrowFormat,
  arrowParse,
  avroFormat,
  avroParse,
  csvFormat,
  csvParse,
  jsonFormat,
  jsonlFormat,
  jsonlParse,
  jsonParse,
  parquetFormat,
} from "./format-streams.ts";
export { type CheckReport, checkJob } from "./job/check-job.ts";
export { discoverSource } from "./job/discover-source.ts";
export type { Guarantee, Receipt, ReceiptFile } from "./job/receipt.ts";
export { type RunOptions, runJob } from "./job/run-job.ts";
export type { Progress } from "./job/run-progress.ts";
export { type Finding, type Verification, type VerifyOptions, verifyReceipt } from "./job/verify/verify-receipt.ts";
export type { RejectPolicy } from "./stream/policy.ts";
export type { BatchReadable } from "./stream/to-readable.ts";
export type { BatchTransform } from "./stream/to-transform.ts";
export type { BatchWritable, Counts, Outcome } from "./stream/to-writable.ts";
