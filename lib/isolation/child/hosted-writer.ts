import type { StageContext } from "../../contract/context.ts";
import { type Field, Schema } from "../../contract/schema.ts";
import type { BaseWriter } from "../../contract/writer.ts";
import { decodeIpc } from "../../formats/arrow/decode-ipc.ts";
import type { Header, Reply } from "../frame.ts";
import { formatConnection } from "../wire-connection.ts";
import type { HostedPlayer } from "./hosted-player.ts";

/** A writer of a library. */
export class HostedWriter implements HostedPlayer {
  readonly #writer: BaseWriter;

  constructor(writer: BaseWriter, context: StageContext) {
    this.#writer = writer;
    writer.ctx = context;
  }

  async answer(verb: string, header: Header, body: Uint8Array): Promise<Reply> {
    switch (verb) {
      case "open":
        await this.#writer.open(new Schema(header["fields"] as Field[], header["metadata"] as Record<string, string>));
        return { header: {} };
      case "write":
        return this.#write(body, header["fileCounter"] as number);
      case "seal":
        return { header: { files: await this.#writer.seal() } };
      case "check":
        return { header: formatConnection(await this.#writer.checkConnection()) };
      default:
        throw new RangeError(`A writer is not asked to ${verb}`);
    }
  }

  async close(): Promise<void> {
    await this.#writer.close();
  }

  /** Writers of libraries take batches. */
  async #write(body: Uint8Array, fileCounter: number): Promise<Reply> {
    return { header: { files: await this.#writer.writeBatch(decodeIpc(body) as never, fileCounter) } };
  }
}
