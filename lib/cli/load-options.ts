import type { LoadJobOptions } from "../config/job/load-job.ts";
import type { LoadFlags } from "./program.ts";

/** The flags of a command line as options for loading a job. */
export function loadOptions(flags: LoadFlags & { readonly fullRefresh?: boolean }): LoadJobOptions {
  return {
    mode: flags.mode,
    fullRefresh: flags.fullRefresh,
    tenantId: flags.tenantId,
    secretManager: flags.secretManager,
    secretManagerConfig: flags.secretManagerConfig,
    secretsDir: flags.secretsDir,
  };
}
