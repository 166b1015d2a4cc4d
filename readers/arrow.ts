import type { SourceConfig } from "../lib/contract/config.ts";
import { FileReader } from "../lib/contract/files/file-reader.ts";
import { arrowFormat } from "../lib/formats/arrow/arrow-format.ts";

/** Arrow IPC files and streams, Feather version 2 among them. */
export class ArrowReader extends FileReader {
  constructor(sourceConfig: SourceConfig) {
    super(sourceConfig, arrowFormat);
  }
}
