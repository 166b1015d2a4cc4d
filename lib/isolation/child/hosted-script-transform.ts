import { isBatch } from "../../contract/batch.ts";
import type { StageContext } from "../../contract/context.ts";
import { DativoError } from "../../contract/errors.ts";
import { type Field, Schema } from "../../contract/schema.ts";
import type { BaseTransform } from "../../contract/transform.ts";
import { iteratorOf } from "../../stream/iterator-of.ts";
import type { Header, Reply } from "../frame.ts";
import type { WireApplied, WireOpened } from "../isolated-script-transform.ts";
import { KnownSchemas } from "../known-schemas.ts";
import { OPTIONAL_HOOKS } from "../script-facts.ts";
import { Streams } from "../streams.ts";
import { formatBatch, parseBatch, type WireBatch } from "../wire-records.ts";
import { packValue, unpackValue } from "../wire-value.ts";
import type { HostedPlayer } from "./hosted-player.ts";
import { callHook, prepareScript, type ScriptPlayer } from "./hosted-script.ts";

interface Opening {
  readonly fields: readonly Field[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly source: string | undefined;
}

/** A transform of a script. One batch that it makes of one goes back at once; of several, each when it is asked for. */
export class HostedScriptTransform implements HostedPlayer {
  readonly #transform: BaseTransform;
  readonly #player: ScriptPlayer;
  readonly #streams = new Streams<unknown>();
  readonly #schemas = new KnownSchemas();

  constructor(transform: BaseTransform, name: string, context: StageContext) {
    this.#transform = transform;
    this.#player = transform as unknown as ScriptPlayer;
    prepareScript(this.#player, "apply", name, context);
    refuseOwnHooks(transform, name);
  }

  async answer(verb: string, header: Header, body: Uint8Array): Promise<Reply> {
    switch (verb) {
      case "open":
        return this.#open(unpackValue(body) as Opening);
      case "apply":
        return this.#call("apply", parseBatch(unpackValue(body) as WireBatch, this.#schemas));
      case "flush":
        return this.#call("flush");
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

  async #open({ fields, metadata, source }: Opening): Promise<Reply> {
    const schema = this.#schemas.known(new Schema(fields, metadata));
    const opened = await callHook(this.#player, "open", [schema, source]);
    return reply<WireOpened>(
      opened instanceof Schema ? { fields: opened.fields, metadata: opened.metadata } : { other: opened },
    );
  }

  async #call(hook: string, ...values: readonly unknown[]): Promise<Reply> {
    const applied = await callHook(this.#player, hook, values);
    const several = isBatch(applied) ? undefined : iteratorOf(applied);
    return reply<WireApplied>(several ? { stream: this.#streams.add(several) } : formatOne(applied));
  }

  async #next(stream: unknown): Promise<Reply> {
    const { value, done } = await this.#streams.next(stream);
    return done ? { header: { end: true } } : reply<WireApplied>(formatOne(value));
  }
}

function formatOne(value: unknown): WireApplied {
  return isBatch(value) ? { batch: formatBatch(value) } : { other: value };
}

function reply<T>(value: T): Reply {
  return { header: {}, body: packValue(value) };
}

/** Which of its hooks there are, the other process was told by the class: what only the object has, nobody would call. */
function refuseOwnHooks(transform: BaseTransform, name: string): void {
  const own = OPTIONAL_HOOKS.find((hook) => Object.hasOwn(transform, hook));
  if (own === undefined) return;
  throw new DativoError(
    "DTV_PLUGIN_CLASS",
    `${name} has ${own}() as a property, which a process of its own cannot tell`,
    {
      culprit: name,
      hint: `Write it as a method: ${own}() { … }`,
    },
  );
}
