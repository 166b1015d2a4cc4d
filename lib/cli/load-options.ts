import type { LoadJobOptions } from "../config/job/load-job.ts";
import type { LoadFlags } from "./program.ts";

/** The flags of a command line as options for loading a job. */
export function loadOptions(flags: LoadFlags & { readonly fullRefresh?: boolean }): LoadJobOptions {
  return {
    mode: flags.mode,
    fullRefresh: flags.fullRefresh ?? false,
    ...(flags.tenantId === undefined ? {} : { tenantId: flags.tenantId }),
    ...(flags.secretManager === undefined ? {} : { secretManager: flags.secretManager }),
    ...(flags.secretManagerConfig === undefined ? {} : { secretManagerConfig: flags.secretManagerConfig }),
    ...(flags.secretsDir === undefined ? {} : { secretsDir: flags.secretsDir }),
  };
}
