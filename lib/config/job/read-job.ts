import { resolve } from "node:path";
import { isFolder } from "../../storage/durable.ts";
import { checkDocument, withoutFaults } from "../document/check-document.ts";
import { type ConfigDocument, faultAt, findingAt, withValue } from "../document/config-document.ts";
import { faultOf, faultsToError } from "../document/config-fault.ts";
import { describeTried, findFile } from "../document/find-file.ts";
import { expandDocument, reportExpansion, type Session } from "../document/session.ts";
import { type JobDraft, jobDocument, jobDraft } from "./job-document.ts";
import { isTenantId, TENANT_GRAMMAR } from "./tenant-id.ts";

/** The absolute path of a job file. @throws DativoError DTV_CONFIG_NOT_FOUND */
export async function findJob(path: string, cwd: string = process.cwd()): Promise<string> {
  const lookup = await findFile(path, { cwd: resolve(cwd) });
  if (lookup.found !== undefined) {
    if (!(await isFolder(lookup.found))) return lookup.found;
    throw faultsToError(
      [faultOf({ file: path, path: "", message: "is a folder, not the file of a job" })],
      `\`dativo run --job-dir ${path}\` runs every job below it.`,
    );
  }
  const message = `Job not found: ${path}${describeTried(lookup, path)}`;
  throw faultsToError(
    [faultOf({ file: path, path: "", message }, "DTV_CONFIG_NOT_FOUND")],
    "`dativo init FILE` writes a job from a data file.",
  );
}

export interface ReadJob {
  /** With its variables filled in. */
  readonly document: ConfigDocument;
  /** What of the job keeps its declaration; undefined where too little does. */
  readonly job: JobDraft | undefined;
}

/**
 * Checks the job; `tenantId` stands in for a job that names none. Where the job has faults, the rest of it is read
 * on, for the faults that only show later.
 */
export function readJob(written: ConfigDocument, tenantId: string | undefined, session: Session): ReadJob {
  const given = tenantId === undefined ? written.value : { tenant_id: tenantId, ...written.value };
  const expanded = expandDocument(session, withValue(written, given));
  reportExpansion(session, expanded);
  const { document } = expanded;
  const checked = checkDocument(jobDocument, document);
  if (checked.value) return { document, job: checked.value };
  session.report.faults.push(...checked.faults);
  const sound = withoutFaults(document.value, checked.faults) as Record<string, unknown>;
  return { document: withValue(document, sound), job: jobDraft.safeParse(sound).data };
}

/** The job's tenant, held to the grammar and to the tenant that was asked for; undefined where it is at fault. */
export function checkTenant(
  document: ConfigDocument,
  { tenant_id: tenantId }: JobDraft,
  wanted: string | undefined,
  { report, mode }: Session,
): string | undefined {
  if (tenantId === undefined) return undefined;
  const fault = (message: string): void => {
    report.faults.push(faultAt(document, ["tenant_id"], message, { code: "DTV_TENANT_INVALID" }));
  };
  if (!isTenantId(tenantId)) {
    fault(
      `'${tenantId}' is not a tenant id; it has the form ${TENANT_GRAMMAR}: lower-case letters, digits, _ and -, at most 63`,
    );
    return undefined;
  }
  if (mode === "cloud" && wanted === undefined) {
    const message =
      "is trusted as the job has it; in cloud mode name the tenant of whoever wrote the job (--tenant-id)";
    report.warnings.push(findingAt(document, ["tenant_id"], message));
  }
  if (wanted !== undefined && wanted !== tenantId) {
    fault(`the job belongs to tenant '${tenantId}', not to '${wanted}'`);
    return undefined;
  }
  return tenantId;
}
