import type { StageContext } from "../../contract/context.ts";
import type { FileMetadata } from "../../contract/results.ts";
import { RowBatch } from "../../contract/row-batch.ts";
import { type Field, Schema } from "../../contract/schema.ts";
import type { BaseWriter, WriterClass } from "../../contract/writer.ts";
import type { Header, Reply } from "../frame.ts";
import { KnownSchemas } from "../known-schemas.ts";
import { parseError } from "../wire-error.ts";
import { parseBatch, type WireBatch } from "../wire-records.ts";
import { packValue, unpackValue } from "../wire-value.ts";
import type { HostedPlayer } from "./hosted-player.ts";
import { answerCall, callHook, DONE, prepareScript, type ScriptPlayer } from "./hosted-script.ts";

/** A writer of a script. */
export class HostedScriptWriter implements HostedPlayer {
  readonly #writer: BaseWriter;
  readonly #player: ScriptPlayer;
  readonly #schemas = new KnownSchemas();

  constructor(writer: BaseWriter, name: string, context: StageContext) {
    this.#writer = writer;
    this.#player = writer as unknown as ScriptPlayer;
    prepareScript(this.#player, "writeBatch", name, context);
  }

  async answer(verb: string, header: Header, body: Uint8Array): Promise<Reply> {
    switch (verb) {
      case "call":
        return answerCall(this.#player, header["hook"], body);
      case "open":
        return this.#open(unpackValue(body) as { fields: Field[]; metadata: Record<string, string> });
      case "write":
        return this.#write(unpackValue(body) as { batch: WireBatch; fileCounter: number });
      case "abort":
        return this.#abort(unpackValue(body) as { files: FileMetadata[]; cause: Header });
      default:
        throw new RangeError(`A writer is not asked to ${verb}`);
    }
  }

  async close(): Promise<void> {
    await this.#writer.close();
  }

  async #open({ fields, metadata }: { fields: readonly Field[]; metadata: Record<string, string> }): Promise<Reply> {
    await callHook(this.#player, "open", [this.#schemas.known(new Schema(fields, metadata))]);
    return DONE;
  }

  /** It gets what it asks for in Dativo's own process. */
  async #write({ batch: wire, fileCounter }: { batch: WireBatch; fileCounter: number }): Promise<Reply> {
    const { input = "rows" } = this.#writer.constructor as WriterClass;
    const batch = parseBatch(wire, this.#schemas);
    const records = input === "rows" ? RowBatch.rowsOf(batch) : batch;
    return { header: {}, body: packValue(await callHook(this.#player, "writeBatch", [records, fileCounter])) };
  }

  async #abort({ files, cause }: { files: readonly FileMetadata[]; cause: Header }): Promise<Reply> {
    await callHook(this.#player, "abortFiles", [files, parseError(cause)]);
    return DONE;
  }
}
