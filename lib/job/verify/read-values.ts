import { dirname, sep } from "node:path";
import { AssetDefinition } from "../../contract/asset.ts";
import { type Batch, isBatch } from "../../contract/batch.ts";
import { ChecksumBuilder, type ColumnChecksum, repeatedChecksum } from "../../contract/checksums.ts";
import { SourceConfig, TargetConfig } from "../../contract/config.ts";
import { INERT_CONTEXT } from "../../contract/context.ts";
import { type Converter, compileConverter, describeMisfit, Misfit } from "../../contract/convert.ts";
import { DativoError } from "../../contract/errors.ts";
import { decodePartition } from "../../contract/file-name.ts";
import type { Shared } from "../../contract/files/divide-records.ts";
import { RowBatch } from "../../contract/row-batch.ts";
import { type Field, Schema } from "../../contract/schema.ts";
import type { Storage } from "../../contract/storage.ts";
import { parseType } from "../../contract/types.ts";
import type { BaseWriter } from "../../contract/writer.ts";
import { construct, findReader, findWriter } from "../../plugin/find-player.ts";
import { hashOnly } from "../../storage/hash-only.ts";
import type { Receipt } from "../receipt.ts";
import type { VerifiedPlace } from "./verified-place.ts";

/** How a file of a receipt is read again. */
export interface FileForm {
  readonly format: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Columns whose values stand in the path. */
  readonly partitioning: readonly string[];
}

/** How the files of a receipt are read again, or why they cannot be. */
export function formOf({ target }: Receipt): FileForm | string {
  const { format, options = {}, partitioning = [] } = target;
  if (format === undefined) return "its writer is a plugin, and how to read it is not known";
  if (options["escape_formulas"] === "prefix") return "its text was changed on the way (escape_formulas)";
  return { format, options, partitioning };
}

/** What a file says now. */
export interface FileValues {
  readonly rows: number;
  readonly checksums: readonly ColumnChecksum[];
  /** SHA-256 of what our own writer makes of the same records, when it was asked for. */
  readonly rewritten: string | undefined;
}

/**
 * Reads a file and sums its columns, as the types that were summed when it was written.
 *
 * @throws DativoError where the file does not read, has other columns, or a value that is not of its column's type.
 */
export async function readValues(
  place: VerifiedPlace,
  path: string,
  form: FileForm,
  expected: readonly ColumnChecksum[],
  { rewrite }: { readonly rewrite: boolean },
): Promise<FileValues> {
  const told = sharedIn(path, form, expected);
  const inFile = expected.filter(({ name }) => !told.has(name));
  const schema = schemaOf(inFile);
  const sums = new ChecksumBuilder(schema);
  const writer = rewrite ? await openWriter(form, schema) : undefined;
  const converters = schema.fields.map((field, i) =>
    inFile[i]?.type === undefined ? undefined : compileConverter(field.type),
  );
  let rows = 0;
  for await (const batch of readFile(place, path, form, schema)) {
    const typed = convertBatch(RowBatch.from(batch), schema, converters);
    rows += typed.length;
    sums.add(typed);
    await writer?.writeBatch(typed as never, 0);
  }
  const [file] = (await writer?.seal()) ?? [];
  const built = new Map(sums.build().map((column) => [column.name, column]));
  for (const [name, { field, cell }] of told) built.set(name, repeatedChecksum(field, cell, rows));
  return {
    rows,
    checksums: expected.map(({ name }) => built.get(name) as ColumnChecksum),
    rewritten: file?.["sha256"] as string | undefined,
  };
}

/** What the path of a file says of its records; nothing where a folder's name was cut, since the file then says it. */
function sharedIn(path: string, { partitioning }: FileForm, expected: readonly ColumnChecksum[]): Map<string, Shared> {
  const folders = dirname(path).split(sep).slice(-partitioning.length);
  const partitions = partitioning.length === 0 ? [] : folders.map(decodePartition);
  const told = new Map<string, Shared>();
  for (const [i, name] of partitioning.entries()) {
    const partition = partitions[i];
    const type = expected.find((column) => column.name === name)?.type;
    if (partition?.column !== name || type === undefined) return new Map();
    const field: Field = { name, type: parseType(type), nullable: true };
    told.set(name, { field, cell: convertCell(partition.value, compileConverter(field.type), field) });
  }
  return told;
}

