import type { LoadedJob } from "../config/job/loaded-job.ts";
import { DativoError } from "../contract/errors.ts";

interface OptionError {
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** Whose options are at fault, as readers and writers of files say it. */
const OWNER = /^engine\.options of the .+ (reader|writer): /;
const MAP = /^map[\w.]*(?=: )/;

/** What is wrong with options of a job, where that is known with the place of each, as of any other key. */
export function placeOptions({ message, details = {} }: OptionError, job: LoadedJob): string {
  const step = MAP.exec(message)?.[0];
  if (step !== undefined) return `${job.locate(step)}${message.slice(step.length)}`;
  const owner = OWNER.exec(message)?.[1];
  const faults = details["faults"] as readonly { readonly path: string; readonly message: string }[] | undefined;
  if (owner === undefined || faults === undefined) return message;
  const options = `${owner === "reader" ? "source" : "target"}.engine.options`;
  return faults
    .map((fault) => `${job.locate(fault.path === "" ? options : `${options}.${fault.path}`)}: ${fault.message}`)
    .join("\n");
}

/** The error of a run, with the places of the options at fault. */
export function withPlaces(error: unknown, job: LoadedJob): unknown {
  if (!(error instanceof DativoError) || error.code !== "DTV_OPTION_INVALID") return error;
  const { culprit, hint, details } = error;
  return new DativoError(error.code, placeOptions(error, job), { culprit, hint, details, cause: error });
}
