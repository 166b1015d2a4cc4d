/** The native forms of what comes with Dativo, where its libraries are built. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { AssetDefinition } from "../contract/asset.ts";
import { DativoError } from "../contract/errors.ts";
import type { Format } from "../contract/format.ts";
import type { NativeCodecs, NativeDecoder } from "../contract/native-codecs.ts";
import { parseOptions } from "../contract/options.ts";
import { MAX_BATCH_ROWS } from "../contract/row-batch.ts";
import type { Schema } from "../contract/schema.ts";
import type { Property } from "../contract/types.ts";
import { isWellFormed } from "../contract/well-formed.ts";
import type { WriterClass } from "../contract/writer.ts";
import type { Lexical } from "../formats/arrow/arrow-field.ts";
import { membersOf } from "../formats/arrow/arrow-field.ts";
import type { NativeLibrary } from "../native/library.ts";
import type { DecoderInit, LibraryDecoder } from "../native/native-decoder.ts";
import { packageRoot } from "../storage/package-root.ts";

const EXTENSIONS: Readonly<Partial<Record<NodeJS.Platform, string>>> = { darwin: "dylib", linux: "so" };

/** Library and symbol of codecs, by the name that formats have for them. */
type Codecs = Readonly<Record<string, readonly [library: string, symbol: string]>>;

const DECODERS: Codecs = {
  csv: ["csv_reader_plugin", "create_decoder"],
  jsonl: ["jsonl_reader_plugin", "create_decoder"],
};

/** Library and symbol of each decoder of whole files. */
const READERS: Codecs = { parquet: ["parquet_reader_plugin", "create_decoder"] };

const ENCODERS: Codecs = {
  csv: ["text_writer_plugin", "create_csv_encoder"],
  json: ["text_writer_plugin", "create_json_encoder"],
  jsonl: ["text_writer_plugin", "create_jsonl_encoder"],
};

const COUNTERS: Codecs = {
  csv: ["csv_reader_plugin", "create_counter"],
  jsonl: ["csv_reader_plugin", "create_line_counter"],
};

const WRITERS: Codecs = { parquet: ["parquet_writer_plugin", "create_writer"] };

/** How a source is read that no contract names the columns of: as what, and how many records show them. */
const UNTYPED: Readonly<Record<string, { readonly lexical: Lexical; readonly lookRows: number }>> = {
  csv: { lexical: "text", lookRows: 1 },
  jsonl: { lexical: "json", lookRows: MAX_BATCH_ROWS },
};

/** What there is of a codec: where its library lies, or why it does not serve. */
type Found = { readonly path: string; readonly symbol: string } | { readonly refusal: string };

let trim = (): void => {};

/** Has native code give back the memory that it does not use, once there is any. */
export function trimNativeHeaps(): void {
  trim();
}

/** Codecs of our libraries. They are loaded when a reader asks for one. */
export const nativeCodecs: NativeCodecs = {
  async decoder(format, options, contract, signal, settleRows) {
    const opened = await openDecoder(format, options, contract, signal, settleRows);
    return "refusal" in opened ? undefined : opened.decoder;
  },
  async refusal(format, options, contract) {
    const opened = await openDecoder(format, options, contract, new AbortController().signal);
    if ("refusal" in opened) return opened.refusal;
    await opened.decoder.close();
    return undefined;
  },
  async encoder(format, options, context, signal) {
    const found = findEncoder(format, context.schema);
    if ("refusal" in found || !format.encoder) return undefined;
    const parsed = format.encodeOptions ? parseOptions(format.encodeOptions, options ?? {}, format.name) : options;
    if (!isNativelyWritten(parsed)) return undefined;
    const [library, { LibraryEncoder }] = await Promise.all([
      loadLibrary(found.path),
      import("../native/native-encoder.ts"),
    ]);
    return LibraryEncoder.create(library, found.symbol, format.encoder(options, context), parsed, context, signal);
  },
  encoderRefusal(format, schema) {
    const found = findEncoder(format, schema);
    return "refusal" in found ? found.refusal : undefined;
  },
  async reader(format, options, signal) {
    const found = findCodec(READERS, format);
    if ("refusal" in found) return found;
    const [library, { LibraryFileReader }] = await Promise.all([
      loadLibrary(found.path),
      import("../native/native-file-reader.ts"),
    ]);
    return new LibraryFileReader(library, found.symbol, format, options, signal);
  },
  async counter(format, options, source, signal) {
    const found = findCodec(COUNTERS, format);
    if ("refusal" in found) return undefined;
    const [library, { LibraryCounter }] = await Promise.all([
      loadLibrary(found.path),
      import("../native/native-counter.ts"),
    ]);
    const settings = options as Readonly<Record<string, unknown>>;
    const opened = await unlessUnsupported(LibraryCounter.open(library, found.symbol, settings, source, signal));
    return opened instanceof LibraryCounter ? opened : undefined;
  },
};

/** The writer of a format by a library of ours; undefined where there is none. */
export async function findNativeFileWriter(format: Format): Promise<WriterClass | undefined> {
  const found = findCodec(WRITERS, format);
  if ("refusal" in found) return undefined;
  const [library, { nativeFileWriterClass }] = await Promise.all([
    loadLibrary(found.path),
    import("../native/native-file-writer.ts"),
  ]);
  return nativeFileWriterClass(library, found.symbol, format);
}

