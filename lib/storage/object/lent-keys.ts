import { DativoError } from "../../contract/errors.ts";

/** Whose job it is, and what its operator lends it. */
export interface Borrower {
  /** In cloud mode whoever writes a job is not who runs it. */
  readonly mode?: "self_hosted" | "cloud" | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * In cloud mode the keys of the machine serve for the buckets that the operator lists in `DATIVO_JOB_BUCKETS` (with commas), and
 * never at an endpoint of the job's choosing, which would see them.
 *
 * @throws DativoError DTV_KEYS_FORBIDDEN
 */
export function requireLent(bucket: string, { mode, env }: Borrower, own: string, endpoint: string | undefined): void {
  if (mode !== "cloud") return;
  const isLent = (env["DATIVO_JOB_BUCKETS"] ?? "").split(",").some((listed) => listed.trim() === bucket);
  if (isLent && endpoint === undefined) return;
  const reason = isLent ? "do not go to an endpoint that the job names" : `are not lent to jobs for ${bucket}`;
  throw new DativoError("DTV_KEYS_FORBIDDEN", `In cloud mode, the keys of this machine ${reason}`, {
    culprit: own,
    hint: `Give the connection keys of the job's own (${own}); or the operator lends those of the machine: DATIVO_JOB_BUCKETS=${bucket}`,
  });
}

/** A path to a key may lead to anybody's. @throws DativoError DTV_KEYS_FORBIDDEN */
export function refuseKeyFile({ mode }: Borrower): void {
  if (mode !== "cloud") return;
  throw new DativoError("DTV_KEYS_FORBIDDEN", "In cloud mode, a job names no files of this machine as keys", {
    culprit: "connection.key_file",
    hint: "Give the text of the file: service_account_key: ${DATIVO_VAR_…}",
  });
}
