import type { Batch } from "../../lib/contract/batch.ts";
import type { SourceConfig } from "../../lib/contract/config.ts";
import { DativoError } from "../../lib/contract/errors.ts";
import { ahead } from "../../lib/contract/files/ahead.ts";
import { decodeBytes } from "../../lib/contract/files/decode-bytes.ts";
import {
  expectRows,
  proveEnd,
  type StreamProof,
  streamProofOptions,
  withoutMarker,
} from "../../lib/contract/files/stream-proof.ts";
import type { Format, SourceContext } from "../../lib/contract/format.ts";
import { o, parseOptions } from "../../lib/contract/options.ts";
import { BaseReader, type Yielded } from "../../lib/contract/reader.ts";
import { MAX_BATCH_ROWS, RowBatch } from "../../lib/contract/row-batch.ts";
import type { InputStream, StandardStreams } from "../../lib/contract/standard-streams.ts";
import type { IncrementalStateManager } from "../../lib/contract/state.ts";
import type { PipeDecoder } from "../../lib/formats/arrow/pipe/pipe-decoder.ts";
import { FORMAT_NAMES, FORMATS } from "../../lib/formats/formats.ts";
import { RECOGNISED_BYTES, type Recognised, recogniseFormat } from "../../lib/formats/recognise-format.ts";

const GIB = 1024 * 1024 * 1024;
/** Streams of which a state remembers that they were loaded. */
const REMEMBERED = 100;

/** The options of the reader; what is none of them is an option of the format. */
const stdinOptions = {
  format: o
    .enum(["auto", ...FORMAT_NAMES])
    .default("auto")
    .describe("By default told by the first bytes"),
  batch_size: o.int().min(1).default(MAX_BATCH_ROWS).describe("Records per batch, at most, where JavaScript decodes"),
  max_spool_bytes: o
    .int()
    .min(1)
    .default(16 * GIB)
    .describe("Formats that are read from their end, such as Parquet, are kept in a temporary file first: up to this"),
  allow_duplicates: o
    .boolean()
    .default(false)
    .describe("Whether a stream that was loaded before, byte for byte, is loaded once more"),
  flush: o.boolean().default(false).describe("Hands records on as they come, for streams that are slow and never end"),
  ...streamProofOptions,
};

const OWN = Object.keys(stdinOptions);

type Options = o.output<ReturnType<typeof o.strictObject<typeof stdinOptions>>>;

/** Where the stream of a run ended, and the streams before it: the last {@link REMEMBERED} by their digest. */
interface StreamPosition {
  readonly recent: readonly string[];
}

/** Records from standard input. It gives them once, so that nothing of it can be read again. */
export class StdinReader extends BaseReader {
  static override readonly replay = 1;
  readonly #options: Options;
  readonly #formatOptions: Readonly<Record<string, unknown>>;

  constructor(sourceConfig: SourceConfig) {
    super(sourceConfig);
    const given = Object.entries(sourceConfig.engine.options as Record<string, unknown>);
    const own = Object.fromEntries(given.filter(([name]) => OWN.includes(name)));
    this.#options = parseOptions(o.strictObject(stdinOptions), own, "engine.options of the stdin reader");
    this.#formatOptions = Object.fromEntries(given.filter(([name]) => !OWN.includes(name)));
  }

  async *extract(state?: IncrementalStateManager): AsyncGenerator<Yielded> {
    const { standard, signal } = this.ctx;
    const input = standard.input();
    signal.addEventListener("abort", () => input.close(), { once: true });
    const head = await this.#lookAt(input);
    const mayBePipe = this.#options.format === "auto" && ARROW.every((byte, index) => head[index] === byte);
    const piped = mayBePipe ? await openPipe(input, standard) : undefined;
    standard.proof = piped
      ? yield* this.#readPipe(input, piped)
      : yield* this.#readForeign(input, recogniseFormat(head));
    const position = await this.#positionOf(input, state);
    if (position) yield { batch: [], position };
  }

