import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { ConfigFault } from "../../../lib/config/document/config-fault.ts";
import { type LoadJobOptions, loadJob } from "../../../lib/config/job/load-job.ts";
import type { LoadedJob } from "../../../lib/config/job/loaded-job.ts";
import { DativoError } from "../../../lib/contract/errors.ts";

/** A folder with these files, removed when the test is done. */
export function workspace(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "dativo-config-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** A contract that is good enough for any job. */
export const ASSET = "name: people\nschema: [{ name: id, type: integer }]\nteam: { owner: a@example.com }\n";

/** The smallest job, with lines of one's own under it. */
export function smallJob(lines = ""): string {
  return `tenant_id: acme
source_connector: csv
source: { files: [{ path: data/people.csv }] }
target_connector: parquet
target: { connection: { path: lake/people } }
asset_path: assets/people.yaml
${lines}`;
}

/** Loads a job from text, with the contract beside it. */
export function load(
  job: string,
  options: LoadJobOptions = {},
  files: Record<string, string> = {},
): Promise<LoadedJob> {
  const cwd = workspace({ "job.yaml": job, "assets/people.yaml": ASSET, ...files });
  return loadJob("job.yaml", { env: {}, cwd, ...options });
}

/** The error that a step ends with. */
export async function errorOf(step: Promise<unknown> | (() => unknown)): Promise<DativoError> {
  try {
    await (typeof step === "function" ? step() : step);
  } catch (error) {
    if (error instanceof DativoError) return error;
    throw error;
  }
  throw new Error("no error");
}

export async function faultsOfJob(
  job: string,
  options: LoadJobOptions = {},
  files: Record<string, string> = {},
): Promise<ConfigFault[]> {
  return (await errorOf(load(job, options, files))).details["faults"] as ConfigFault[];
}

/** `path: message` of each fault. */
export async function complaints(
  job: string,
  options: LoadJobOptions = {},
  files: Record<string, string> = {},
): Promise<string[]> {
  return (await faultsOfJob(job, options, files)).map(({ path, message }) => `${path}: ${message}`);
}
