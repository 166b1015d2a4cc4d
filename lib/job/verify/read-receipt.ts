import { readFile } from "node:fs/promises";
import { receiptDocument } from "../../config/receipt/receipt-document.ts";
import { addChecksums } from "../../contract/checksums.ts";
import { DativoError, systemCode } from "../../contract/errors.ts";
import type { Receipt } from "../receipt.ts";

const HINT = "Give the file that `dativo run --receipt` wrote, or one of those kept beside the state.";

/** Reads a receipt, and holds it to itself. @throws DativoError DTV_RECEIPT_INVALID, DTV_CONFIG_NOT_FOUND */
export async function readReceipt(path: string): Promise<Receipt> {
  const parsed = receiptDocument.safeParse(parse(path, await readText(path)));
  if (!parsed.success) {
    const { path: keys = [], message = "" } = parsed.error.issues[0] ?? {};
    throw invalid(path, `is not a receipt: ${keys.length === 0 ? "" : `${keys.join(".")}: `}${message}`);
  }
  refuseFailed(path, parsed.data);
  const fault = contradictionIn(parsed.data);
  if (fault !== undefined) throw invalid(path, `contradicts itself: ${fault}`);
  return parsed.data;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const reason = systemCode(cause) === "ENOENT" ? "does not exist" : `cannot be read (${systemCode(cause)})`;
    throw new DativoError("DTV_CONFIG_NOT_FOUND", `The receipt ${path} ${reason}`, {
      culprit: path,
      hint: HINT,
      cause,
    });
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(path, "does not parse as JSON", cause);
  }
}

/** Of a run that came to no good end there is nothing to compare, unless it had made checkpoints. */
function refuseFailed(path: string, { status, error, files }: Receipt): void {
  const isOver = status === "failed" || status === "cancelled";
  if (isOver !== (error !== undefined))
    throw invalid(path, "contradicts itself: its status and its error do not agree");
  if (error === undefined || files.length > 0) return;
  const what = status === "failed" ? `failed with ${error.code}` : "was cancelled";
  throw new DativoError("DTV_RECEIPT_INVALID", `${path} is of a run that ${what}: it has no files to compare`, {
    culprit: path,
    hint: "Give the receipt of a run that committed; each of a job's is kept beside its state.",
  });
}

/** Records that the run made visible; more may have been staged by one that failed. */
export function publishedBy({ commits }: Receipt): number {
  return commits.reduce((sum, { written }) => sum + written, 0);
}

/** What of a receipt does not fit the rest of it: it was changed by hand. */
function contradictionIn(receipt: Receipt): string | undefined {
  const { counts, files, checksums, error } = receipt;
  if (!error && counts.read + counts.added !== counts.written + counts.rejected + counts.filtered) {
    return "its counts do not balance";
  }
  const rows = files.reduce<number | undefined>((sum, file) => add(sum, file.rows), 0);
  const written = publishedBy(receipt);
  if (files.length > 0 && rows !== undefined && rows !== written) {
    return `its files have ${rows} records, and ${written} were written`;
  }
  if (!error && written !== counts.written) return `its commits have ${written} records, and not ${counts.written}`;
  const sums = addChecksums(files.map((file) => file.checksums));
  if (JSON.stringify(sums) !== JSON.stringify(checksums)) return "its checksums are not those of its files together";
  return undefined;
}

function add(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one + other;
}

function invalid(path: string, what: string, cause?: unknown): DativoError {
  return new DativoError("DTV_RECEIPT_INVALID", `${path} ${what}`, { culprit: path, hint: HINT, cause });
}
