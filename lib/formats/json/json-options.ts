import { o } from "../../contract/options.ts";
import { jsonlDecodeOptions, jsonlEncodeOptions } from "../jsonl/jsonl-options.ts";

/** How a JSON document is read. */
export const jsonDecodeOptions = o.strictObject({
  path: o
    .union([o.string().min(1), o.array(o.string())], { error: "expected a dotted path, or a list of names" })
    .default("$")
    .describe(
      "Where the array of records stands: `$` is the document itself, `data.items` the member `items` of its member `data`; a list of names where one has a dot in it",
    ),
  single_object: o
    .boolean()
    .default(false)
    .describe("Whether an object in the array's place is taken for one record; else it is an error"),
  max_record_bytes: jsonlDecodeOptions.shape.max_record_bytes.describe(
    "A larger record ends the run: most often the array of records stands elsewhere",
  ),
});

/** The options as a program or a job gives them. */
export type JsonReadOptions = o.input<typeof jsonDecodeOptions>;
/** The options with their defaults. */
export type JsonDecodeOptions = o.output<typeof jsonDecodeOptions>;

/** How an array of records is written. */
export const jsonEncodeOptions = jsonlEncodeOptions;

export type JsonWriteOptions = o.input<typeof jsonEncodeOptions>;

/** The names that lead to the records: none for the document itself. */
export function namesOf(path: JsonDecodeOptions["path"]): readonly string[] {
  if (typeof path !== "string") return path;
  return path === "$" ? [] : path.replace(/^\$\./, "").split(".");
}
