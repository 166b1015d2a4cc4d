import type { StageContext } from "../../contract/context.ts";
import type { SurveyedFile, Surveyor } from "../../contract/files/file-reader.ts";
import type { BaseReader } from "../../contract/reader.ts";
import type { Position, Split } from "../../contract/results.ts";
import { IncrementalStateManager } from "../../contract/state.ts";
import { iteratorOf, notIterable } from "../../stream/iterator-of.ts";
import type { Header, Reply } from "../frame.ts";
import type { WireNext } from "../isolated-script-reader.ts";
import { Streams } from "../streams.ts";
import { formatYielded } from "../wire-records.ts";
import { NotingValues } from "../wire-state.ts";
import { packValue, unpackValue } from "../wire-value.ts";
import type { HostedPlayer } from "./hosted-player.ts";
import { answerCall, prepareScript, type ScriptPlayer } from "./hosted-script.ts";

/** What a reading begins with. */
interface Beginning {
  readonly position: Position | undefined;
  readonly positions: Readonly<Record<string, Position>>;
  /** Given once: all splits note into one copy. */
  readonly values: Readonly<Record<string, unknown>> | undefined;
  readonly split: Split | undefined;
}

/** A reader of a script; each pass over its records is a stream with a number. */
export class HostedScriptReader implements HostedPlayer {
  readonly #reader: BaseReader;
  readonly #name: string;
  readonly #streams = new Streams<unknown>();
  #values = new NotingValues();

  constructor(reader: BaseReader, name: string, context: StageContext) {
    this.#reader = reader;
    this.#name = name;
    prepareScript(reader as unknown as ScriptPlayer, "extract", name, context);
  }

  async answer(verb: string, header: Header, body: Uint8Array): Promise<Reply> {
    switch (verb) {
      case "call":
        return answerCall(this.#reader as unknown as ScriptPlayer, header["hook"], body);
      case "survey":
        return this.#survey(unpackValue(body) as Parameters<Surveyor["survey"]>);
      case "extract":
        return { header: { stream: await this.#begin(unpackValue(body) as Beginning) } };
      case "next":
        return this.#next(header["stream"]);
      case "return":
        await this.#streams.end(header["stream"]);
        return { header: {} };
      default:
        throw new RangeError(`A reader is not asked to ${verb}`);
    }
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  async #survey(from: Parameters<Surveyor["survey"]>): Promise<Reply> {
    const files: SurveyedFile[] = [];
    for await (const file of (this.#reader as Surveyor).survey(...from)) files.push(file);
    return { header: {}, body: packValue(files) };
  }

  async #begin({ position, positions, values, split }: Beginning): Promise<number> {
    if (values) this.#values = new NotingValues(values);
    const state = new IncrementalStateManager(position, this.#values, positions);
    const records = iteratorOf(await this.#reader.extract(state, split));
    if (!records) throw notIterable(this.#name);
    return this.#streams.add(records);
  }

  async #next(stream: unknown): Promise<Reply> {
    const { value, done } = await this.#streams.next(stream);
    const notes = this.#values.takeNotes();
    const next: WireNext = done ? { notes } : { yielded: formatYielded(value), notes };
    return { header: done ? { end: true } : {}, body: packValue(next) };
  }
}
