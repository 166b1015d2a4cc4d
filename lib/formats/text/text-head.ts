import { DativoError } from "../../contract/errors.ts";

/** What is looked at before the first record is read. */
export const HEAD_BYTES = 4096;
/** What is needed at least, to see a byte order mark. */
export const MARK_BYTES = 4;

/** Encodings whose files are told apart by their first bytes. */
export type TextUnit = "utf-8" | "latin1" | "windows-1252" | "utf-16" | "utf-16le" | "utf-16be";

const UTF8_BOM = [0xef, 0xbb, 0xbf];
const UTF16_BOMS = [
  [[0xff, 0xfe], "utf-16le"],
  [[0xfe, 0xff], "utf-16be"],
] as const;

const KINDS_OF_FILE: readonly (readonly [signature: string, kind: string, hint: string])[] = [
  ["PK\x03\x04", "a ZIP archive", "An Excel workbook is one too: save its sheet as text first."],
  ["\x1f\x8b", "gzip", "It is compressed twice: decompress it once."],
  ["\x28\xb5\x2f\xfd", "Zstandard", "Decompress it first."],
  ["BZh91AY&SY", "bzip2", "Decompress it first."],
  ["\xfd7zXZ\0", "XZ", "Decompress it first."],
  ["PAR1\x15", "Parquet", "Read it with the parquet connector."],
  ["Obj\x01", "Avro", "Read it with the avro connector."],
  ["SQLite format 3\0", "an SQLite database", "Export the table as text first."],
  ["%PDF-", "PDF", "Export the table as text first."],
];

/** Beyond this share of control characters, and this many, no text is meant. */
const CONTROL_SHARE = 0.05;
const CONTROL_MIN = 8;
/** Tab, line feed, vertical tab, form feed, carriage return and escape do stand in text. */
const TEXT_CONTROLS = new Set([9, 10, 11, 12, 13, 27]);

/**
 * Looks at the first {@link HEAD_BYTES} of a text and returns the length of its byte order mark, 0 to 3.
 *
 * `expected` are control characters that belong to the text, such as a delimiter.
 *
 * @throws DativoError DTV_ENCODING when the bytes are no text, or text of another encoding; the hint names the cure.
 */
export function inspectHead(head: Uint8Array, source: string, unit: TextUnit, expected: Uint8Array): number {
  const bomLength = byteOrderMark(head, source, unit);
  const found = KINDS_OF_FILE.find(([signature]) => startsWith(head, Buffer.from(signature, "latin1")));
  if (found) throw wrongEncoding(source, `is no text but ${found[1]}`, found[2]);
  if (!unit.startsWith("utf-16")) refuseBinary(head, source, expected);
  return bomLength;
}

function byteOrderMark(head: Uint8Array, source: string, unit: TextUnit): number {
  if (startsWith(head, UTF8_BOM)) {
    if (unit === "utf-8") return UTF8_BOM.length;
    throw wrongEncoding(source, `begins with the mark of UTF-8 and is read as ${unit}`, "Leave the encoding out.");
  }
  for (const [mark, own] of UTF16_BOMS) {
    if (!startsWith(head, mark)) continue;
    if (unit === own || unit === "utf-16") return mark.length;
    throw wrongEncoding(source, `begins with the mark of UTF-16 and is read as ${unit}`, `${UTF16_CURE}utf-16\`.`);
  }
  if (unit === "utf-16" && head.length > 0) {
    throw wrongEncoding(
      source,
      "has no byte order mark and is read as utf-16",
      "Say which it is: utf-16le, as most files without a mark are, or utf-16be.",
    );
  }
  return 0;
}

const UTF16_CURE = "Convert it with `iconv -f UTF-16 -t UTF-8`; a CSV file can also be read with `encoding: ";

function refuseBinary(head: Uint8Array, source: string, expected: Uint8Array): void {
  const isControl = (byte: number): boolean => byte < 32 && !TEXT_CONTROLS.has(byte) && !expected.includes(byte);
  const controls = head.reduce((count, byte) => count + (isControl(byte) ? 1 : 0), 0);
  if (controls < CONTROL_MIN || controls <= head.length * CONTROL_SHARE) return;
  throw wrongEncoding(
    source,
    `is no text: ${controls} of its first ${head.length} bytes are control characters`,
    isHalfZero(head)
      ? `It looks like UTF-16. ${UTF16_CURE}utf-16le\`.`
      : "Read it with the connector of its own format.",
  );
}

/** Text of the Latin scripts in UTF-16 has a zero in nearly every second byte. */
function isHalfZero(head: Uint8Array): boolean {
  const zeros = head.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  return zeros > head.length * 0.3 && zeros < head.length * 0.6;
}

function startsWith(head: Uint8Array, prefix: ArrayLike<number>): boolean {
  for (let i = 0; i < prefix.length; i++) if (head[i] !== prefix[i]) return false;
  return true;
}

function wrongEncoding(source: string, what: string, hint: string): DativoError {
  return new DativoError("DTV_ENCODING", `${source} ${what}`, { culprit: source, hint });
}
