import type { Batch } from "../../contract/batch.ts";
import type { StageContext } from "../../contract/context.ts";
import { type Field, Schema } from "../../contract/schema.ts";
import type { BaseTransform } from "../../contract/transform.ts";
import type { Header, Reply } from "../frame.ts";
import { KnownSchemas } from "../known-schemas.ts";
import { Streams } from "../streams.ts";
import { formatArrow, parseArrow } from "../wire-arrow.ts";
import type { HostedPlayer } from "./hosted-player.ts";

/** A transform of a library; what it makes of each batch is a stream with a number. */
export class HostedTransform implements HostedPlayer {
  readonly #transform: BaseTransform;
  readonly #streams = new Streams<Batch>();
  readonly #schemas = new KnownSchemas();

  constructor(transform: BaseTransform, context: StageContext) {
    this.#transform = transform;
    transform.ctx = context;
  }

  async answer(verb: string, header: Header, body: Uint8Array): Promise<Reply> {
    switch (verb) {
      case "open":
        return this.#open(header);
      case "apply":
        return this.#begin(this.#transform.apply(parseArrow(header, body, this.#schemas)));
      case "flush":
        return this.#begin(this.#transform.flush());
      case "next":
        return this.#next(header["stream"]);
      case "return":
        await this.#streams.end(header["stream"]);
        return { header: {} };
      default:
        throw new RangeError(`A transform is not asked to ${verb}`);
    }
  }

  async close(): Promise<void> {
    await this.#transform.close();
  }

  async #open({ fields, metadata }: Header): Promise<Reply> {
    const input = new Schema(fields as Field[], metadata as Record<string, string>);
    const output = await this.#transform.open(this.#schemas.known(input));
    return { header: { fields: output.fields, metadata: output.metadata } };
  }

  /** Transforms of libraries are generators. */
  #begin(made: unknown): Reply {
    return { header: { stream: this.#streams.add(made as AsyncGenerator<Batch>) } };
  }

  async #next(stream: unknown): Promise<Reply> {
    const { value, done } = await this.#streams.next(stream);
    return done ? { header: { end: true } } : formatArrow(value);
  }
}
