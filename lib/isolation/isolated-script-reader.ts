import type { SourceConfig } from "../contract/config.ts";
import type { SurveyedFile, Surveyor } from "../contract/files/file-reader.ts";
import { BaseReader, type ReaderClass, type Yielded } from "../contract/reader.ts";
import type { ConnectionTestResult, DiscoveryResult, Split } from "../contract/results.ts";
import type { StagedValues } from "../contract/staged-values.ts";
import { IncrementalStateManager } from "../contract/state.ts";
import { KnownSchemas } from "./known-schemas.ts";
import type { Limits, Plugin } from "./plugin.ts";
import { PluginSession, textsIn } from "./plugin-session.ts";
import type { ReaderFacts } from "./script-facts.ts";
import { formatSource } from "./wire-config.ts";
import { parseYielded, type WireYielded } from "./wire-records.ts";
import { replayNotes, type StateNote } from "./wire-state.ts";
import { packValue, unpackValue } from "./wire-value.ts";

/** The class of a reader whose script runs in a process of its own. */
export function isolatedScriptReaderClass(plugin: Plugin, limits: Limits, facts: ReaderFacts): ReaderClass {
  const parent = facts.surveys ? SurveyingReader : IsolatedScriptReader;
  return class extends parent {
    static override readonly name = plugin.symbol;
    static override readonly replay = facts.replay;
    static readonly readsFiles = facts.readsFiles;
    static readonly surveys = facts.surveys;

    constructor(sourceConfig: SourceConfig) {
      super(sourceConfig, plugin, limits);
    }
  };
}

/** What a reader answers to `next`. */
export interface WireNext {
  readonly yielded?: WireYielded | undefined;
  readonly notes: readonly StateNote[];
}

/** Asks a script in another process; what that returns is for the caller to check, as if it were here. */
class IsolatedScriptReader extends BaseReader {
  protected readonly session: PluginSession;
  /** What the other process has a copy of. */
  #told: StagedValues | undefined;

  constructor(sourceConfig: SourceConfig, plugin: Plugin, limits: Limits) {
    super(sourceConfig);
    this.session = new PluginSession(plugin, limits, () => ({
      context: this.ctx,
      header: formatSource(sourceConfig),
      access: { named: textsIn({ ...sourceConfig }), cwd: limits.cwd, writes: [] },
    }));
  }

  override async plan(): Promise<Split[]> {
    return (await this.session.call("plan")) as Split[];
  }

  async *extract(state = new IncrementalStateManager(), split?: Split): AsyncGenerator<Yielded> {
    const { position, positions } = state;
    // All splits note into one copy; the first brings it along.
    const values = state.staged === this.#told ? undefined : state.values();
    this.#told = state.staged;
    const answer = await this.session.ask("extract", "extract", {}, packValue({ position, positions, values, split }));
    this.session.handOver(answer);
    const schemas = new KnownSchemas();
    for await (const { result, body } of this.session.readAhead(answer.result["stream"], "extract")) {
      const { yielded, notes } = unpackValue(body) as WireNext;
      replayNotes(notes, state.staged);
      if (result["end"] !== true) yield parseYielded(yielded as WireYielded, schemas) as Yielded;
    }
  }

  override async checkConnection(): Promise<ConnectionTestResult> {
    return (await this.session.call("checkConnection")) as ConnectionTestResult;
  }

  override async discover(): Promise<DiscoveryResult> {
    return (await this.session.call("discover")) as DiscoveryResult;
  }

  override async getTotalRecordsEstimate(): Promise<number | undefined> {
    return (await this.session.call("getTotalRecordsEstimate")) as number | undefined;
  }

  override async close(): Promise<void> {
    await this.session.close();
  }
}

/** One that leaves the reading to `FileReader` tells what that would read. */
class SurveyingReader extends IsolatedScriptReader implements Surveyor {
  async *survey(...from: Parameters<Surveyor["survey"]>): AsyncGenerator<SurveyedFile> {
    const answer = await this.session.ask("survey", "survey", {}, packValue(from));
    this.session.handOver(answer);
    yield* unpackValue(answer.body) as SurveyedFile[];
  }
}
