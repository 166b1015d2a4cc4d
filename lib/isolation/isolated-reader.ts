import type { SourceConfig } from "../contract/config.ts";
import { BaseReader, type ReaderClass, type Yielded } from "../contract/reader.ts";
import { type ConnectionTestResult, DiscoveryResult, type Split } from "../contract/results.ts";
import { RowBatch } from "../contract/row-batch.ts";
import type { IncrementalStateManager } from "../contract/state.ts";
import { KnownSchemas } from "./known-schemas.ts";
import type { Limits, Plugin } from "./plugin.ts";
import type { Answer } from "./plugin-process.ts";
import { PluginSession, textsIn } from "./plugin-session.ts";
import { parseArrow } from "./wire-arrow.ts";
import { formatAsset, formatSource } from "./wire-config.ts";
import { parseConnection } from "./wire-connection.ts";

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
  readonly #session: PluginSession;

  constructor(sourceConfig: SourceConfig, plugin: Plugin, limits: Limits) {
    super(sourceConfig);
    this.#session = new PluginSession(plugin, limits, () => ({
      context: this.ctx,
      header: { ...formatSource(sourceConfig), contract: this.ctx.contract && formatAsset(this.ctx.contract) },
      access: { named: textsIn({ ...sourceConfig }), cwd: limits.cwd, writes: [] },
    }));
  }

  override async plan(): Promise<Split[]> {
    return (await this.#ask("plan", "plan"))["splits"] as Split[];
  }

  async *extract(state?: IncrementalStateManager, split?: Split): AsyncGenerator<Yielded> {
    const { stream } = await this.#ask("extract", "extract", { position: state?.position, split });
    const schemas = new KnownSchemas();
    for await (const answer of this.#session.readAhead(stream, "extract")) {
      if (answer.result["end"] !== true) yield parseAnswer(answer, schemas);
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
    await this.#session.close();
  }

  async #ask(verb: string, hook: string, header = {}): Promise<Answer["result"]> {
    const answer = await this.#session.ask(verb, hook, header);
    this.#session.handOver(answer);
    return answer.result;
  }
}

function parseAnswer(answer: Answer, schemas: KnownSchemas): Yielded {
  const { result, body } = answer;
  const records = body.length === 0 ? [] : recordsOf(answer, schemas);
  return "position" in result ? { batch: records, position: result["position"] } : records;
}

function recordsOf({ result, body }: Answer, schemas: KnownSchemas): Exclude<Yielded, { position: unknown }> {
  const batch = parseArrow(result, body, schemas);
  return result["areRows"] ? RowBatch.from(batch).rowArray() : batch;
}
