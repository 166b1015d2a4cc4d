import type { SourceConfig } from "../contract/config.ts";
import { type Numbering, Provenance } from "../contract/provenance.ts";
import { BaseReader, type ReaderClass, type Yielded } from "../contract/reader.ts";
import { type ConnectionTestResult, DiscoveryResult, type Split } from "../contract/results.ts";
import type { IncrementalStateManager } from "../contract/state.ts";
import { decodeIpc } from "../formats/arrow/decode-ipc.ts";
import type { Limits, Plugin } from "./plugin.ts";
import { type Answer, PluginProcess } from "./plugin-process.ts";
import { formatAsset, formatSource } from "./wire-config.ts";
import { parseConnection } from "./wire-connection.ts";
import { parseReject } from "./wire-reject.ts";

/** The class of a reader whose library runs in a process of its own. */
export function isolatedReaderClass(plugin: Plugin, limits: Limits): ReaderClass {
  return class extends IsolatedReader {
    constructor(sourceConfig: SourceConfig) {
      super(sourceConfig, plugin, limits);
    }
  };
}

/** Asks a reader in another process what it would be asked in this one, and for one batch ahead at most. */
class IsolatedReader extends BaseReader {
  readonly #plugin: Plugin;
  readonly #limits: Limits;
  #process: PluginProcess | undefined;
  #ready: Promise<unknown> | undefined;

  constructor(sourceConfig: SourceConfig, plugin: Plugin, limits: Limits) {
    super(sourceConfig);
    this.#plugin = plugin;
    this.#limits = limits;
  }

  override async plan(): Promise<Split[]> {
    return (await this.#ask("plan", "plan"))["splits"] as Split[];
  }

  async *extract(state?: IncrementalStateManager, split?: Split): AsyncGenerator<Yielded> {
    const { stream } = await this.#ask("extract", "extract", { position: state?.position, split });
    const process = this.#process as PluginProcess;
    const next = (): Promise<Answer> => {
      const answer = process.ask("next", "extract", { stream });
      // One that fails after the last was taken is met by nobody.
      answer.catch(() => {});
      return answer;
    };
    try {
      for (let ahead = next(); ; ) {
        const answer = await ahead;
        const isEnd = answer.result["end"] === true;
        if (!isEnd) ahead = next();
        const yielded = this.#take(answer);
        if (isEnd) return;
        yield yielded;
      }
    } finally {
      // It may have ended with the error that is on its way to the caller.
      await process.ask("return", "extract", { stream }).catch(() => {});
    }
  }

  override async checkConnection(): Promise<ConnectionTestResult> {
    return parseConnection(await this.#ask("check", "checkConnection"));
  }

  override async discover(): Promise<DiscoveryResult> {
    const { objects, metadata } = (await this.#ask("discover", "discover")) as Partial<DiscoveryResult>;
    return new DiscoveryResult(objects ?? [], { ...metadata });
  }

  override async getTotalRecordsEstimate(): Promise<number | undefined> {
    return (await this.#ask("estimate", "getTotalRecordsEstimate"))["rows"] as number | undefined;
  }

  override async close(): Promise<void> {
    await this.#process?.close();
  }

  async #ask(verb: string, hook: string, header = {}): Promise<Answer["result"]> {
    this.#process ??= new PluginProcess(this.#plugin, this.ctx, this.#limits);
    const process = this.#process;
    const { tempDir, contract } = this.ctx;
    const made = { ...formatSource(this.sourceConfig), tempDir, contract: contract && formatAsset(contract) };
    this.#ready ??= process
      .ask("load", "load", { ...this.#plugin })
      .then(() => process.ask("create", "constructor", made));
    await this.#ready;
    const answer = await process.ask(verb, hook, header);
    this.#handOver(answer);
    return answer.result;
  }

  #take(answer: Answer): Yielded {
    this.#handOver(answer);
    const { result, body } = answer;
    const records = body.length === 0 ? [] : this.#records(answer);
    return "position" in result ? { batch: records, position: result["position"] } : records;
  }

  #records({ result, body }: Answer): Exclude<Yielded, { position: unknown }> {
    const { place, areRows } = result as { place?: { source: string } & Numbering; areRows?: boolean };
    const batch = decodeIpc(body, place && Provenance.numbered(place.source, place.first, place.missing));
    return areRows ? [...batch.rows()] : batch;
  }

  #handOver({ result }: Answer): void {
    const { rejects = [], filtered = 0 } = result as { rejects?: readonly unknown[]; filtered?: number };
    for (const reject of rejects) this.ctx.reject(parseReject(reject));
    if (filtered > 0) this.ctx.filtered(filtered);
  }
}
