import type { SourceConfig } from "../contract/config.ts";
import { Provenance } from "../contract/provenance.ts";
import { BaseReader, type ReaderClass } from "../contract/reader.ts";
import { ConnectionTestResult, DiscoveryResult } from "../contract/results.ts";
import { formatType } from "../contract/types.ts";
import { ArrayStream } from "./array-stream.ts";
import { ColumnBatch } from "./column-batch.ts";
import type { NativeLibrary } from "./library.ts";
import { readerConfigOf } from "./plugin-config.ts";

/** The class of a reader whose symbol fills a plain ArrowArrayStream. */
export function streamReaderClass(library: NativeLibrary, symbol: string): ReaderClass {
  return class extends StreamReader {
    constructor(sourceConfig: SourceConfig) {
      super(sourceConfig, () => new ArrayStream(library, symbol));
    }
  };
}

/** Reads a stream from its beginning to its end: such a source has no positions, and no parts. */
class StreamReader extends BaseReader {
  static override readonly output = "columns";
  readonly #make: () => ArrayStream;
  readonly #streams = new Set<ArrayStream>();

  constructor(sourceConfig: SourceConfig, make: () => ArrayStream) {
    super(sourceConfig);
    this.#make = make;
  }

  async *extract() {
    const { signal } = this.ctx;
    const stream = await this.#open();
    try {
      const schema = await stream.schema();
      for (let row = 1; ; ) {
        const rows = await stream.next(schema);
        // Such a stream cannot be told to stop: it is not asked again, and nobody takes what it gave meanwhile.
        if (signal.aborted) rows?.release();
        signal.throwIfAborted();
        if (!rows) return;
        const provenance = Provenance.numbered(stream.name, row);
        row += rows.length;
        yield new ColumnBatch(schema, rows, provenance);
      }
    } finally {
      await this.#close(stream);
    }
  }

  override async checkConnection(): Promise<ConnectionTestResult> {
    const { schema } = await this.#schema();
    return new ConnectionTestResult(true, `It gives ${schema.fields.length} columns: ${schema.names.join(", ")}`);
  }

  override async discover(): Promise<DiscoveryResult> {
    const { schema, name } = await this.#schema();
    const columns = schema.fields.map((field) => ({ ...field, type: formatType(field.type) }));
    return new DiscoveryResult([{ name, type: "stream", columns }]);
  }

  override async close(): Promise<void> {
    for (const stream of this.#streams) await this.#close(stream);
  }

  async #schema() {
    const stream = await this.#open();
    try {
      return { schema: (await stream.schema()).schema, name: stream.name };
    } finally {
      await this.#close(stream);
    }
  }

  async #open(): Promise<ArrayStream> {
    const stream = this.#make();
    this.#streams.add(stream);
    await stream.create(readerConfigOf(this.sourceConfig, this.ctx));
    return stream;
  }

  async #close(stream: ArrayStream): Promise<void> {
    this.#streams.delete(stream);
    await stream.close();
  }
}