/** Who serves a codec that there is in native code. */
export interface CodecReport {
  /** `read csv` */
  readonly codec: string;
  readonly runs: "native" | "typescript" | "broken";
  /** The library, or why it does not serve. */
  readonly note: string;
}

/** Looks at every library. One that is there and does not load would end each run that needs it. */
export async function examineCodecs(): Promise<CodecReport[]> {
  const of = (codecs: Codecs, what: string) =>
    Object.keys(codecs).map((name) => examine(`${what} ${name}`, findCodec(codecs, { name, native: name })));
  return Promise.all([
    ...of(DECODERS, "read"),
    ...of(READERS, "read"),
    ...of(ENCODERS, "write"),
    ...of(WRITERS, "write"),
    ...of(COUNTERS, "count"),
  ]);
}

async function examine(codec: string, found: Found): Promise<CodecReport> {
  if ("refusal" in found) return { codec, runs: "typescript", note: found.refusal };
  const { openLibrary } = await import("../native/library.ts");
  try {
    openLibrary(found.path).fn(found.symbol, "int32_t", []);
    return { codec, runs: "native", note: found.path };
  } catch (error) {
    if (!(error instanceof DativoError)) throw error;
    return { codec, runs: "broken", note: error.message };
  }
}

async function openDecoder(
  format: Format,
  options: unknown,
  contract: AssetDefinition | undefined,
  signal: AbortSignal,
  settleRows?: number,
): Promise<{ readonly decoder: NativeDecoder } | { readonly refusal: string }> {
  const found = findCodec(DECODERS, format);
  if ("refusal" in found) return found;
  if (contract?.fields.length === 0) return { refusal: "the contract names no fields" };
  const [library, { LibraryDecoder }] = await Promise.all([
    loadLibrary(found.path),
    import("../native/native-decoder.ts"),
  ]);
  const given = options as Readonly<Record<string, unknown>>;
  const init = { library, symbol: found.symbol, format, options: given };
  const opened = await unlessUnsupported(LibraryDecoder.create(init, contract, signal));
  if ("refusal" in opened) return opened;
  return { decoder: contract ? opened : await withoutContract(opened, init, settleRows) };
}

/** What finds the columns. */
async function withoutContract(
  opened: LibraryDecoder,
  init: DecoderInit,
  settleRows: number | undefined,
): Promise<NativeDecoder> {
  const { lexical, lookRows } = UNTYPED[init.format.native as string] as (typeof UNTYPED)[string];
  if (settleRows !== undefined) {
    const { SettledDecoder } = await import("../native/settled-decoder.ts");
    const look = lexical === "json" ? settleRows : lookRows;
    return new SettledDecoder(opened, init, { lexical, batchRows: settleRows, lookRows: look });
  }
  const { UntypedDecoder } = await import("../native/untyped-decoder.ts");
  return new UntypedDecoder(opened, init, lexical, lookRows);
}

/** What a library makes, or what of its task only TypeScript can do. */
async function unlessUnsupported<T>(making: Promise<T>): Promise<T | { readonly refusal: string }> {
  try {
    return await making;
  } catch (error) {
    if (error instanceof DativoError && error.code === "DTV_NOT_BUILT") return { refusal: error.message };
    throw error;
  }
}

function findEncoder(format: Format, schema?: Schema): Found {
  if (schema?.fields.length === 0) return { refusal: "there are no fields" };
  const unfit = schema && unfitName(schema.fields);
  if (unfit !== undefined) return { refusal: `the name ${JSON.stringify(unfit)} cannot be told to a library` };
  return findCodec(ENCODERS, format, "encoder");
}

/** Native text is UTF-8, as it stands. */
function isNativelyWritten(options: unknown): boolean {
  const { compression = "none", encoding = "utf-8" } = (options ?? {}) as Readonly<Record<string, unknown>>;
  return compression === "none" && (encoding === "utf-8" || encoding === "utf8");
}

/** A name that C has no text for. */
function unfitName(fields: readonly Property[]): string | undefined {
  for (const { name, type } of fields) {
    const unfit = name.includes("\0") || !isWellFormed(name) ? name : unfitName(membersOf(type));
    if (unfit !== undefined) return unfit;
  }
  return undefined;
}

/** Opens a library; from then on there are heaps to trim. */
async function loadLibrary(path: string): Promise<NativeLibrary> {
  const [{ openLibrary }, { trimHeaps }] = await Promise.all([
    import("../native/library.ts"),
    import("../native/heaps.ts"),
  ]);
  trim = trimHeaps;
  return openLibrary(path);
}

function isOff(text = ""): boolean {
  return ["off", "false", "no", "0"].includes(text.toLowerCase());
}

function findCodec(codecs: Codecs, { name, native = "" }: Pick<Format, "name" | "native">, what = "codec"): Found {
  const codec = Object.hasOwn(codecs, native) ? codecs[native] : undefined;
  if (codec === undefined) return { refusal: `there is no native ${what} for ${name}` };
  const [library, symbol] = codec;
  if (isOff(process.env["DATIVO_NATIVE"])) return { refusal: "DATIVO_NATIVE is off" };
  const extension = EXTENSIONS[process.platform];
  if (extension === undefined) return { refusal: `libraries are not built for ${process.platform}` };
  const path = join(packageRoot(), "rust", "target", "release", `lib${library}.${extension}`);
  return existsSync(path) ? { path, symbol } : { refusal: `${path} is not built (npm run build:native)` };
}
