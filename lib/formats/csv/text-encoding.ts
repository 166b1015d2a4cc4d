import { isUtf8 } from "node:buffer";
import type { TextUnit } from "../text/text-head.ts";

/** Code units as numbers: bytes, or the 16-bit units of UTF-16. */
export type Units = Uint8Array | Uint16Array;

/** What reading needs to know of an encoding. Structure (delimiters, quotes, line ends) is found unit by unit. */
export interface TextEncoding {
  readonly name: TextUnit;
  readonly unitBytes: 1 | 2;
  /** The encoding that csv-parse is told, for the bytes that `forParser` gives. */
  readonly parserEncoding: "utf8" | "latin1";
  /** Text as units; undefined when the encoding cannot spell it. */
  unitsOf(text: string): Units | undefined;
  /** Bytes of whole units as units. A 16-bit view needs an even place in memory, which a `ByteWindow` keeps. */
  view(bytes: Uint8Array): Units;
  isValid(bytes: Uint8Array): boolean;
  /** csv-parse looks at single bytes, where UTF-16 would show it commas that are none: it gets UTF-8 instead. */
  forParser(bytes: Buffer): Buffer;
}

const UTF8: TextEncoding = {
  name: "utf-8",
  unitBytes: 1,
  parserEncoding: "utf8",
  unitsOf: (text) => Buffer.from(text, "utf8"),
  view: (bytes) => bytes,
  isValid: isUtf8,
  forParser: (bytes) => bytes,
};

const LATIN1: TextEncoding = {
  ...UTF8,
  name: "latin1",
  parserEncoding: "latin1",
  unitsOf: (text) => (/^[\0-\xff]*$/.test(text) ? Buffer.from(text, "latin1") : undefined),
  isValid: () => true,
};

const LONE_SURROGATE = /\p{Surrogate}/u;

const UTF16LE: TextEncoding = {
  name: "utf-16le",
  unitBytes: 2,
  parserEncoding: "utf8",
  unitsOf: (text) => Uint16Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)),
  view: (bytes) => new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1),
  isValid: (bytes) => !LONE_SURROGATE.test(asUtf16(bytes)),
  forParser: (bytes) => Buffer.from(asUtf16(bytes), "utf8"),
};

/** Spelling of an encoding in the options → the encoding. */
export const ENCODINGS = {
  "utf-8": UTF8,
  utf8: UTF8,
  latin1: LATIN1,
  "latin-1": LATIN1,
  "iso-8859-1": LATIN1,
  "utf-16le": UTF16LE,
} as const satisfies Record<string, TextEncoding>;

function asUtf16(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf16le");
}
