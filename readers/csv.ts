import type { FileEntry, SourceConfig } from "../lib/contract/config.ts";
import { FileReader } from "../lib/contract/files/file-reader.ts";
import { csvFormat } from "../lib/formats/csv/csv-format.ts";
import { kindOfName } from "../lib/formats/kind-of-name.ts";

/** Delimited text files. Where all of them are called `.tsv` the delimiter is the tab, unless one is given. */
export class CsvReader extends FileReader {
  constructor(sourceConfig: SourceConfig) {
    super(sourceConfig, csvFormat, sourceConfig.files.every(isTabbed) ? { delimiter: "tab" } : {});
  }
}

function isTabbed(entry: FileEntry): boolean {
  return kindOfName(String(entry.path ?? entry["file"]))?.options["delimiter"] === "\t";
}
