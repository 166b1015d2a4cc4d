import type { SourceConfig } from "../lib/contract/config.ts";
import { FileReader } from "../lib/contract/files/file-reader.ts";
import { csvFormat } from "../lib/formats/csv/csv-format.ts";

/** Delimited text files. */
export class CsvReader extends FileReader {
  constructor(sourceConfig: SourceConfig) {
    super(sourceConfig, csvFormat);
  }
}
