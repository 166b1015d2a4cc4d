import type { ArrowBatch } from "../arrow-batch.ts";
import { ArrowFault, must } from "../fault.ts";
import { KIND, type Message } from "./message.ts";
import { MessageDecoder } from "./message-decoder.ts";
import { MessageSplitter } from "./message-splitter.ts";
import type { StreamSchema } from "./read-schema.ts";

/** What a stream is made of, in the order of its bytes. */
export type StreamPart =
  | { readonly part: "schema"; readonly schema: StreamSchema }
  | { readonly part: "batch"; readonly batch: ArrowBatch; readonly metadata: Readonly<Record<string, string>> }
  | { readonly part: "end" }
  /** What stands after the end. */
  | { readonly part: "rest"; readonly bytes: Uint8Array };

/** Where the messages of a file stand. */
export interface Block {
  readonly kind: number;
  readonly at: number;
}

/**
 * Arrow's stream or file as batches whose columns are views of the bytes. Each message is held to its own lengths and
 * to the schema before anything is made of it.
 */
export class StreamDecoder {
  /** Of a file, to be held against its footer. */
  readonly blocks: Block[] = [];
  readonly #splitter: MessageSplitter;
  readonly #messages: MessageDecoder;

  constructor(source: string, limitBytes: number) {
    this.#splitter = new MessageSplitter(limitBytes);
    this.#messages = new MessageDecoder(source, limitBytes);
  }

  get isFile(): boolean {
    return this.#splitter.isFile;
  }

  get schema(): StreamSchema | undefined {
    return this.#messages.schema;
  }

  /** Records so far. */
  get rows(): number {
    return this.#messages.rows;
  }

  /** @throws ArrowFault or RangeError for bytes that make no sense, DativoError for types that are not read */
  *push(bytes: Uint8Array): Generator<StreamPart> {
    for (const part of this.#splitter.push(bytes)) {
      if (part.part === "message") yield* this.#take(part.message, part.body, part.at);
      else yield part;
      must(part.part !== "end" || this.schema !== undefined, "it has no schema");
    }
  }

  /** @throws ArrowFault where the bytes cannot have ended */
  end(requireMark: boolean): void {
    this.#splitter.end(requireMark);
  }

  *#take(message: Message, body: Buffer, at: number): Generator<StreamPart> {
    const { kind, header, metadata } = message;
    if (this.isFile) this.blocks.push({ kind, at });
    if (kind === KIND.schema) yield { part: "schema", schema: this.#messages.takeSchema(header) };
    else if (kind === KIND.dictionary) this.#messages.takeDictionary(message, body);
    else if (kind === KIND.batch) yield { part: "batch", batch: this.#messages.takeBatch(message, body), metadata };
    else throw new ArrowFault(`it has a message of kind ${kind}, which is not read`);
  }
}
