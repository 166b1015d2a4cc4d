import type { SourceConfig } from "../lib/contract/config.ts";
import { FileReader } from "../lib/contract/files/file-reader.ts";
import { jsonlFormat } from "../lib/formats/jsonl/jsonl-format.ts";

/** Files of one JSON object a line. */
export class JsonlReader extends FileReader {
  constructor(sourceConfig: SourceConfig) {
    super(sourceConfig, jsonlFormat);
  }
}
