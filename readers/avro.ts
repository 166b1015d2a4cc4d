import type { SourceConfig } from "../lib/contract/config.ts";
import { FileReader } from "../lib/contract/files/file-reader.ts";
import { avroFormat } from "../lib/formats/avro/avro-format.ts";

/** Container files of Avro. */
export class AvroReader extends FileReader {
  constructor(sourceConfig: SourceConfig) {
    super(sourceConfig, avroFormat);
  }
}
