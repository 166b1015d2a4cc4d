import { type ConfigDocument, findingAt } from "./config-document.ts";
import type { Finding } from "./config-fault.ts";
import type { JobDraft } from "./job-document.ts";
import type { LoadedJob, ValidationPolicy } from "./loaded-job.ts";

/** What bad records mean for the job. */
export function policyOf({
  schema_validation_mode: mode = "strict",
  max_errors,
  max_error_rate,
}: JobDraft): ValidationPolicy {
  return {
    mode,
    ...(max_errors === undefined ? {} : { maxErrors: max_errors }),
    ...(max_error_rate === undefined ? {} : { maxErrorRate: max_error_rate }),
  };
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
export function loggingOf({ logging }: JobDraft): LoadedJob["logging"] {
  const level = (logging?.level ?? "info").toLowerCase() as keyof typeof LEVELS;
  return { level: LEVELS[level], redaction: logging?.redaction ?? false };
}

/** Keys that are fine and do nothing here. */
function noteEffects(document: ConfigDocument, job: JobDraft, { report }: Session): void {
  const warn = (keys: readonly string[], message: string): void => {
    report.warnings.push(findingAt(document, keys, message));
  };
  if (job.schema_validation_mode === "strict") {
    for (const key of ["max_errors", "max_error_rate"] as const) {
      if (job[key] !== undefined) warn([key], "has no effect unless schema_validation_mode is warn");
    }
  }
  for (const key of ["branch", "warehouse"] as const) {
    if (job.target?.[key] !== undefined && job.target.catalog === undefined && job.target.custom_writer === undefined) {
      warn(["target", key], "has no effect without target.catalog");
    }
  }
}
