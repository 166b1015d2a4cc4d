import { DativoError } from "../contract/errors.ts";

interface JobFlags {
  readonly config?: string;
  readonly jobDir?: string;
}

/**
 * Holds a command line to naming its jobs in one way.
 *
 * @throws DativoError DTV_CONFIG_INVALID for a job without --config, or for both kinds of naming.
 */
export function checkNaming(command: string, { config, jobDir }: JobFlags, [given]: readonly string[]): void {
  if (given !== undefined) {
    throw new DativoError("DTV_CONFIG_INVALID", `'${given}' stands on its own; jobs are named by an option`, {
      culprit: given,
      hint: `Give the job with --config: dativo ${command} --config ${config ?? given}`,
    });
  }
  if (config !== undefined && jobDir !== undefined) {
    throw new DativoError("DTV_CONFIG_INVALID", "--config and --job-dir cannot be given together", {
      hint: `--config ${config} runs that job, --job-dir ${jobDir} runs every job below the folder.`,
    });
  }
}

/**
 * The job of a command that takes just one, on its own or by --config.
 *
 * @throws DativoError when there is none, or there are two.
 */
export function jobFileOf({ config }: JobFlags, [given]: readonly string[]): string {
  const file = given ?? config;
  if (file === undefined) {
    throw new DativoError("DTV_CONFIG_NOT_FOUND", "No job was named", { hint: "Give one with --config job.yaml." });
  }
  if (given === undefined || config === undefined || given === config) return file;
  throw new DativoError("DTV_CONFIG_INVALID", `Two jobs were named: ${given} and --config ${config}`, {
    hint: "Leave one of them out.",
  });
}
