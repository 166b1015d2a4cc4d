/**
 * The one error class and the one table of codes.
 *
 * A code says what happened, its consequence says what it means for the run. Every code stands in
 * `docs/reference/errors.md`, which is written from this table.
 */

/** What an error means for the run: who can mend it, and whether trying again can help. */
export type Consequence = "config" | "environment" | "transient" | "fatal" | "data" | "cancelled";

export const CODES = {
  DTV_CONFIG_INVALID: ["config", "A job, recipe, registry or asset has faults; each is listed with its line."],
  DTV_CONFIG_NOT_FOUND: ["config", "A configuration file that was named does not exist."],
  DTV_CONFIG_LIMIT: ["config", "A YAML document is larger, deeper or more entangled than any configuration needs."],
  DTV_VARIABLE_UNSET: ["config", "A ${VARIABLE} without a default is not set in the environment."],
  DTV_VARIABLE_FORBIDDEN: ["config", "A ${VARIABLE} is not among those that jobs may read in cloud mode."],
  DTV_KEYS_FORBIDDEN: [
    "config",
    "A job in cloud mode would reach a bucket with keys of the machine, which are not lent to it.",
  ],
  DTV_SECRET_MISSING: ["config", "A secret that the job names is in neither the environment nor the secret manager."],
  DTV_NOT_BUILT: [
    "config",
    "A documented feature that this version does not have yet; it is refused rather than ignored.",
  ],
  DTV_OPTION_INVALID: ["config", "An option of a reader, transform or writer is unknown or has a wrong value."],
  DTV_CONNECTOR_UNKNOWN: ["config", "A connector type is not in the registry, or has not the role it is used in."],
  DTV_ASSET_INVALID: ["config", "A contract names a type, rule or pattern that cannot be checked."],
  DTV_FULL_REFRESH_APPEND: [
    "config",
    "A full refresh was asked for together with append, which would double every record.",
  ],
  DTV_RECEIPT_INVALID: ["config", "A file is no receipt, contradicts itself, or is of a run that failed."],
  DTV_TENANT_INVALID: ["config", "A tenant id is outside the grammar [a-z0-9][a-z0-9_-]{0,62}."],
  DTV_MEMORY_LIMIT: ["config", "The memory limit is too small to run in."],
  DTV_PLUGIN_PATH: ["config", "A plugin path has not the form path:Name."],
  DTV_PLUGIN_NOT_FOUND: ["config", "The file of a plugin does not exist."],
  DTV_PLUGIN_LOAD: ["config", "The file of a plugin could not be loaded."],
  DTV_PLUGIN_PIN: [
    "config",
    "A plugin is not what it was pinned to, or is not pinned where it must be; nothing of it was run.",
  ],
  DTV_SANDBOX_MISSING: ["environment", "A plugin is to run in the sandbox, which this machine does not have."],
  DTV_PLUGIN_CACHE: ["environment", "The folder that fetched plugins are kept in could be written by others."],
  DTV_PLUGIN_CLASS: ["config", "A plugin's file has no class of that name, or the class is of the wrong kind."],
  DTV_PLUGIN_FAILED: ["fatal", "A plugin's own code threw an error."],
  DTV_PLUGIN_CRASHED: [
    "fatal",
    "A plugin that runs in a process of its own ended that process, or did not answer and was ended with it.",
  ],
  DTV_PLUGIN_RESULT: ["fatal", "A plugin returned something that its hook does not allow."],

  DTV_SOURCE_NOT_FOUND: ["environment", "A source file does not exist, or a pattern matches none."],
  DTV_SOURCE_UNREADABLE: ["environment", "A source cannot be opened or read."],
  DTV_SOURCE_NOT_A_FILE: ["environment", "A source path names a folder or a device where a file is needed."],
  DTV_SOURCE_CHANGED: [
    "environment",
    "A source file is not what it was: it changed while it was read, or since it was loaded.",
  ],
  DTV_SOURCE_COMPRESSION: [
    "environment",
    "A source is compressed in a way that is not read, or its compressed data is broken.",
  ],
  DTV_UPSTREAM_INCOMPLETE: [
    "environment",
    "A stream did not come whole: the process that wrote it died, failed, or says that there was more.",
  ],
  DTV_UPSTREAM_UNPROVEN: [
    "environment",
    "A stream ended, and nothing says that it was whole: its format has no end, and no other proof was asked for.",
  ],
  DTV_ALREADY_LOADED: ["environment", "A stream has, byte for byte, what was loaded before; nothing was changed."],
  DTV_BROKEN_PIPE: ["environment", "Whoever read standard output has stopped reading."],
  DTV_DECOMPRESSION_LIMIT: [
    "environment",
    "A compressed source becomes larger than it may: for its stored size, or at all.",
  ],
  DTV_CONNECTION_FAILED: ["environment", "Failed to connect to source or target."],
  DTV_PACKAGE_MISSING: ["environment", "A package that few need, and this job does, is not installed."],
  DTV_TARGET_UNWRITABLE: [
    "environment",
    "The target cannot be written: permission, full disk, read-only or not a folder.",
  ],
  DTV_TARGET_NO_HARD_LINKS: ["environment", "The target's volume has no hard links, which a no-clobber publish needs."],
  DTV_STATE_DIR: ["environment", "The state of a job cannot be read: permission, or a file where a folder is needed."],
  DTV_NOT_CONFIRMED: ["environment", "A command that can double records was not confirmed."],
  DTV_CURSOR_CHANGED: [
    "config",
    "What a job has loaded was not told apart by the cursor that it asks for now, so that nothing says what is new.",
  ],
  DTV_LOCKED: ["environment", "Another run of the same job is under way."],

  DTV_TRANSIENT: ["transient", "A fault that may pass: trying again can help."],

  DTV_CONTRACT_VIOLATED: [
    "data",
    "Records break the contract beyond what the mode allows; nothing was published, or nothing since the last checkpoint.",
  ],
  DTV_COLUMN_MISSING: ["data", "The source has not a column that the contract requires."],
  DTV_CSV_EMPTY: ["data", "A CSV file has no header line."],
  DTV_CSV_HEADER: ["data", "The header of a CSV file cannot name columns: a name is repeated or not readable."],
  DTV_CSV_UNCLOSED_QUOTE: ["data", "A quoted CSV field is never closed, so where the record ends is unknown."],
  DTV_JSON_INVALID: [
    "data",
    "A JSON document is broken or cut off around its records, or has no array of records where one is looked for.",
  ],
  DTV_RECORD_TOO_LARGE: ["data", "A record or field is larger than the limit."],
  DTV_ENCODING: ["data", "A file is not in the encoding it is read as."],
  DTV_PARQUET_INVALID: ["data", "A Parquet file is damaged or uses a feature that is not read."],
  DTV_AVRO_INVALID: ["data", "An Avro file is damaged, cut short or uses a feature that is not read."],
  DTV_ARROW_INVALID: ["data", "Arrow data is damaged: its lengths, offsets and buffers do not fit together."],
  DTV_INT_UNSAFE: ["data", "An integer beyond 2^53 was asked for as a JavaScript number."],
  DTV_VALUE_UNFIT: ["data", "A value does not fit the type of its column."],
  DTV_SCHEMA_CHANGED: ["data", "The schema changed in the middle of a stream."],
  DTV_SCHEMA_INVALID: ["data", "A schema repeats a field or has none."],
  DTV_UNIQUE_LIMIT: ["data", "A uniqueness check outgrew its memory; it never guesses."],
  DTV_CURSOR_LIMIT: [
    "data",
    "More records lie within the look-back of a cursor, or have its highest value, than can be remembered.",
  ],

  DTV_STATE_CORRUPT: ["fatal", "A state file does not parse or its hash is wrong; it is never read as empty."],
  DTV_TARGET_BEHIND: ["fatal", "The target holds fewer commits than the state says: it was emptied or restored."],
  DTV_COMMIT_CONFLICT: ["fatal", "Another run committed this sequence number first."],
  DTV_COMMIT_RECORD: ["fatal", "A commit record or manifest does not parse; nothing is guessed from it."],
  DTV_OUTCOME_UNKNOWN: ["fatal", "A commit may or may not have happened; the next run asks the target."],
  DTV_COUNTS_UNBALANCED: [
    "fatal",
    "read + added does not equal written + rejected + filtered: a stage lost or made records.",
  ],
  DTV_BATCH_MOVED: ["fatal", "A batch was handed on and is used once more."],
  DTV_STAGE_MISUSE: ["fatal", "A stage was used in a way that its contract forbids."],
  DTV_INTERNAL: ["fatal", "A fault in Dativo itself."],

  DTV_CHAOS: ["fatal", "A fault that was asked for, with --chaos or DATIVO_FAILPOINT."],

  DTV_CANCELLED: ["cancelled", "The run was cancelled; nothing was published, or nothing since the last checkpoint."],
  DTV_STAGE_STUCK: ["cancelled", "A stage did not stop within the grace period and was abandoned."],
} as const satisfies Record<string, readonly [Consequence, string]>;

