import { maskSecrets } from "../config/secrets/mask-secrets.ts";
import type { Log } from "../contract/context.ts";
import { escapeControls } from "../contract/escape-controls.ts";

const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogOptions {
  readonly format: "text" | "json";
  /** The lowest level that is written. */
  readonly level: LogLevel;
  write(line: string): void;
}

/** A log of one line per message. Secrets are masked, control characters escaped, so no message can forge a line. */
export function createLog({ format, level, write }: LogOptions): Log {
  const lowest = LOG_LEVELS.indexOf(level);
  const writer = (at: LogLevel) => (message: string, fields?: Record<string, unknown>) => {
    if (LOG_LEVELS.indexOf(at) < lowest) return;
    write(maskSecrets(format === "json" ? jsonLine(at, message, fields) : textLine(at, message)));
  };
  return { debug: writer("debug"), info: writer("info"), warn: writer("warn"), error: writer("error") };
}

interface LogFlags {
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly logFormat: "text" | "json";
}

/** The log of a command, on stderr: from `level` on, by default from warnings, unless its flags say otherwise. */
export function openLog(
  { quiet = false, verbose = false, logFormat: format }: LogFlags,
  { level = "warn", before }: { level?: LogLevel; before?: () => void } = {},
): Log {
  return createLog({
    format,
    level: quiet ? "error" : verbose ? "debug" : level,
    write: (line) => {
      before?.();
      process.stderr.write(`${line}\n`);
    },
  });
}

function jsonLine(level: LogLevel, message: string, fields: Record<string, unknown> = {}): string {
  return JSON.stringify({ time: new Date().toISOString(), level, message, ...fields });
}

function textLine(level: LogLevel, message: string): string {
  return level === "info"
    ? escapeControls(message)
    : `${level === "warn" ? "warning" : level}: ${escapeControls(message)}`;
}
