import { extname } from "node:path";
import { COMPRESSION_SUFFIXES } from "./compression.ts";
import { sha256 } from "./sha256.ts";

/** Staged files end so, in order that no reader of a data format takes them for data. */
export const STAGED_SUFFIX = ".staged";

/** Longest file name that file systems take, in bytes, less what a run id, a number and suffixes add. */
const MAX_NAME_BYTES = 255 - 80;
const MAX_EXTENSION_BYTES = 20;
const MAX_FOLDER_BYTES = 255;
const COMPRESSED = new RegExp(`\\.[^./]+\\.(?:${Object.values(COMPRESSION_SUFFIXES).join("|")})$`);

/** What Hive, and everybody after it, calls the folder of records that have no value. */
const NO_VALUE = "__HIVE_DEFAULT_PARTITION__";

/** Texts that readers of such folders take for no value; they ask before they decode, so that one encoded letter tells. */
const READ_AS_NO_VALUE = /^(?:__HIVE_DEFAULT_PARTITION__|null)$/i;

/** What all records in a folder have in common: the text of a column's value, null for none. */
export interface Partition {
  readonly column: string;
  readonly value: string | null;
}

/**
 * Any text as one file name: everything but letters, digits, `_`, `.` and `-` is percent-encoded, and names that a
 * file system or a command reads otherwise (a leading `.` or `-`, `~`) are too. Long names are cut and told apart by a hash.
 */
export function encodeName(text: string): string {
  const safe = shieldSpecial(encodeText(text));
  if (safe.length <= MAX_NAME_BYTES) return safe;
  const extension = suffixOf(safe).slice(0, MAX_EXTENSION_BYTES);
  return `${cut(safe, text, MAX_NAME_BYTES - extension.length)}${extension}`;
}

/** What follows the name of a file proper: `.csv`, `.csv.gz`. */
export function suffixOf(path: string): string {
  const [compressed] = COMPRESSED.exec(path) ?? [];
  return compressed ?? extname(path);
}

/**
 * A folder name as Hive spells it, `column=value`, percent-encoded as {@link encodeName} does it. The empty text is
 * `column=`. A value too long for a name is cut, and told apart by a hash: such a name does not say its value.
 */
export function encodePartition({ column, value }: Partition): string {
  const lead = `${encodeName(column)}=`;
  if (value === null) return lead + NO_VALUE;
  const safe = READ_AS_NO_VALUE.test(value)
    ? encodeByte(value.charCodeAt(0), NOTHING_SAFE) + encodeText(value.slice(1))
    : encodeText(value);
  return (
    lead + (lead.length + safe.length <= MAX_FOLDER_BYTES ? safe : cut(safe, value, MAX_FOLDER_BYTES - lead.length))
  );
}

/** What a folder name says; undefined for one that was cut or is none of {@link encodePartition}. */
export function decodePartition(name: string): Partition | undefined {
  const [, column, value] = /^((?:[\w.-]|%[0-9A-F]{2})+)=((?:[\w.-]|%[0-9A-F]{2})*)$/.exec(name) ?? [];
  if (column === undefined || value === undefined) return undefined;
  try {
    return { column: decodeURIComponent(column), value: value === NO_VALUE ? null : decodeURIComponent(value) };
  } catch {
    return undefined;
  }
}

function encodeText(text: string): string {
  return Array.from(Buffer.from(text), (byte) => encodeByte(byte)).join("");
}

/** `~` is in no name that was not cut. */
function cut(safe: string, text: string, maxBytes: number): string {
  const hash = sha256(text).slice(0, 16);
  return `${safe.slice(0, maxBytes - hash.length - 1)}~${hash}`;
}

/** Names that mean something else: hidden files, among them this folder and its parent, and options. */
function shieldSpecial(name: string): string {
  if (name.startsWith(".")) return `%2E${name.slice(1)}`;
  return name.startsWith("-") ? `%2D${name.slice(1)}` : name || "%";
}

const SAFE = /[A-Za-z0-9_.-]/;
const NOTHING_SAFE = /$^/;

function encodeByte(byte: number, safe: RegExp = SAFE): string {
  const character = String.fromCharCode(byte);
  return safe.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