  /** Enough of the first bytes to tell what they begin. */
  async #lookAt(input: InputStream): Promise<Uint8Array> {
    const { flush: isPrompt, format, accept_eof: isAccepted } = this.#options;
    const head = await input.head(isPrompt ? ARROW.length : RECOGNISED_BYTES);
    if (head.length === 0 && format === "auto" && !isAccepted) throw nothingCame();
    return head;
  }

  /** What another process of ours sends. */
  async *#readPipe(input: InputStream, decoder: PipeDecoder): AsyncGenerator<Batch, StreamProof> {
    this.#refuseMarker("a stream of Dativo");
    let rows = 0;
    for await (const chunk of ahead(input.bytes())) {
      for await (const { batch } of decoder.push(chunk)) {
        rows += batch.length;
        yield batch;
      }
    }
    // What has no records has columns all the same.
    if (rows === 0 && decoder.schema) yield RowBatch.empty(decoder.schema.schema);
    const trailer = decoder.end();
    expectRows(this.#options, rows);
    if (trailer?.proof !== "eof") return trailer ? "trailer" : "format";
    if (this.#options.expect_rows !== undefined) return "rows";
    if (this.#options.accept_eof) return "eof";
    throw unprovenUpstream();
  }

  async *#readForeign(input: InputStream, recognised: Recognised): AsyncGenerator<Batch, StreamProof> {
    const { format: asked } = this.#options;
    const name = asked === "auto" ? recognised.format : asked;
    const seen = name === recognised.format ? recognised.options : {};
    const format = await FORMATS[name].load();
    const given = { ...seen, ...this.#formatOptions };
    const options = format.decodeOptions
      ? parseOptions(format.decodeOptions, given, `options of ${name} on stdin`)
      : given;
    let rows = 0;
    const context: SourceContext = {
      source: input.name,
      reject: (reject) => {
        rows++;
        this.ctx.reject(reject);
      },
      warn: (message) => this.ctx.log.warn(message),
    };
    for await (const batch of this.#decode(
      input,
      { format, options, isStream: recognised.isStream === true },
      context,
    )) {
      rows += batch.length;
      yield batch;
    }
    return proveEnd(this.#options, { rows, format: name, provesEnd: FORMATS[name].provesEnd });
  }

  async *#decode(
    input: InputStream,
    { format, options, isStream }: Chosen,
    context: SourceContext,
  ): AsyncGenerator<Batch> {
    const around = { ...context, batchRows: this.#options.batch_size };
    if (format.decodeAt) this.#refuseMarker(format.name);
    if (format.decodeAt && !isStream) {
      const file = await input.spool(this.ctx.tempDir, this.#options.max_spool_bytes);
      try {
        yield* format.decodeAt(file, options, around);
      } finally {
        await file.close();
      }
      return;
    }
    const { done_marker: marker, flush: isPrompt } = this.#options;
    const { contract, native, signal, feedsWriters, feedsSettlers } = this.ctx;
    const mayBeNative = !isPrompt && (contract !== undefined || feedsWriters);
    const settleRows = feedsSettlers && !contract ? this.#options.batch_size : undefined;
    const decoder = mayBeNative ? await native.decoder(format, options, contract, signal, settleRows) : undefined;
    const chunks = () => (decoder ? input.lentBytes() : input.bytes());
    // What may be a marker is held back, longer than a chunk is lent.
    const bytes = ahead(marker === undefined ? chunks() : withoutMarker(input.bytes(), marker));
    if (decoder) {
      try {
        yield* decoder.decode(bytes, context);
      } finally {
        await decoder.close();
      }
      return;
    }
    yield* decodeBytes(format, options, bytes, around, isPrompt);
  }

  /** Nobody looks for lines in what has none; a marker that was not looked for must not pass for a proof. */
  #refuseMarker(what: string): void {
    if (this.#options.done_marker === undefined) return;
    throw new DativoError("DTV_OPTION_INVALID", `done_marker is a line of text, and standard input is ${what}`, {
      culprit: "done_marker",
      hint: "Leave it out: such a stream says by itself where it ends.",
    });
  }

  /** @throws DativoError DTV_ALREADY_LOADED */
  async #positionOf(input: InputStream, state?: IncrementalStateManager): Promise<StreamPosition | undefined> {
    const digest = await input.digest();
    if (digest === undefined) return undefined;
    const recent = (state?.position as StreamPosition | undefined)?.recent ?? [];
    if (recent.includes(digest) && !this.#options.allow_duplicates) {
      throw new DativoError("DTV_ALREADY_LOADED", "This very stream was loaded before; nothing was changed", {
        culprit: "stdin",
        hint: "To add its records once more, say so: --allow-duplicates, or `allow_duplicates: true` among the options of the reader.",
        details: { xxh128: digest },
      });
    }
    return { recent: [digest, ...recent.filter((each) => each !== digest)].slice(0, REMEMBERED) };
  }
}

interface Chosen {
  readonly format: Format;
  readonly options: unknown;
  /** To be read in the order of its bytes. */
  readonly isStream: boolean;
}

/** How a stream of Arrow messages begins. */
const ARROW = [0xff, 0xff, 0xff, 0xff] as const;

/** Undefined for an Arrow stream of somebody else. */
async function openPipe(input: InputStream, standard: StandardStreams): Promise<PipeDecoder | undefined> {
  const { isPipeStream, PipeDecoder } = await import("../../lib/formats/arrow/pipe/pipe-decoder.ts");
  for (let head = await input.head(ARROW.length); ; ) {
    const isOurs = isPipeStream(head);
    if (isOurs) return new PipeDecoder({ source: input.name, hash: await standard.hash() });
    const more = isOurs === undefined ? await input.head(head.length + 1) : head;
    if (more.length === head.length) return undefined;
    head = more;
  }
}

function nothingCame(): DativoError {
  return new DativoError("DTV_UPSTREAM_INCOMPLETE", "Nothing came on standard input", {
    culprit: "stdin",
    hint: "The command before the pipe has failed, or has nothing to say. An empty stream is taken with --from and --accept-eof.",
  });
}

function unprovenUpstream(): DativoError {
  return new DativoError(
    "DTV_UPSTREAM_UNPROVEN",
    "The process before this one passed on what it was given, and nothing told it that this was all",
    {
      culprit: "stdin",
      hint: "Let `dativo read` begin the pipe, give the first process --expect-rows or --done-marker, or accept whatever comes with --accept-eof.",
    },
  );
}
