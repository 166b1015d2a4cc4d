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
