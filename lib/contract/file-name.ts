import { createHash } from "node:crypto";
import { extname } from "node:path";

/** Staged files end so, in order that no reader of a data format takes them for data. */
export const STAGED_SUFFIX = ".staged";

/** Longest file name that file systems take, in bytes, less what a run id, a number and suffixes add. */
const MAX_NAME_BYTES = 255 - 80;
const MAX_EXTENSION_BYTES = 20;

/**
 * Any text as one file name: everything but letters, digits, `_`, `.` and `-` is percent-encoded, and names that a
 * file system or a command reads otherwise (a leading `.` or `-`, `~`) are too. Long names are cut and told apart by a hash.
 */
export function encodeName(text: string): string {
  const safe = shieldSpecial([...Buffer.from(text)].map(encodeByte).join(""));
  if (safe.length <= MAX_NAME_BYTES) return safe;
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const extension = extname(safe).slice(0, MAX_EXTENSION_BYTES);
  return `${safe.slice(0, MAX_NAME_BYTES - hash.length - extension.length - 1)}~${hash}${extension}`;
}

/** Names that mean something else: hidden files, among them this folder and its parent, and options. */
function shieldSpecial(name: string): string {
  if (name.startsWith(".")) return `%2E${name.slice(1)}`;
  return name.startsWith("-") ? `%2D${name.slice(1)}` : name || "%";
}

function encodeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9_.-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
