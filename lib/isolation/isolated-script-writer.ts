import type { AssetDefinition } from "../contract/asset.ts";
import type { Batch } from "../contract/batch.ts";
import type { TargetConfig } from "../contract/config.ts";
import type { CommitResult, CommitToken, ConnectionTestResult, FileMetadata } from "../contract/results.ts";
import type { Schema } from "../contract/schema.ts";
import { BaseWriter, type WriterClass } from "../contract/writer.ts";
import type { Limits, Plugin } from "./plugin.ts";
import { PluginSession, textsIn } from "./plugin-session.ts";
import type { WriterFacts } from "./script-facts.ts";
import { formatTarget, type WriterArguments } from "./wire-config.ts";
import { formatError } from "./wire-error.ts";
import { formatBatch } from "./wire-records.ts";
import { packValue, unpackValue } from "./wire-value.ts";

/**
 * The class of a writer whose script runs in a process of its own. The engine goes by the methods of a class, so that it
 * has those that the script has, and no others.
 */
export function isolatedScriptWriterClass(plugin: Plugin, limits: Limits, facts: WriterFacts): WriterClass {
  const committing = facts.answers ? AnsweringWriter : CommittingWriter;
  const parent = facts.commits ? committing : IsolatedScriptWriter;
  return class extends parent {
    static override readonly name = plugin.symbol;
    static override readonly input = facts.input === "columns" && !facts.writesFiles ? "columns" : "batch";
    static override readonly durableStaging = facts.durableStaging;
    static override readonly settlesTypes = facts.settlesTypes;

    constructor(asset: AssetDefinition, target: TargetConfig, outputBase: string) {
      super({ asset, target, outputBase }, plugin, limits);
    }
  };
}

class IsolatedScriptWriter extends BaseWriter {
  protected readonly session: PluginSession;

  constructor(made: WriterArguments, plugin: Plugin, limits: Limits) {
    super(made.asset, made.target, made.outputBase);
    const writes = made.outputBase === "" ? [] : [made.outputBase];
    this.session = new PluginSession(plugin, limits, () => ({
      context: this.ctx,
      header: formatTarget(made),
      access: { named: textsIn({ ...made.target }), cwd: limits.cwd, writes },
    }));
  }

  override async open({ fields, metadata }: Schema): Promise<void> {
    await this.#ask("open", "open", { fields, metadata });
  }

  async writeBatch(given: Batch, fileCounter: number): Promise<FileMetadata[]> {
    // Who hands it on gives it back as well.
    const batch = formatBatch(given.retain());
    return (await this.#ask("write", "writeBatch", { batch, fileCounter })) as FileMetadata[];
  }

  override async seal(): Promise<FileMetadata[]> {
    return (await this.session.call("seal")) as FileMetadata[];
  }

  override async abortFiles(files: readonly FileMetadata[], cause: unknown): Promise<void> {
    await this.#ask("abort", "abortFiles", { files, cause: formatError(cause) });
  }

  override async checkConnection(): Promise<ConnectionTestResult> {
    return (await this.session.call("checkConnection")) as ConnectionTestResult;
  }

  override async close(): Promise<void> {
    await this.session.close();
  }

  async #ask(verb: string, hook: string, value: unknown): Promise<unknown> {
    const answer = await this.session.ask(verb, hook, {}, packValue(value));
    this.session.handOver(answer);
    return unpackValue(answer.body);
  }
}

class CommittingWriter extends IsolatedScriptWriter {
  override async commitFiles(files: readonly FileMetadata[], token: CommitToken): Promise<CommitResult> {
    return (await this.session.call("commitFiles", files, token)) as CommitResult;
  }
}

class AnsweringWriter extends CommittingWriter {
  override async committed(token: CommitToken): Promise<CommitResult | undefined> {
    return (await this.session.call("committed", token)) as CommitResult | undefined;
  }
}
