import type { AssetDefinition } from "../contract/asset.ts";
import type { Batch } from "../contract/batch.ts";
import type { TargetConfig } from "../contract/config.ts";
import type { ConnectionTestResult, FileMetadata } from "../contract/results.ts";
import { RowBatch } from "../contract/row-batch.ts";
import type { Schema } from "../contract/schema.ts";
import { BaseWriter, type WriterClass } from "../contract/writer.ts";
import { encodeIpc } from "../formats/arrow/encode-ipc.ts";
import type { Header } from "./frame.ts";
import type { Limits, Plugin } from "./plugin.ts";
import { PluginSession, textsIn } from "./plugin-session.ts";
import { formatTarget } from "./wire-config.ts";
import { parseConnection } from "./wire-connection.ts";

/** The class of a writer whose library runs in a process of its own. */
export function isolatedWriterClass(plugin: Plugin, limits: Limits): WriterClass {
  return class extends IsolatedWriter {
    constructor(asset: AssetDefinition, target: TargetConfig, outputBase: string) {
      super({ asset, target, outputBase }, plugin, limits);
    }
  };
}

/** Hands batches to a writer in another process. What it put into `output_base` is published by the engine. */
class IsolatedWriter extends BaseWriter {
  static override readonly input = "batch";
  readonly #session: PluginSession;

  constructor(made: Parameters<typeof formatTarget>[0], plugin: Plugin, limits: Limits) {
    super(made.asset, made.target, made.outputBase);
    const writes = made.outputBase === "" ? [] : [made.outputBase];
    this.#session = new PluginSession(plugin, limits, () => ({
      context: this.ctx,
      header: formatTarget(made),
      access: { named: textsIn({ ...made.target }), cwd: limits.cwd, writes },
    }));
  }

  override async open({ fields, metadata }: Schema): Promise<void> {
    await this.#ask("open", "open", { fields, metadata });
  }

  async writeBatch(batch: Batch, fileCounter: number): Promise<FileMetadata[]> {
    return filesOf(await this.#ask("write", "writeBatch", { fileCounter }, encodeIpc(RowBatch.from(batch))));
  }

  override async seal(): Promise<FileMetadata[]> {
    return filesOf(await this.#ask("seal", "seal"));
  }

  override async checkConnection(): Promise<ConnectionTestResult> {
    return parseConnection(await this.#ask("check", "checkConnection"));
  }

  override async close(): Promise<void> {
    await this.#session.close();
  }

  async #ask(verb: string, hook: string, header: Header = {}, body?: Uint8Array): Promise<Header> {
    return (await this.#session.ask(verb, hook, header, body)).result;
  }
}

function filesOf({ files }: Header): FileMetadata[] {
  return files as FileMetadata[];
}
