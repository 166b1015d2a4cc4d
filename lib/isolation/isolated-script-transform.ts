import type { Batch } from "../contract/batch.ts";
import { type Field, Schema } from "../contract/schema.ts";
import { type Applied, BaseTransform, type TransformClass } from "../contract/transform.ts";
import { KnownSchemas } from "./known-schemas.ts";
import type { Limits, Plugin } from "./plugin.ts";
import type { Answer } from "./plugin-process.ts";
import { PluginSession, textsIn } from "./plugin-session.ts";
import type { TransformFacts } from "./script-facts.ts";
import { formatBatch, parseBatch, type WireBatch } from "./wire-records.ts";
import { packValue, unpackValue } from "./wire-value.ts";

/** The class of a transform whose script runs in a process of its own. It has the hooks that the script has. */
export function isolatedScriptTransformClass(plugin: Plugin, limits: Limits, facts: TransformFacts): TransformClass {
  return class extends IsolatedScriptTransform {
    static override readonly name = plugin.symbol;
    static override readonly input = facts.input;

    constructor(options: Readonly<Record<string, unknown>>) {
      super(options, plugin, limits);
      if (facts.hooks.includes("open")) this.open = (schema, source) => this.askOpen(schema, source);
      if (facts.hooks.includes("flush")) this.flush = () => this.askFlush();
    }
  };
}

/** What `open` gave. */
export type WireOpened =
  | { readonly fields: readonly Field[]; readonly metadata: Readonly<Record<string, string>> }
  | { readonly other: unknown };

/** What `apply` or `flush` gave, or one thing out of that. */
export type WireApplied = { readonly batch: WireBatch } | { readonly stream: number } | { readonly other: unknown };

/** Asks a script in another process; what that returns is for the caller to check, as if it were here. */
class IsolatedScriptTransform extends BaseTransform {
  readonly #session: PluginSession;
  readonly #schemas = new KnownSchemas();

  constructor(options: Readonly<Record<string, unknown>>, plugin: Plugin, limits: Limits) {
    super(options);
    this.#session = new PluginSession(plugin, limits, () => ({
      context: this.ctx,
      header: { options },
      access: { named: textsIn(options), cwd: limits.cwd, writes: [] },
    }));
  }

  async apply(given: Batch): Promise<Applied> {
    this.#schemas.meet(given.schema);
    // Who hands it on gives it back as well.
    return this.#applied("apply", formatBatch(given.retain()));
  }

  override async close(): Promise<void> {
    await this.#session.close();
  }

  protected async askOpen(input: Schema, source: string | undefined): Promise<Schema> {
    const { fields, metadata } = input;
    this.#schemas.meet(input);
    const opened = unpackValue((await this.#ask("open", { fields, metadata, source })).body) as WireOpened;
    return "other" in opened
      ? (opened.other as Schema)
      : this.#schemas.known(new Schema(opened.fields, opened.metadata));
  }

  protected askFlush(): Promise<Applied> {
    return this.#applied("flush", undefined);
  }

  async #ask(hook: string, value: unknown): Promise<Answer> {
    const answer = await this.#session.ask(hook, hook, {}, packValue(value));
    this.#session.handOver(answer);
    return answer;
  }

  async #applied(hook: string, value: unknown): Promise<Applied> {
    const applied = unpackValue((await this.#ask(hook, value)).body) as WireApplied;
    return "stream" in applied ? this.#each(applied.stream, hook) : this.#parse(applied);
  }

  async *#each(stream: number, hook: string): AsyncGenerator<Batch> {
    for await (const { result, body } of this.#session.readAhead(stream, hook)) {
      if (result["end"] !== true) yield this.#parse(unpackValue(body) as WireApplied) as Batch;
    }
  }

  #parse(applied: WireApplied): Batch | undefined {
    if ("batch" in applied) return parseBatch(applied.batch, this.#schemas);
    return (applied as { other: unknown }).other as undefined;
  }
}
