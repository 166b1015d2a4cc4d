import { type Batch, isBatch, type Row } from "../../contract/batch.ts";
import type { StageContext } from "../../contract/context.ts";
import type { BaseReader, Yielded } from "../../contract/reader.ts";
import type { Split } from "../../contract/results.ts";
import { RowBatch } from "../../contract/row-batch.ts";
import { IncrementalStateManager } from "../../contract/state.ts";
import { encodeIpc } from "../../formats/arrow/encode-ipc.ts";
import type { Header, Reply } from "../frame.ts";
import { Streams } from "../streams.ts";
import { formatArrow } from "../wire-arrow.ts";
import { formatConnection } from "../wire-connection.ts";
import type { HostedPlayer } from "./hosted-player.ts";

/** A reader of a library; each pass over its records is a stream with a number. */
export class HostedReader implements HostedPlayer {
  readonly #reader: BaseReader;
  readonly #streams = new Streams<Yielded>();

  constructor(reader: BaseReader, context: StageContext) {
    this.#reader = reader;
    reader.ctx = context;
  }

  async answer(verb: string, header: Header): Promise<Reply> {
    switch (verb) {
      case "plan":
        return { header: { splits: await this.#reader.plan() } };
      case "check":
        return { header: formatConnection(await this.#reader.checkConnection()) };
      case "discover":
        return { header: { ...(await this.#reader.discover()) } };
      case "estimate":
        return { header: { rows: await this.#reader.getTotalRecordsEstimate() } };
      case "extract":
        return { header: { stream: this.#begin(header) } };
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

  #begin({ position, split }: Header): number {
    const state = new IncrementalStateManager(position);
    const records = this.#reader.extract(state, split as Split | undefined);
    return this.#streams.add(records as AsyncGenerator<Yielded>);
  }

  async #next(stream: unknown): Promise<Reply> {
    const { value, done } = await this.#streams.next(stream);
    if (done) return { header: { end: true } };
    if (isBatch(value) || Array.isArray(value)) return formatRecords(value);
    const { batch, position } = value as Extract<Yielded, { position: unknown }>;
    const { header, ...body } = formatRecords(batch);
    return { header: { ...header, position }, ...body };
  }
}

function formatRecords(records: Batch | readonly Row[]): Reply {
  if (isBatch(records)) return formatArrow(records);
  return records.length === 0
    ? { header: {} }
    : { header: { areRows: true }, body: encodeIpc(RowBatch.fromRows(records)) };
}
