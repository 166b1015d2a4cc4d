import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DativoError, systemCode } from "../../contract/errors.ts";
import { displayPath } from "../document/find-file.ts";
import { readDocument } from "../document/read-document.ts";
import type { LoadJobOptions } from "./load-job.ts";

/**
 * The job files below a folder: all `*.yaml`, then all `*.yml`, each in the order of their paths. Every such file is
 * taken for a job; hidden files and folders are passed over. Without `tenantId` all jobs must be of one tenant.
 *
 * @throws DativoError DTV_CONFIG_NOT_FOUND for no folder or no file, DTV_TENANT_INVALID for several tenants
 */
export async function listJobs(folder: string, options: LoadJobOptions = {}): Promise<string[]> {
  const cwd = resolve(options.cwd ?? process.cwd());
  const paths = await filesBelow(resolve(cwd, folder), folder);
  const files = [".yaml", ".yml"].flatMap((suffix) => paths.filter((path) => path.endsWith(suffix)).sort());
  if (files.length === 0) {
    throw new DativoError("DTV_CONFIG_NOT_FOUND", `No job files (*.yaml, *.yml) below ${folder}`, { culprit: folder });
  }
  if (options.tenantId === undefined) await requireOneTenant(files, cwd);
  return files.map((file) => displayPath(file, cwd));
}

async function filesBelow(folder: string, written: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const found = await Promise.all(
      entries
        .filter((entry) => !entry.name.startsWith("."))
        .map((entry) => {
          const path = join(folder, entry.name);
          return entry.isDirectory() ? filesBelow(path, written) : [path];
        }),
    );
    return found.flat();
  } catch (error) {
    const code = systemCode(error);
    if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
    const isFile = code === "ENOTDIR";
    throw new DativoError(
      "DTV_CONFIG_NOT_FOUND",
      isFile ? `${written} is a file, not a folder of jobs` : `The job folder does not exist: ${written}`,
      {
        culprit: written,
        ...(isFile ? { hint: `A single job is given with --config ${written}.` } : {}),
        cause: error,
      },
    );
  }
}

/** Runs of several tenants must not be started by one command by accident. */
async function requireOneTenant(files: readonly string[], cwd: string): Promise<void> {
  const tenants = new Set<string>();
  for (const file of files) {
    // A file that is no job says so itself when it is loaded.
    const document = await readDocument(file, cwd).catch(() => undefined);
    const tenant = document?.value["tenant_id"];
    if (typeof tenant === "string") tenants.add(tenant);
  }
  if (tenants.size <= 1) return;
  throw new DativoError("DTV_TENANT_INVALID", `The jobs belong to several tenants: ${[...tenants].sort().join(", ")}`, {
    hint: "Name the one to run with --tenant-id.",
  });
}
