import type { AssetDefinition } from "../../lib/contract/asset.ts";
import type { Batch } from "../../lib/contract/batch.ts";
import type { TargetConfig } from "../../lib/contract/config.ts";
import { DativoError, type ErrorCode } from "../../lib/contract/errors.ts";
import type { Format } from "../../lib/contract/format.ts";
import { o, parseOptions } from "../../lib/contract/options.ts";
import type { FileMetadata } from "../../lib/contract/results.ts";
import type { Schema } from "../../lib/contract/schema.ts";
import type { OutputStream } from "../../lib/contract/standard-streams.ts";
import { BaseWriter } from "../../lib/contract/writer.ts";
import { FORMAT_NAMES, FORMATS, type FormatName } from "../../lib/formats/formats.ts";
import { FormatStream } from "./format-stream.ts";
import type { RecordStream } from "./record-stream.ts";

type Written = FormatName | "table" | "dativo";

const stdoutOptions = {
  format: o
    .enum([...FORMAT_NAMES, "table", "dativo"])
    .default("jsonl")
    .describe("How records are written; `dativo` is what the next process of a pipe knows to be whole"),
};

const pipeOptions = o.strictObject({
  trailer: o.boolean().default(true).describe("Whether a last message behind Arrow's own end says how the work went"),
});

/**
 * Records to standard output, or to another stream. What that has taken cannot be taken back, so nothing of a run is held
 * until its end.
 */
export class StdoutWriter extends BaseWriter {
  static override readonly input = "columns";
  readonly #written: Written;
  readonly #output: OutputStream | undefined;
  readonly #given: Readonly<Record<string, unknown>>;
  #schema: Schema | undefined;
  #stream: RecordStream | undefined;
  /** What is under way to whoever reads, while the next records are encoded. */
  #sending: Promise<void> = Promise.resolve();

  /** @param output in place of standard output */
  constructor(asset: AssetDefinition, target: TargetConfig, outputBase: string, output?: OutputStream) {
    super(asset, target, outputBase);
    this.#output = output;
    const { format, ...given } = target.engine.options as Record<string, unknown>;
    const owner = "engine.options of the stdout writer";
    this.#written = parseOptions(o.object(stdoutOptions), format === undefined ? {} : { format }, owner).format;
    this.#given = given;
  }

  override open(schema: Schema): void {
    this.#schema = schema;
  }

  async writeBatch(batch: Batch): Promise<FileMetadata[]> {
    if (batch.length === 0) return [];
    this.#stream ??= await this.#begin();
    await this.#write(this.#stream.encode(batch));
    return [];
  }

  override async seal(): Promise<FileMetadata[]> {
    this.#stream ??= await this.#begin();
    await this.#write(this.#stream.end(this.#schema));
    // Whoever reads a stream as any Arrow stream stops at the end of its records, and has them all. Only what follows that
    // end is still under way.
    await this.#sending.catch((error: unknown) => {
      if (this.#written !== "dativo" || codeOf(error) !== "DTV_BROKEN_PIPE") throw error;
    });
    return [];
  }

  override async abortFiles(_files: readonly FileMetadata[], cause: unknown): Promise<void> {
    const code = codeOf(cause);
    // Nobody is there to be told.
    if (code === "DTV_BROKEN_PIPE" || code === "DTV_TARGET_UNWRITABLE") return;
    this.#stream ??= await this.#begin();
    await this.#write(this.#stream.fail(this.#schema, code));
    await this.#sending;
  }

  override async close(): Promise<void> {
    await this.#stream?.close();
  }

  async #begin(): Promise<RecordStream> {
    const { ctx, assetDefinition: asset } = this;
    const name = this.#written;
    if (name === "dativo") {
      const { trailer: hasTrailer } = parseOptions(pipeOptions, this.#given, "options of the pipe on stdout");
      const { PipeStream } = await import("./pipe-stream.ts");
      return new PipeStream({ asset, hasTrailer, ctx });
    }
    const format = await formatOf(name, this.#output !== undefined);
    const owner = `options of ${name} on stdout`;
    const options = format.encodeOptions ? parseOptions(format.encodeOptions, this.#given, owner) : {};
    const isTyped = name !== "table" && !FORMATS[name].isText;
    return new FormatStream({
      format,
      options,
      isTyped,
      isOpen: name === "jsonl",
      isFramed: isTyped || name === "json",
      ctx,
    });
  }

  async #write(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const output = this.#output ?? this.ctx.standard.output();
    for await (const bytes of chunks) {
      if (bytes.length === 0) continue;
      await this.#sending;
      this.#sending = output.write(bytes);
      // Its fault is thrown when it is waited for.
      this.#sending.catch(() => {});
    }
  }
}

async function formatOf(name: FormatName | "table", isFile: boolean): Promise<Format> {
  // Whoever reads a pipe cannot begin at its end.
  if (name === "arrow" && !isFile) return (await import("../../lib/formats/arrow/arrow-format.ts")).arrowStreamFormat;
  if (name === "table") return (await import("../../lib/formats/table/table-format.ts")).tableFormat;
  return FORMATS[name].load();
}

function codeOf(cause: unknown): ErrorCode {
  return cause instanceof DativoError ? cause.code : "DTV_INTERNAL";
}
