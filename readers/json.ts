import type { SourceConfig } from "../lib/contract/config.ts";
import { FileReader } from "../lib/contract/files/file-reader.ts";
import { jsonFormat } from "../lib/formats/json/json-format.ts";

/** Files of one JSON document, which holds an array of objects. */
export class JsonReader extends FileReader {
  constructor(sourceConfig: SourceConfig) {
    super(sourceConfig, jsonFormat);
  }
}