/** A type that was not summed is of no matter: its cells are counted as they come. */
function schemaOf(columns: readonly ColumnChecksum[]): Schema {
  return new Schema(
    columns.map(
      ({ name, type }): Field => ({
        name,
        type: type === undefined ? { kind: "object" } : parseType(type),
        nullable: true,
      }),
    ),
  );
}

async function* readFile(place: VerifiedPlace, file: string, form: FileForm, schema: Schema): AsyncGenerator<Batch> {
  const path = place.pathOf(file);
  const options = readOptions(form, schema);
  const config = new SourceConfig({ type: form.format, files: [{ path }], engine: { options } });
  const reader = construct(await findReader(form.format, undefined), config);
  reader.ctx = {
    ...INERT_CONTEXT,
    storage: {
      ...INERT_CONTEXT.storage,
      find: (named) => place.storage.find(named),
      open: (named) => place.storage.open(named),
    },
    reject: ({ faults }) => {
      throw new DativoError("DTV_VALUE_UNFIT", `a record does not read: ${JSON.stringify(faults)}`, { culprit: path });
    },
  };
  try {
    for await (const yielded of reader.extract(undefined, { id: path })) {
      const batch = isBatch(yielded) ? yielded : "batch" in yielded ? yielded.batch : yielded;
      if (isBatch(batch)) yield batch;
    }
  } finally {
    await reader.close();
  }
}

/** Options of a writer as those of the reader that takes what it wrote. */
function readOptions(form: FileForm, schema: Schema): Record<string, unknown> {
  const { compression = "none" } = form.options;
  const isCompressed = COMPRESSED_WHOLE.includes(form.format) && compression !== "none";
  return { ...dialectOptions(form, schema), ...(isCompressed ? UNLIMITED : {}) };
}

/** Formats that have no compression of their own within. */
const COMPRESSED_WHOLE: readonly string[] = ["csv", "json", "jsonl"];

/** What we wrote ourselves is no bomb, however well it compressed. */
const UNLIMITED = { max_compression_ratio: Number.MAX_SAFE_INTEGER, max_decompressed_mb: Number.MAX_SAFE_INTEGER };

function dialectOptions({ format, options }: FileForm, schema: Schema): Record<string, unknown> {
  if (format !== "csv") return {};
  const { delimiter, quote_char, encoding, header = true, null_value = "" } = options;
  return {
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(quote_char === undefined ? {} : { quote_char }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(header === true ? {} : { header, columns: schema.names }),
    null_values: [null_value],
  };
}

function convertBatch(batch: RowBatch, schema: Schema, converters: readonly (Converter | undefined)[]): RowBatch {
  const other = batch.schema.names.find((name) => schema.indexOf(name) < 0);
  if (other !== undefined) throw new DativoError("DTV_SCHEMA_CHANGED", `it has a column '${other}' that it had not`);
  const columns = schema.fields.map((field, i) => {
    const index = batch.schema.indexOf(field.name);
    const convert = converters[i];
    if (index < 0) return new Array<null>(batch.length).fill(null);
    return convert ? batch.cells(index).map((cell) => convertCell(cell, convert, field)) : batch.cells(index);
  });
  return RowBatch.fromColumns(schema, columns, batch.length);
}

function convertCell(cell: unknown, convert: Converter, { name, type }: Field): unknown {
  if (cell === null || cell === undefined) return null;
  const made = convert(cell);
  if (!(made instanceof Misfit)) return made;
  throw new DativoError("DTV_VALUE_UNFIT", `column '${name}': ${describeMisfit(made, cell, type)}`);
}

/** A writer of the same options whose files go nowhere. */
async function openWriter({ format, options }: FileForm, schema: Schema): Promise<BaseWriter> {
  const asset = new AssetDefinition({ name: "verify", version: "1", schema: [] });
  const engine = { options: { ...options, target_size_mb: Number.MAX_SAFE_INTEGER } };
  const writer = construct(await findWriter(format, undefined), asset, new TargetConfig({ type: format, engine }), "");
  const storage: Storage = { ...INERT_CONTEXT.storage, create: async (name) => hashOnly(name) };
  writer.ctx = { ...INERT_CONTEXT, storage };
  await writer.open(schema);
  return writer;
}
