/** The native forms of what comes with Dativo, where its libraries are built. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { AssetDefinition } from "../contract/asset.ts";
import { DativoError } from "../contract/errors.ts";
import type { Format } from "../contract/format.ts";
import type { NativeCodecs, NativeDecoder } from "../contract/native-codecs.ts";
import type { WriterClass } from "../contract/writer.ts";
import type { NativeLibrary } from "../native/library.ts";
import { packageRoot } from "../storage/package-root.ts";

const EXTENSIONS: Readonly<Partial<Record<NodeJS.Platform, string>>> = { darwin: "dylib", linux: "so" };

/** Library and symbol of each decoder, by the name that formats have for it. */
const DECODERS: Readonly<Record<string, readonly [library: string, symbol: string]>> = {
  csv: ["csv_reader_plugin", "create_decoder"],
};

/** Library and symbol of each writer. */
const WRITERS: typeof DECODERS = { parquet: ["parquet_writer_plugin", "create_writer"] };

/** What there is of a codec: where its library lies, or why it does not serve. */
type Found = { readonly path: string; readonly symbol: string } | { readonly refusal: string };

let trim = (): void => {};

/** Has native code give back the memory that it does not use, once there is any. */
export function trimNativeHeaps(): void {
  trim();
}

/** Codecs of our libraries. They are loaded when a reader asks for one. */
export const nativeCodecs: NativeCodecs = {
  async decoder(format, options, contract, signal) {
    const opened = await openDecoder(format, options, contract, signal);
    return "refusal" in opened ? undefined : opened.decoder;
  },
  async refusal(format, options, contract) {
    const opened = await openDecoder(format, options, contract, new AbortController().signal);
    if ("refusal" in opened) return opened.refusal;
    await opened.decoder.close();
    return undefined;
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
  const of = (codecs: typeof DECODERS, what: string) =>
    Object.keys(codecs).map((name) => examine(`${what} ${name}`, findCodec(codecs, { name, native: name })));
  return Promise.all([...of(DECODERS, "read"), ...of(WRITERS, "write")]);
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
  contract: AssetDefinition,
  signal: AbortSignal,
): Promise<{ readonly decoder: NativeDecoder } | { readonly refusal: string }> {
  const found = findCodec(DECODERS, format);
  if ("refusal" in found) return found;
  if (contract.fields.length === 0) return { refusal: "the contract names no fields" };
  const [library, { LibraryDecoder }] = await Promise.all([
    loadLibrary(found.path),
    import("../native/native-decoder.ts"),
  ]);
  try {
    const settings = options as Readonly<Record<string, unknown>>;
    return { decoder: await LibraryDecoder.create(library, found.symbol, settings, contract, signal) };
  } catch (error) {
    if (error instanceof DativoError && error.code === "DTV_NOT_BUILT") return { refusal: error.message };
    throw error;
  }
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

function findCodec(codecs: typeof DECODERS, { name, native = "" }: Pick<Format, "name" | "native">): Found {
  const codec = Object.hasOwn(codecs, native) ? codecs[native] : undefined;
  if (codec === undefined) return { refusal: `there is no native codec for ${name}` };
  const [library, symbol] = codec;
  if (isOff(process.env["DATIVO_NATIVE"])) return { refusal: "DATIVO_NATIVE is off" };
  const extension = EXTENSIONS[process.platform];
  if (extension === undefined) return { refusal: `libraries are not built for ${process.platform}` };
  const path = join(packageRoot(), "rust", "target", "release", `lib${library}.${extension}`);
  return existsSync(path) ? { path, symbol } : { refusal: `${path} is not built (npm run build:native)` };
}
