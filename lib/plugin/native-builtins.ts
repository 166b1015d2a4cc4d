/** The native forms of what comes with Dativo, where its libraries are built. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { AssetDefinition } from "../contract/asset.ts";
import { DativoError } from "../contract/errors.ts";
import type { Format } from "../contract/format.ts";
import type { NativeCodecs, NativeDecoder } from "../contract/native-codecs.ts";
import type { WriterClass } from "../contract/writer.ts";
import { packageRoot } from "../storage/package-root.ts";

const EXTENSIONS: Readonly<Partial<Record<NodeJS.Platform, string>>> = { darwin: "dylib", linux: "so" };

/** Library and symbol of the decoder of a format. */
const DECODERS: Readonly<Record<string, readonly [library: string, symbol: string]>> = {
  csv: ["csv_reader_plugin", "create_decoder"],
};

/** False where `DATIVO_NATIVE=off` says that the TypeScript formats shall serve. */
export function isNativeWanted(env: NodeJS.ProcessEnv = process.env): boolean {
  return env["DATIVO_NATIVE"] !== "off";
}

/** Where a library of ours lies when it is built; undefined when it is not, or not wanted. */
export function findNativeLibrary(name: string): string | undefined {
  const extension = EXTENSIONS[process.platform];
  if (!isNativeWanted() || extension === undefined) return undefined;
  const path = join(packageRoot(), "rust", "target", "release", `lib${name}.${extension}`);
  return existsSync(path) ? path : undefined;
}

/** Codecs of our libraries. They are loaded when a reader asks for one. */
export const nativeCodecs: NativeCodecs = { decoder: openDecoder };

async function openDecoder(
  format: string,
  options: unknown,
  contract: AssetDefinition,
  signal: AbortSignal,
): Promise<NativeDecoder | undefined> {
  const [name, symbol] = (Object.hasOwn(DECODERS, format) && DECODERS[format]) || [];
  const path = name === undefined || contract.fields.length === 0 ? undefined : findNativeLibrary(name);
  if (path === undefined || symbol === undefined) return undefined;
  const [{ openLibrary }, { LibraryDecoder }] = await Promise.all([
    import("../native/library.ts"),
    import("../native/native-decoder.ts"),
  ]);
  try {
    return await LibraryDecoder.create(openLibrary(path), symbol, options as Record<string, unknown>, contract, signal);
  } catch (error) {
    if (error instanceof DativoError && error.code === "DTV_NOT_BUILT") return undefined;
    throw error;
  }
}

/** Library and symbol of the writer of a format. */
const WRITERS: Readonly<Record<string, readonly [library: string, symbol: string]>> = {
  parquet: ["parquet_writer_plugin", "create_writer"],
};

/** The writer of a format by a library of ours; undefined where there is none. */
export async function findNativeFileWriter(format: Format): Promise<WriterClass | undefined> {
  const [name, symbol] = (Object.hasOwn(WRITERS, format.name) && WRITERS[format.name]) || [];
  const path = name === undefined ? undefined : findNativeLibrary(name);
  if (path === undefined || symbol === undefined) return undefined;
  const [{ openLibrary }, { nativeFileWriterClass }] = await Promise.all([
    import("../native/library.ts"),
    import("../native/native-file-writer.ts"),
  ]);
  return nativeFileWriterClass(openLibrary(path), symbol, format);
}
