import type { Batch } from "../contract/batch.ts";
import { placeReject } from "../contract/place-reject.ts";
import { type Field, Schema } from "../contract/schema.ts";
import { BaseTransform, type TransformClass } from "../contract/transform.ts";
import { KnownSchemas } from "./known-schemas.ts";
import { type Limits, nameOf, type Plugin } from "./plugin.ts";
import type { Answer } from "./plugin-process.ts";
import { PluginSession, textsIn } from "./plugin-session.ts";
import { formatArrow, parseArrow } from "./wire-arrow.ts";

/** The class of a transform whose library runs in a process of its own. */
export function isolatedTransformClass(plugin: Plugin, limits: Limits): TransformClass {
  return class extends IsolatedTransform {
    constructor(options: Readonly<Record<string, unknown>>) {
      super(options, plugin, limits);
    }
  };
}

/** Hands batches to a transform in another process, and on what that makes of them. */
class IsolatedTransform extends BaseTransform {
  static override readonly input = "columns";
  readonly #session: PluginSession;
  readonly #schemas = new KnownSchemas();
  /** What the answers are about. */
  #input: Batch | undefined;

  constructor(options: Readonly<Record<string, unknown>>, plugin: Plugin, limits: Limits) {
    super(options);
    // The other side tells the number of a record in its batch.
    const placed = (reject: Parameters<typeof placeReject>[0]) => placeReject(reject, this.#input, nameOf(plugin));
    this.#session = new PluginSession(plugin, limits, () => ({
      context: { ...this.ctx, reject: (reject) => this.ctx.reject(placed(reject)) },
      header: { options },
      access: { named: textsIn(options), cwd: limits.cwd, writes: [] },
    }));
  }

  override async open(input: Schema): Promise<Schema> {
    const { fields, metadata } = input;
    this.#schemas.meet(input);
    const answer = await this.#session.ask("open", "open", { fields, metadata });
    this.#session.handOver(answer);
    const { result } = answer;
    return this.#schemas.known(new Schema(result["fields"] as Field[], result["metadata"] as Record<string, string>));
  }

  override async *apply(batch: Batch): AsyncGenerator<Batch> {
    this.#input = batch;
    this.#schemas.meet(batch.schema);
    // Who hands it on gives it back as well.
    const { header, body } = formatArrow(batch.retain());
    yield* this.#batches(await this.#session.ask("apply", "apply", header, body), "apply");
  }

  override async *flush(): AsyncGenerator<Batch> {
    this.#input = undefined;
    yield* this.#batches(await this.#session.ask("flush", "flush"), "flush");
  }

  override async close(): Promise<void> {
    await this.#session.close();
  }

  async *#batches(answer: Answer, hook: string): AsyncGenerator<Batch> {
    this.#session.handOver(answer);
    for await (const next of this.#session.readAhead(answer.result["stream"], hook)) {
      if (next.result["end"] !== true) yield parseArrow(next.result, next.body, this.#schemas);
    }
  }
}