export type ErrorCode = keyof typeof CODES;

export interface ErrorDetails {
  /** Who or what is at fault: `file:line:column`, a plugin path, a field. */
  culprit?: string | undefined;
  /** What the reader of the message can do next. */
  hint?: string | undefined;
  /** The error underneath. */
  cause?: unknown;
  /** Facts for programs; printed with `--json`. Never secrets. */
  details?: Record<string, unknown> | undefined;
}

/** Every error that Dativo raises on purpose. `message` says what and where, `hint` says what to do. */
export class DativoError extends Error {
  override readonly name: string = "DativoError";
  readonly code: ErrorCode;
  readonly culprit: string | undefined;
  readonly hint: string | undefined;
  /** Facts for programs. A later owner may add to them, as the writer adds where the rejects lie. */
  readonly details: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, extra: ErrorDetails = {}) {
    super(message, extra.cause === undefined ? undefined : { cause: extra.cause });
    this.code = code;
    this.culprit = extra.culprit;
    this.hint = extra.hint;
    this.details = extra.details ?? {};
  }

  get consequence(): Consequence {
    return CODES[this.code][0];
  }

  /** True where trying again can help. */
  get retryable(): boolean {
    return this.consequence === "transient";
  }

  toJSON(): Record<string, unknown> {
    return {
      code: this.code,
      consequence: this.consequence,
      message: this.message,
      culprit: this.culprit,
      hint: this.hint,
      details: this.details,
      cause: this.cause instanceof Error ? this.cause.message : undefined,
    };
  }
}

/** Brings a foreign error into the family; one of ours passes unchanged. */
export function toDativoError(error: unknown, code: ErrorCode, context: string, extra: ErrorDetails = {}): DativoError {
  if (error instanceof DativoError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new DativoError(code, `${context}: ${reason}`, { ...extra, cause: error });
}

/** The operating system's error code (`ENOENT`, `ENOSPC` …), or undefined. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}
