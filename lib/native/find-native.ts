import { DativoError } from "../contract/errors.ts";
import { type PlaceReject, placeReject } from "../contract/place-reject.ts";
import type { ReaderClass } from "../contract/reader.ts";
import type { TransformClass } from "../contract/transform.ts";
import type { WriterClass } from "../contract/writer.ts";
import { abi1ReaderClass } from "./abi1-reader.ts";
import { abi1WriterClass } from "./abi1-writer.ts";
import { abi2CommittingWriterClass, type WriterTraits } from "./abi2-committing-writer.ts";
import { abi2ReaderClass } from "./abi2-reader.ts";
import { abi2TransformClass } from "./abi2-transform-player.ts";
import { abi2WriterClass } from "./abi2-writer.ts";
import { type NativeLibrary, openLibrary } from "./library.ts";
import { requireSupportedMachine } from "./memory.ts";
import { streamReaderClass } from "./stream-reader.ts";

/** A class that a library stands behind. */
export interface NativeClass<C> {
  readonly playerClass: C;
  readonly sha256: string;
}

/** @throws DativoError DTV_PLUGIN_NOT_FOUND, DTV_PLUGIN_LOAD, DTV_PLUGIN_CLASS */
export function findNativeReader(path: string, symbol: string): NativeClass<ReaderClass> {
  const library = openLibrary(path);
  return { playerClass: readerClassOf(library, symbol), sha256: library.sha256 };
}

export function findNativeWriter(path: string, symbol: string): NativeClass<WriterClass> {
  const library = openLibrary(path);
  return { playerClass: writerClassOf(library, symbol), sha256: library.sha256 };
}

/** `place` says where a record stood that a library knows by its number in a batch. */
export function findNativeTransform(
  path: string,
  symbol: string,
  place: PlaceReject = placeReject,
): NativeClass<TransformClass> {
  const library = openLibrary(path);
  if (!readKind(library, symbol, "transform")) {
    throw new DativoError("DTV_PLUGIN_CLASS", `${library.file} speaks ABI 1, which has no transforms`, {
      culprit: library.file,
      hint: "Build it over dativo_plugin (rust/sdk), which speaks ABI 2.",
    });
  }
  return { playerClass: abi2TransformClass(library, symbol, place), sha256: library.sha256 };
}

function readerClassOf(library: NativeLibrary, symbol: string): ReaderClass {
  const kind = readKind(library, symbol, "reader", "stream");
  if (!kind) return abi1ReaderClass(library, symbol);
  return kind.name === "stream" ? streamReaderClass(library, symbol) : abi2ReaderClass(library, symbol);
}

function writerClassOf(library: NativeLibrary, symbol: string): WriterClass {
  const kind = readKind(library, symbol, "writer");
  if (!kind) return abi1WriterClass(library, symbol);
  return kind.commits ? abi2CommittingWriterClass(library, symbol, kind) : abi2WriterClass(library, symbol);
}

const KINDS = ["", "reader", "transform", "writer", "stream"];

/** What the number of a kind says besides the kind, of writers. */
const COMMITS = 0x100;
const ANSWERS = 0x200;
const VOLATILE = 0x400;
const KNOWN = 0xff | COMMITS | ANSWERS | VOLATILE;

interface KindOf extends WriterTraits {
  readonly name: string;
}

/**
 * Undefined for a library that does not say its version: it speaks ABI 1.
 *
 * @throws DativoError DTV_PLUGIN_CLASS for another kind of plugin, DTV_PLUGIN_LOAD for what this version does not know
 */
function readKind(library: NativeLibrary, symbol: string, ...wanted: readonly string[]): KindOf | undefined {
  if (!library.has("dativo_abi_version")) return undefined;
  const version = library.fn("dativo_abi_version", "uint32_t", [])() as number;
  if (version !== 2) throw unknownTo(library, `speaks ABI ${version}; this version of Dativo speaks 1 and 2`);
  requireSupportedMachine();
  library.fn(symbol, "int32_t", []);
  const number = library.fn(`${symbol}_kind`, "uint32_t", [])() as number;
  const kind = KINDS[number & 0xff] ?? "plugin of an unknown kind";
  if (!wanted.includes(kind)) {
    const message = `${library.file}:${symbol} is a ${kind}, where a ${wanted[0]} is needed`;
    throw new DativoError("DTV_PLUGIN_CLASS", message, { culprit: library.file });
  }
  if ((number & ~KNOWN) !== 0 || (kind !== "writer" && number > 0xff)) {
    throw unknownTo(
      library,
      `has a ${kind} of a kind (${number}) that this version of Dativo does not know: ${symbol}`,
    );
  }
  return {
    name: kind,
    commits: (number & COMMITS) !== 0,
    answers: (number & ANSWERS) !== 0,
    volatile: (number & VOLATILE) !== 0,
  };
}

function unknownTo(library: NativeLibrary, what: string): DativoError {
  return new DativoError("DTV_PLUGIN_LOAD", `${library.file} ${what}`, { culprit: library.file });
}
