import type { AssetDefinition } from "../../contract/asset.ts";
import type { SourceConfig, TargetConfig } from "../../contract/config.ts";
import type { PluginSources } from "../../contract/plugin-sources.ts";
import type { Sandbox } from "../../isolation/sandbox.ts";
import type { StoreSettings } from "../../storage/object/store-settings.ts";
import type { RejectPolicy } from "../../stream/policy.ts";
import type { Role } from "../connector/load-registry.ts";
import type { Finding } from "../document/config-fault.ts";
import type { JobDocument } from "./job-document.ts";
import type { Origin } from "./merge-layers.ts";

export type Mode = "self_hosted" | "cloud";

/** A job with everything that its documents say, checked and put together. Nothing was opened or run. */
export interface LoadedJob {
  /** As it was named; absent for a job that was given as an object. */
  readonly file?: string | undefined;
  readonly tenantId: string;
  readonly name?: string | undefined;
  readonly environment?: string | undefined;
  readonly description?: string | undefined;
  readonly mode: Mode;
  readonly source: LoadedSource;
  readonly target: LoadedTarget;
  readonly asset: AssetDefinition;
  /** Absolute. */
  readonly assetFile: string;
  readonly validation: RejectPolicy;
  /** Plugins between the contract check and `map`, in their order. */
  readonly transforms: readonly LoadedTransform[];
  /** Options of the map transform, as the job has them. */
  readonly map?: JobDocument["map"];
  /** Everything is read again, and replaces what was loaded before. */
  readonly fullRefresh: boolean;
  readonly incremental?: IncrementalPlan | undefined;
  /** Absolute; where the job keeps its state instead of the usual place. */
  readonly statePath?: string | undefined;
  /** When a run commits before its end; undefined for never. */
  readonly checkpoint: CheckpointPolicy | undefined;
  /** When a failed run is repeated; undefined for never. */
  readonly retry: RetryPolicy | undefined;
  /** Plugins run each in a process of its own; undefined for in Dativo's. */
  readonly isolation: PluginIsolation | undefined;
  /** Where its plugins come from, and what they must be. */
  readonly plugins: PluginSources;
  /** The least important messages that are shown; undefined where the job does not say. */
  readonly logLevel: "debug" | "info" | "warn" | "error" | undefined;
  /** `classification.…`, `governance.…`, `finops.…`, `asset.…`: the contract's, and over them the job's. */
  readonly tags: Readonly<Record<string, string>>;
  /** Keys whose feature is not built; a run refuses them, a check lists them. */
  readonly planned: readonly Finding[];
  readonly warnings: readonly Finding[];
  /** Where a key of the job stands, by its dotted path: in the job or in the recipe that says it. */
  locate(path: string): string;
  /** Which document each value comes from, by its dotted path; lists count as one value. */
  readonly origins: Readonly<Record<string, Origin>>;
}

/** Whichever comes first; what is undefined never does. */
export interface CheckpointPolicy {
  /** Records read since the last commit. */
  readonly records: number | undefined;
  /** Their size in memory. */
  readonly bytes: number | undefined;
  readonly ms: number | undefined;
}

export interface RetryPolicy {
  readonly maxRetries: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  readonly backoffMultiplier: number;
  /** No repeat is begun later than this after the first start. */
  readonly deadlineMs: number | undefined;
  /** RE2 patterns of error texts that are worth a repeat. */
  readonly patterns: readonly string[];
}

export interface PluginIsolation {
  /** How long one call into a plugin may take. */
  readonly timeoutMs: number | undefined;
  /** What holds it besides; undefined for nothing. */
  readonly sandbox?: Sandbox | undefined;
}

/** What both sides have. */
interface LoadedSide {
  /** `source_connector` or `target_connector`, else the name of the recipe, else `custom`. */
  readonly connector: string;
  /** Connector type: chooses the built-in reader or writer. */
  readonly type: string;
  /** What the connector can be used for; empty for one that is not registered. */
  readonly roles: readonly Role[];
  /** Plugin that does the work instead, as `path:Name` with an absolute path where it is a file. */
  readonly custom?: string | undefined;
  /** The connection without what is secret in it: fit for keys and reports. */
  readonly publicConnection: Readonly<Record<string, unknown>>;
}

export interface LoadedSource extends LoadedSide {
  readonly config: SourceConfig;
}

export interface LoadedTarget extends LoadedSide {
  readonly config: TargetConfig;
  /** Folder (absolute) or URL that files go to; absent for targets that are no such place. */
  readonly path?: string | undefined;
  /** How the bucket is reached that the URL names. */
  readonly store?: StoreSettings | undefined;
  /** Format of the built-in writer: the connector's type, or of one that is a kind of store its `file_format`. */
  readonly format: string;
  readonly writeMode: "append" | "overwrite";
  readonly layout: "flat" | "run-dir";
  readonly allowDuplicates: boolean;
}

export interface LoadedTransform {
  /** As `path:Name` with an absolute path where it is a file. */
  readonly plugin: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** How only what is new is read. */
export interface IncrementalPlan {
  readonly strategy: string;
  readonly cursorField: string | undefined;
  readonly lookbackDays: number;
}
