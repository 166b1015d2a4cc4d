import { access, constants, readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { maskSecrets } from "../config/secrets/mask-secrets.ts";
import { DativoError } from "../contract/errors.ts";
import { unwritable } from "../contract/unwritable.ts";
import { makeFolder, removeTemporaries, replaceFile } from "../storage/durable.ts";
import type { Receipt } from "./receipt.ts";

/** So many are kept of each job: a job that runs every hour has them of four days, and of each some kilobytes. */
const KEPT = 100;
const NAME = /^[0-9a-f-]{36}\.json$/;

/** The name of a kept receipt: that of the last commit, by which the next run asks for it. */
function keptAs({ runId, commits }: Pick<Receipt, "runId" | "commits">): string {
  return `${commits.at(-1)?.runId ?? runId}.json`;
}

/** Keeps a receipt with those of the job's earlier runs, and lets go of the oldest beyond the newest hundred. */
export async function keepReceipt(folder: string, receipt: Receipt): Promise<void> {
  await makeFolder(folder);
  await writeReceipt(join(folder, keptAs(receipt)), receipt);
  // Run ids of version 7 are in the order of their times.
  const names = (await readdir(folder)).filter((name) => NAME.test(name)).sort();
  for (const name of names.slice(0, -KEPT)) await rm(join(folder, name), { force: true });
}

/** Removes what a run left that died while it kept its receipt, beside the state or in the file that the user names. */
export async function tidyReceipts(folder: string, path: string | undefined): Promise<void> {
  await removeTemporaries(folder);
  if (path !== undefined) await removeTemporaries(dirname(path), basename(path));
}

/** Writes a receipt whole, in place of what the file held. No secret that the process knows of stands in it. */
export async function writeReceipt(path: string, receipt: Receipt): Promise<void> {
  const text = `${maskSecrets(JSON.stringify(receipt, undefined, 2))}\n`;
  await replaceFile(path, text, receipt.runId).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
}

/** Looks before the run whether its receipt can be written. @throws DativoError DTV_TARGET_UNWRITABLE */
export async function checkReceiptPath(path: string): Promise<void> {
  const folder = dirname(path);
  const found = await stat(path).catch(() => undefined);
  if (found && !found.isFile()) {
    throw new DativoError("DTV_TARGET_UNWRITABLE", `The receipt cannot be written: ${path} is no file`, {
      culprit: path,
      hint: "--receipt names a file, which is made or replaced.",
    });
  }
  await access(folder, constants.W_OK | constants.X_OK).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
}
