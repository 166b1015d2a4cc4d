import { o } from "../../contract/options.ts";
import { checkCompression, compressionOptions } from "../compression/compression-options.ts";
import { describeLacking, ENCODING_NAMES, ENCODINGS } from "./text-encoding.ts";

const MIB = 1024 * 1024;
/** Text longer than this does not fit into one string of the engine. */
const MAX_TEXT_BYTES = 256 * MIB;
/** Wider tables are refused: they come from a wrong delimiter or an attack. */
export const MAX_COLUMNS = 10_000;

const encoding = o.string().toLowerCase().pipe(o.enum(ENCODING_NAMES)).default("utf-8");

const delimiter = o
  .string()
  .min(1)
  .max(8)
  .regex(/^[^\r\n]*$/, "cannot hold a line end")
  .default(",")
  .describe("What stands between two fields: 1 to 8 characters, or the word `tab`");

const singleCharacter = o.string().regex(/^[\x21-\x7e]$/, "must be one printable ASCII character");

/** How CSV text is read. */
export const csvDecodeOptions = o
  .strictObject({
    delimiter,
    quote_char: o
      .union([singleCharacter, o.literal(""), o.null()])
      .optional()
      .describe('What stands around a field that holds delimiters or line ends; default `"`; null or "": no quoting'),
    quote: o
      .union([singleCharacter, o.literal(""), o.null()])
      .optional()
      .describe("Another name of quote_char"),
    escape_char: singleCharacter
      .optional()
      .describe("What makes the next character inside quotes literal; default: the quote character, doubled"),
    header: o.boolean().default(true).describe("Whether the first record names the columns"),
    columns: o
      .array(o.string())
      .min(1)
      .max(MAX_COLUMNS)
      .optional()
      .describe("Names of the columns, in place of those in the header, which is passed over"),
    comment: o
      .string()
      .min(1)
      .max(8)
      .regex(/^[^\r\n]*$/, "cannot hold a line end")
      .optional()
      .describe("What a line begins with that is a comment as a whole; default: there are none"),
    skip_lines: o.int().min(0).default(0).describe("Lines to pass over before the header"),
    null_values: o
      .array(o.string())
      .default(["", "NULL", "null", "None"])
      .describe('Fields that mean "no value", quoted or not; without "" in the list, empty fields are empty text'),
    encoding: encoding.describe("Encoding of the file; `utf-16` goes by the byte order mark"),
    max_record_bytes: o
      .int()
      .min(1)
      .max(MAX_TEXT_BYTES)
      .default(64 * MIB)
      .describe("A larger record ends the run: most often a quote is not closed"),
    max_field_bytes: o
      .int()
      .min(1)
      .max(MAX_TEXT_BYTES)
      .default(16 * MIB)
      .describe("A larger field ends the run; its quotes count"),
    allow_nul: o.boolean().default(false).describe("Whether text may hold the character U+0000"),
  })
  .superRefine((options, context) => {
    const fault = (key: string, message: string): void => {
      context.addIssue({ code: "custom", path: [key], message });
    };
    const { quote_char, quote } = options;
    if (quote_char !== undefined && quote !== undefined && quote_char !== quote) {
      fault("quote", "says something else than quote_char, whose other name it is");
    }
    for (const key of ["delimiter", "comment"] as const) {
      const lacking = describeLacking(options[key] ?? "", ENCODINGS[options.encoding]);
      if (lacking !== undefined) fault(key, `holds ${lacking}`);
    }
    const quoteChar = quoteOf(options);
    const escapeChar = options.escape_char ?? quoteChar;
    const separator = delimiterOf(options);
    for (const character of new Set([quoteChar, escapeChar])) {
      if (character && separator.includes(character)) fault("delimiter", `holds ${character}, which quotes or escapes`);
      if (character && options.comment?.startsWith(character))
        fault("comment", `begins with ${character}, which quotes`);
    }
    if (options.comment?.startsWith(separator)) fault("comment", "begins with the delimiter");
    if (options.escape_char !== undefined && !quoteChar) fault("escape_char", "has no meaning without a quote_char");
    const twice = options.columns?.find((name, index, names) => names.indexOf(name) !== index);
    if (twice !== undefined) fault("columns", `names '${twice}' twice`);
  });

/** The options as a program or a job gives them. */
export type CsvReadOptions = o.input<typeof csvDecodeOptions>;
/** The options with their defaults. */
export type CsvDecodeOptions = o.output<typeof csvDecodeOptions>;

/** How CSV text is written. */
export const csvEncodeOptions = o
  .strictObject({
    delimiter,
    quote_char: singleCharacter
      .default('"')
      .describe("What stands around a field that holds delimiters, quotes or line ends"),
    header: o.boolean().default(true).describe("Whether the first line names the columns"),
    null_value: o
      .string()
      .regex(/^[^\r\n]*$/, "cannot hold a line end")
      .default("")
      .describe('What is written for "no value". Text that reads the same, such as the empty text, is put in quotes'),
    escape_formulas: o
      .enum(["none", "prefix"])
      .default("none")
      .describe(
        "`prefix` puts an apostrophe before text that a spreadsheet would run as a formula; it changes the data",
      ),
    line_ending: o.enum(["\n", "\r\n"]).default("\n").describe("What ends a line"),
    encoding: encoding.describe(
      "Encoding of the file; a character that it lacks ends the run. `utf-16` is written with the little end first",
    ),
    bom: o
      .boolean()
      .default(false)
      .describe("Whether a UTF-8 file begins with a byte order mark, as Excel wants it; UTF-16 always does"),
    ...compressionOptions,
  })
  .superRefine(checkCompression)
  .superRefine((options, context) => {
    const { encoding } = options;
    if (options.bom && ENCODINGS[encoding].mark.length === 0) {
      context.addIssue({ code: "custom", path: ["bom"], message: `${encoding} has no byte order mark` });
    }
    for (const key of ["delimiter", "null_value"] as const) {
      const lacking = describeLacking(options[key], ENCODINGS[encoding]);
      if (lacking !== undefined) context.addIssue({ code: "custom", path: [key], message: `holds ${lacking}` });
    }
    for (const key of ["delimiter", "null_value"] as const) {
      const text = key === "delimiter" ? delimiterOf(options) : options[key];
      if (text.includes(options.quote_char)) {
        context.addIssue({ code: "custom", path: [key], message: "holds the quote_char" });
      }
    }
    if (options.null_value.includes(delimiterOf(options))) {
      context.addIssue({ code: "custom", path: ["null_value"], message: "holds the delimiter" });
    }
  });

export type CsvWriteOptions = o.input<typeof csvEncodeOptions>;
export type CsvEncodeOptions = o.output<typeof csvEncodeOptions>;

/** The delimiter itself: a tab is hard to write in YAML and on a command line. */
export function delimiterOf({ delimiter: given }: { readonly delimiter: string }): string {
  return given === "tab" || given === "\\t" ? "\t" : given;
}

/** The quote character, or an empty text when quoting is off. */
export function quoteOf({ quote_char, quote }: Pick<CsvDecodeOptions, "quote_char" | "quote">): string {
  const given = quote_char === undefined ? quote : quote_char;
  return given === undefined ? '"' : (given ?? "");
}
