import type { FormatName } from "./formats.ts";

/** How many of the first bytes are looked at. */
export const RECOGNISED_BYTES = 64 * 1024;

export interface Recognised {
  readonly format: FormatName;
  /** What was seen of how it is written. */
  readonly options: Readonly<Record<string, unknown>>;
  /** True where the format can be read from its end as well, and these bytes are to be read in their order. */
  readonly isStream?: boolean;
}

const ARROW_STREAM = "\xff\xff\xff\xff";

const SIGNATURES: readonly (readonly [signature: string, format: FormatName])[] = [
  ["PAR1", "parquet"],
  ["ARROW1\0\0", "arrow"],
  [ARROW_STREAM, "arrow"],
  ["Obj\x01", "avro"],
];

/** What CSV in UTF-16 begins with. */
const UTF16_MARKS: readonly string[] = ["\xff\xfe", "\xfe\xff"];

const DELIMITERS = [",", "\t", ";", "|"] as const;

/**
 * The format of a stream by its first bytes: binary ones by their signature, JSON by its first character, and all other
 * text is taken for CSV, with the delimiter that stands in its first line most often.
 */
export function recogniseFormat(head: Uint8Array): Recognised {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, RECOGNISED_BYTES));
  const start = bytes.toString("latin1", 0, 8);
  const known = SIGNATURES.find(([signature]) => start.startsWith(signature));
  if (known) return { format: known[1], options: {}, ...(known[0] === ARROW_STREAM && { isStream: true }) };
  if (UTF16_MARKS.includes(start.slice(0, 2))) {
    return {
      format: "csv",
      options: { encoding: "utf-16", ...delimiterOf(bytes.toString("latin1").replaceAll("\0", "")) },
    };
  }
  const text = bytes.toString("utf8").replace(/^\uFEFF/, "");
  const first = /\S/.exec(text)?.[0];
  if (first === "{") return { format: startsDocument(text) ? "json" : "jsonl", options: {} };
  if (first === "[") return { format: "json", options: {} };
  return { format: "csv", options: delimiterOf(text) };
}

/** An object that goes on behind its first line is a document, and not one of many lines. */
function startsDocument(text: string): boolean {
  const [line = ""] = text.trimStart().split("\n", 1);
  return text.includes("\n") && !line.trimEnd().endsWith("}");
}

function delimiterOf(text: string): { delimiter?: string } {
  const [line = ""] = text.split(/\r?\n/, 1);
  const unquoted = line.replace(/"(?:[^"]|"")*"/g, "");
  let best: { delimiter: string; count: number } = { delimiter: ",", count: 0 };
  for (const delimiter of DELIMITERS) {
    const count = unquoted.split(delimiter).length - 1;
    if (count > best.count) best = { delimiter, count };
  }
  return best.delimiter === "," ? {} : { delimiter: best.delimiter };
}
