import { DativoError } from "../contract/errors.ts";

/** The one table of exit codes; the error's own code carries the rest. */
export const EXIT = {
  done: 0,
  /** Published, but some records were rejected. */
  rejected: 1,
  /** Something was not published, or the command was wrong. */
  failed: 2,
  interrupted: 130,
  terminated: 143,
  brokenPipe: 141,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Signals that end a run, and how the process then ends. */
export const SIGNAL_EXITS: Readonly<Record<string, ExitCode>> = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGHUP: EXIT.terminated,
};

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof DativoError && error.code === "DTV_BROKEN_PIPE") return EXIT.brokenPipe;
  const signal = error instanceof DativoError ? error.details["signal"] : undefined;
  return (typeof signal === "string" && SIGNAL_EXITS[signal]) || EXIT.failed;
}
