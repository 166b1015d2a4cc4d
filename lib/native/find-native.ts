import { DativoError } from "../contract/errors.ts";
import type { ReaderClass } from "../contract/reader.ts";
import type { WriterClass } from "../contract/writer.ts";
import { abi1ReaderClass } from "./abi1-reader.ts";
import { abi1WriterClass } from "./abi1-writer.ts";
import { type NativeLibrary, openLibrary } from "./library.ts";

/** A class that a library stands behind. */
export interface NativeClass<C> {
  readonly playerClass: C;
  readonly sha256: string;
}

export function findNativeReader(path: string, symbol: string): NativeClass<ReaderClass> {
  const library = openAbi1(path);
  return { playerClass: abi1ReaderClass(library, symbol), sha256: library.sha256 };
}

export function findNativeWriter(path: string, symbol: string): NativeClass<WriterClass> {
  const library = openAbi1(path);
  return { playerClass: abi1WriterClass(library, symbol), sha256: library.sha256 };
}

/** A library that says its version speaks a later ABI. */
function openAbi1(path: string): NativeLibrary {
  const library = openLibrary(path);
  if (!library.has("dativo_abi_version")) return library;
  const version = library.fn("dativo_abi_version", "uint32_t", [])() as number;
  throw new DativoError("DTV_NOT_BUILT", `${path} speaks ABI ${version}; this version of Dativo speaks ABI 1`, {
    culprit: path,
  });
}
