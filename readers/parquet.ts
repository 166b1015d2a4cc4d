import type { SourceConfig } from "../lib/contract/config.ts";
import { FileReader } from "../lib/contract/files/file-reader.ts";
import { parquetFormat } from "../lib/formats/parquet/parquet-format.ts";

/** Parquet files. */
export class ParquetReader extends FileReader {
  constructor(sourceConfig: SourceConfig) {
    super(sourceConfig, parquetFormat);
  }
}
