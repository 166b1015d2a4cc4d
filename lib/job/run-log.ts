import type { Log } from "../contract/context.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;

/** The log of a run, without messages below a level. A warning is told once, and noted for the receipt. */
export function runLog(log: Log, level: (typeof LEVELS)[number] = "debug"): { log: Log; warnings: readonly string[] } {
  const silent = LEVELS.slice(0, LEVELS.indexOf(level)).map((name) => [name, () => {}]);
  const heard: Log = { ...log, ...Object.fromEntries(silent) };
  const warnings: string[] = [];
  const warn: Log["warn"] = (message, fields) => {
    if (warnings.includes(message)) return;
    warnings.push(message);
    heard.warn(message, fields);
  };
  return { log: { ...heard, warn }, warnings };
}
