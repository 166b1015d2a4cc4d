import { DativoError } from "../contract/errors.ts";
import type { ReaderClass } from "../contract/reader.ts";
import type { TransformClass } from "../contract/transform.ts";
import type { WriterClass } from "../contract/writer.ts";
import { abi1ReaderClass } from "./abi1-reader.ts";
import { abi1WriterClass } from "./abi1-writer.ts";
import { abi2ReaderClass } from "./abi2-reader.ts";
import { abi2TransformClass } from "./abi2-transform-player.ts";
import { abi2WriterClass } from "./abi2-writer.ts";
import { type NativeLibrary, openLibrary } from "./library.ts";
import { requireSupportedMachine } from "./memory.ts";

/** A class that a library stands behind. */
export interface NativeClass<C> {
  readonly playerClass: C;
  readonly sha256: string;
}

/** @throws DativoError DTV_PLUGIN_NOT_FOUND, DTV_PLUGIN_LOAD, DTV_PLUGIN_CLASS */
export function findNativeReader(path: string, symbol: string): NativeClass<ReaderClass> {
  const library = openLibrary(path);
  const make = speaksAbi2(library, symbol, "reader") ? abi2ReaderClass : abi1ReaderClass;
  return { playerClass: make(library, symbol), sha256: library.sha256 };
}

export function findNativeWriter(path: string, symbol: string): NativeClass<WriterClass> {
  const library = openLibrary(path);
  const make = speaksAbi2(library, symbol, "writer") ? abi2WriterClass : abi1WriterClass;
  return { playerClass: make(library, symbol), sha256: library.sha256 };
}

export function findNativeTransform(path: string, symbol: string): NativeClass<TransformClass> {
  const library = openLibrary(path);
  if (!speaksAbi2(library, symbol, "transform")) {
    throw new DativoError("DTV_PLUGIN_CLASS", `${library.file} speaks ABI 1, which has no transforms`, {
      culprit: library.file,
      hint: "Build it over dativo_plugin (rust/sdk), which speaks ABI 2.",
    });
  }
  return { playerClass: abi2TransformClass(library, symbol), sha256: library.sha256 };
}

const KINDS = ["", "reader", "transform", "writer", "stream"];

/** A library that does not say its version speaks ABI 1. @throws DativoError DTV_PLUGIN_CLASS for another kind of plugin */
function speaksAbi2(library: NativeLibrary, symbol: string, wanted: string): boolean {
  if (!library.has("dativo_abi_version")) return false;
  const version = library.fn("dativo_abi_version", "uint32_t", [])() as number;
  if (version !== 2) {
    throw new DativoError(
      "DTV_PLUGIN_LOAD",
      `${library.file} speaks ABI ${version}; this version of Dativo speaks 1 and 2`,
      {
        culprit: library.file,
      },
    );
  }
  requireSupportedMachine();
  library.fn(symbol, "int32_t", []);
  const kind = KINDS[library.fn(`${symbol}_kind`, "uint32_t", [])() as number] ?? "plugin of an unknown kind";
  if (kind === wanted) return true;
  throw new DativoError("DTV_PLUGIN_CLASS", `${library.file}:${symbol} is a ${kind}, where a ${wanted} is needed`, {
    culprit: library.file,
  });
}
