import type { AssetDefinition } from "../../contract/asset.ts";
import type { RejectPolicy } from "../../stream/policy.ts";
import { typeProblem } from "../asset/load-asset.ts";
import { type ConfigDocument, faultAt, findingAt } from "../document/config-document.ts";
import type { ConfigFault, Finding } from "../document/config-fault.ts";
import { patternFault } from "../document/pattern-fault.ts";
import type { JobDraft } from "./job-document.ts";
import type { LoadedJob } from "./loaded-job.ts";

/** What bad records mean for the job. */
export function policyOf({
  schema_validation_mode: mode = "strict",
  max_errors: maxErrors,
  max_error_rate: maxErrorRate,
}: JobDraft): RejectPolicy {
  return { mode, maxErrors, maxErrorRate };
}

const LEVELS = {
  debug: "debug",
  info: "info",
  warn: "warn",
  warning: "warn",
  error: "error",
  critical: "error",
} as const;

/** What the job logs; the names of Python levels are known too. */
export function logLevelOf({ logging }: JobDraft): LoadedJob["logLevel"] {
  return logging?.level && LEVELS[logging.level.toLowerCase() as keyof typeof LEVELS];
}

/** Types that `map.casts` names and that do not exist. */
export function castFaults(document: ConfigDocument, { map }: JobDraft): ConfigFault[] {
  return Object.entries(map?.casts ?? {}).flatMap(([field, type]) => {
    const message = typeProblem(String(type));
    return message === undefined
      ? []
      : [faultAt(document, ["map", "casts", field], message, { code: "DTV_OPTION_INVALID" })];
  });
}

const MIB = 1024 * 1024;

/** When a run commits before its end. */
export function checkpointOf({ checkpoint }: JobDraft): LoadedJob["checkpoint"] {
  if (checkpoint === undefined) return undefined;
  const { records, size_mb: size, seconds } = checkpoint;
  return { records, bytes: size && size * MIB, ms: seconds && seconds * 1000 };
}

/** Checkpoints that would never come, and those of a run that replaces everything in one commit. */
export function checkpointFaults(document: ConfigDocument, { checkpoint }: JobDraft, replaces: boolean): ConfigFault[] {
  const fault = (message: string): ConfigFault[] => [faultAt(document, ["checkpoint"], message)];
  if (checkpoint === undefined) return [];
  if (Object.keys(checkpoint).length === 0) return fault("says neither records nor size_mb nor seconds");
  return replaces ? fault("does not go with overwriting, which replaces everything in one commit") : [];
}

/** What a run that goes on behind a checkpoint does not know. */
export function checkpointWarnings(
  document: ConfigDocument,
  { checkpoint }: JobDraft,
  { fields }: AssetDefinition,
): Finding[] {
  const isUnique = fields.some(({ unique, primaryKey }) => unique === true || primaryKey === true);
  return checkpoint !== undefined && isUnique
    ? [
        findingAt(
          document,
          ["checkpoint"],
          "what is unique is so within one run; after a death the next one is another",
        ),
      ]
    : [];
}

/** When a failed run is repeated. */
export function retryOf({ retry_config: retry }: JobDraft): LoadedJob["retry"] {
  if (retry === undefined) return undefined;
  const { max_attempts: tries, max_retries = tries === undefined ? 3 : tries - 1 } = retry;
  const { retry_delay_seconds: delay = 5, initial_delay_seconds = delay, deadline_seconds: deadline } = retry;
  return {
    maxRetries: max_retries,
    initialDelayMs: initial_delay_seconds * 1000,
    maxDelayMs: (retry.max_delay_seconds ?? 300) * 1000,
    backoffMultiplier: retry.backoff_multiplier ?? 2,
    deadlineMs: deadline === undefined ? undefined : deadline * 1000,
    patterns: [...(retry.retryable_error_patterns ?? []), ...(retry.retryable_errors ?? [])],
  };
}

/** Keys that say opposite things, and patterns that are none. */
export async function retryFaults(document: ConfigDocument, { retry_config: retry }: JobDraft): Promise<ConfigFault[]> {
  if (retry === undefined) return [];
  const faults: ConfigFault[] = [];
  const { max_attempts: tries, max_retries: repeats } = retry;
  if (tries !== undefined && repeats !== undefined && tries !== repeats + 1) {
    const message = `is ${tries}, while max_retries is ${repeats}; leave one of them out`;
    faults.push(faultAt(document, ["retry_config", "max_attempts"], message));
  }
  for (const key of ["retryable_error_patterns", "retryable_errors"] as const) {
    for (const [index, pattern] of (retry[key] ?? []).entries()) {
      const fault = await patternFault(pattern);
      if (fault !== undefined) faults.push(faultAt(document, ["retry_config", key, index], fault));
    }
  }
  return faults;
}

/** Keys that are fine and do nothing in this job. */
export function warningsOf(document: ConfigDocument, job: JobDraft): Finding[] {
  const { max_errors, max_error_rate, target } = job;
  const isStrict = job.schema_validation_mode === "strict";
  const hasCatalog = target?.catalog !== undefined || target?.custom_writer !== undefined;
  const idle: readonly (readonly [isIdle: boolean, keys: readonly string[], message: string])[] = [
    [isStrict && max_errors !== undefined, ["max_errors"], WARN_ONLY],
    [isStrict && max_error_rate !== undefined, ["max_error_rate"], WARN_ONLY],
    [!hasCatalog && target?.branch !== undefined, ["target", "branch"], CATALOG_ONLY],
    [!hasCatalog && target?.warehouse !== undefined, ["target", "warehouse"], CATALOG_ONLY],
  ];
  return idle.filter(([isIdle]) => isIdle).map(([, keys, message]) => findingAt(document, keys, message));
}

const WARN_ONLY = "has no effect unless schema_validation_mode is warn";
const CATALOG_ONLY = "has no effect without target.catalog";
