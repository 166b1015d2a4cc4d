import { isByCursor } from "../../contract/cursor.ts";
import { didYouMean } from "../../contract/options.ts";
import { type Connector, isOfFiles } from "../connector/load-registry.ts";
import type { Keys } from "../document/config-fault.ts";
import { STRATEGIES } from "../document/declaration.ts";
import type { IncrementalPlan } from "./loaded-job.ts";

type Bag = Readonly<Record<string, unknown>>;

export interface IncrementalRequest {
  /** `source.incremental` over the recipe's; undefined when it is off. */
  readonly incremental: Bag | undefined;
  /** The source as it was merged. */
  readonly side: Bag;
  readonly connector: Connector | undefined;
  /** A plugin reads, and knows its own strategies. */
  readonly isCustom: boolean;
}

export interface IncrementalVerdict {
  readonly plan: IncrementalPlan | undefined;
  /** The strategy asks for everything to be read again. */
  readonly fullRefresh: boolean;
  /** `keys` are within `incremental`. */
  readonly faults: readonly { readonly keys: Keys; readonly message: string }[];
}

const NOTHING: IncrementalVerdict = { plan: undefined, fullRefresh: false, faults: [] };

/** What a job's `incremental` means, held to what its connector can do. */
export function planIncremental(request: IncrementalRequest): IncrementalVerdict {
  const { incremental, connector, isCustom } = request;
  if (incremental === undefined) return NOTHING;
  const written = incremental["strategy"] as string | undefined;
  if (written === "full_refresh") return { ...NOTHING, fullRefresh: true };

  const fallback = connector?.incrementalStrategyDefault;
  const strategy =
    (written === "incremental" ? fallback : written) ?? fallback ?? (isCustom ? "incremental" : undefined);
  if (strategy === undefined) {
    return {
      ...NOTHING,
      faults: [{ keys: ["strategy"], message: "Incremental configuration missing 'strategy' field." }],
    };
  }
  const plan: IncrementalPlan = {
    strategy,
    cursorField: (incremental["cursor_field"] as string | null | undefined) ?? undefined,
    lookbackDays: (incremental["lookback_days"] as number | undefined) ?? 0,
  };
  if (isCustom || !connector) return { ...NOTHING, plan };
  const faults = [...strategyFaults(strategy, connector), ...needFaults(strategy, request)];
  return { plan, fullRefresh: false, faults };
}

function strategyFaults(strategy: string, connector: Connector): IncrementalVerdict["faults"] {
  const { type, supportsIncremental, incrementalStrategyDefault } = connector;
  const fault = (message: string): IncrementalVerdict["faults"] => [{ keys: ["strategy"], message }];
  if (!supportsIncremental) return fault(`Connector '${type}' does not support incremental extraction.`);
  const isFileStrategy = strategy === "file_modified_time" || strategy === "spreadsheet_modified_time";
  // The records of a file are told apart here, whatever wrote them; those of a service only as it does.
  const isCursorOfFiles = isOfFiles(connector) && isByCursor(strategy);
  if (strategy === incrementalStrategyDefault || isFileStrategy || isCursorOfFiles) return [];
  const near = (STRATEGIES as readonly string[]).includes(strategy) ? "" : didYouMean(strategy, STRATEGIES);
  return fault(
    `Incremental strategy '${strategy}' does not match connector default '${incrementalStrategyDefault ?? "none"}'.${near}`,
  );
}

function needFaults(strategy: string, { incremental = {}, side }: IncrementalRequest): IncrementalVerdict["faults"] {
  const fault = (key: string, message: string): IncrementalVerdict["faults"] => [{ keys: [key], message }];
  const has = (...keys: string[]): boolean => keys.some((key) => side[key] !== undefined);
  if (isByCursor(strategy) && !Object.hasOwn(incremental, "cursor_field")) {
    return fault("cursor_field", `Incremental strategy '${strategy}' requires 'cursor_field'.`);
  }
  if (strategy === "file_modified_time" && !has("files")) {
    return fault("strategy", `Incremental strategy '${strategy}' requires 'files' configuration.`);
  }
  if (strategy === "spreadsheet_modified_time" && !has("sheets", "spreadsheets", "spreadsheet_id")) {
    return fault("strategy", `Incremental strategy '${strategy}' requires 'sheets' configuration.`);
  }
  return [];
}
