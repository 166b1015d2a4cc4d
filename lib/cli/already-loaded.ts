import { DativoError } from "../contract/errors.ts";
import type { Terminal } from "./terminal.ts";

/** A stream that was loaded before leaves all as it was, which is what a second load of a file does as well. */
export function isAlreadyLoaded(error: unknown): error is DativoError {
  return error instanceof DativoError && error.code === "DTV_ALREADY_LOADED";
}

export function describeAlreadyLoaded(name: string, terminal: Terminal): string {
  const how = "(--allow-duplicates, or `allow_duplicates: true` in a job, adds it once more)";
  return `${terminal.paint("green", "✔")} ${name}: nothing new, this very stream was loaded before ${how}`;
}
