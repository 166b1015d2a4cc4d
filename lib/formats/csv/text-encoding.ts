import { isUtf8 } from "node:buffer";
import type { TextUnit } from "../text/text-head.ts";
import { WINDOWS_1252 } from "./windows-1252.ts";

/** Code units as numbers: bytes, or the 16-bit units of UTF-16. */
export type Units = Uint8Array | Uint16Array;

/** What reading and writing need to know of an encoding. Structure (delimiters, quotes, line ends) is found unit by unit. */
export interface TextEncoding {
  readonly name: TextUnit;
  readonly unitBytes: 1 | 2;
  /** The encoding that csv-parse is told, for the bytes that `forParser` gives. */
  readonly parserEncoding: "utf8" | "latin1";
  readonly lineEnd: Uint8Array;
  /** The byte order mark; empty where there is none. */
  readonly mark: Uint8Array;
  /** A character, or half of one, that the encoding cannot spell. */
  readonly lacking: RegExp;
  /** Text that the encoding can spell as its bytes. */
  bytesOf(text: string): Buffer;
  /** Such text as units. */
  unitsOf(text: string): Units;
  /** Bytes of whole units as units. A 16-bit view needs an even place in memory, which a `ByteWindow` keeps. */
  view(bytes: Uint8Array): Units;
  isValid(bytes: Uint8Array): boolean;
  /** csv-parse looks at single bytes, where UTF-16 would show it commas that are none: it gets UTF-8 instead. */
  forParser(bytes: Buffer): Buffer;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

const UTF8: TextEncoding = {
  name: "utf-8",
  unitBytes: 1,
  parserEncoding: "utf8",
  lineEnd: Uint8Array.of(0x0a),
  mark: Uint8Array.of(0xef, 0xbb, 0xbf),
  lacking: LONE_SURROGATE,
  bytesOf: (text) => Buffer.from(text, "utf8"),
  unitsOf: (text) => Buffer.from(text, "utf8"),
  view: (bytes) => bytes,
  isValid: isUtf8,
  forParser: (bytes) => bytes,
};

const LATIN1: TextEncoding = {
  ...UTF8,
  name: "latin1",
  parserEncoding: "latin1",
  mark: new Uint8Array(),
  lacking: /[^\0-\xff]/u,
  bytesOf: (text) => Buffer.from(text, "latin1"),
  unitsOf: (text) => Buffer.from(text, "latin1"),
  isValid: () => true,
};

const CP1252: TextEncoding = {
  ...UTF8,
  name: "windows-1252",
  mark: new Uint8Array(),
  lacking: WINDOWS_1252.lacking,
  bytesOf: WINDOWS_1252.encode,
  unitsOf: WINDOWS_1252.encode,
  isValid: WINDOWS_1252.isValid,
  forParser: (bytes) => Buffer.from(WINDOWS_1252.decode(bytes)),
};

const UTF16LE: TextEncoding = {
  name: "utf-16le",
  unitBytes: 2,
  parserEncoding: "utf8",
  lineEnd: Uint8Array.of(0x0a, 0x00),
  mark: Uint8Array.of(0xff, 0xfe),
  lacking: LONE_SURROGATE,
  bytesOf: (text) => Buffer.from(text, "utf16le"),
  unitsOf: (text) => Uint16Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)),
  view: (bytes) => new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1),
  isValid: (bytes) => !LONE_SURROGATE.test(asUtf16(bytes)),
  forParser: (bytes) => Buffer.from(asUtf16(bytes), "utf8"),
};

const UTF16BE: TextEncoding = {
  ...UTF16LE,
  name: "utf-16be",
  lineEnd: Uint8Array.of(0x00, 0x0a),
  mark: Uint8Array.of(0xfe, 0xff),
  bytesOf: (text) => UTF16LE.bytesOf(text).swap16(),
  view: (bytes) => UTF16LE.view(swapped(bytes)),
  isValid: (bytes) => UTF16LE.isValid(swapped(bytes)),
  forParser: (bytes) => UTF16LE.forParser(swapped(bytes)),
};

/** Written with the little end first; its mark says which end is first when it is read. */
const UTF16: TextEncoding = { ...UTF16LE, name: "utf-16" };

/** Spelling of an encoding in the options → the encoding. */
export const ENCODINGS = {
  "utf-8": UTF8,
  utf8: UTF8,
  latin1: LATIN1,
  "latin-1": LATIN1,
  "iso-8859-1": LATIN1,
  "windows-1252": CP1252,
  cp1252: CP1252,
  "utf-16": UTF16,
  "utf-16le": UTF16LE,
  "utf-16be": UTF16BE,
} as const satisfies Record<string, TextEncoding>;

export const ENCODING_NAMES = Object.keys(ENCODINGS) as (keyof typeof ENCODINGS)[];

/** The encoding of a text that begins so, where its mark decides. */
export function settleEncoding(encoding: TextEncoding, head: Uint8Array): TextEncoding {
  const isBigEndian = encoding === UTF16 && UTF16BE.mark.every((byte, i) => head[i] === byte);
  return isBigEndian ? { ...UTF16BE, name: "utf-16" } : encoding;
}

/** The first character of a text that the encoding cannot spell, in words; undefined when it can spell it all. */
export function describeLacking(text: string, { lacking, name }: TextEncoding): string | undefined {
  const [found] = lacking.exec(text) ?? [];
  if (found === undefined) return undefined;
  const code = found.codePointAt(0) as number;
  const what = LONE_SURROGATE.test(found)
    ? "half of a surrogate pair"
    : `'${found}' (U+${code.toString(16).toUpperCase().padStart(4, "0")})`;
  return `${what}, which ${name === "utf-8" ? "UTF-8" : name} cannot spell`;
}

function asUtf16(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf16le");
}

/** A copy of the whole units with their bytes the other way round. */
function swapped(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16();
}
