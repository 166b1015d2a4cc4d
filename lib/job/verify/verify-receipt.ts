import { resolve } from "node:path";
import { inParallel } from "../../commit/in-parallel.ts";
import { describeDifference } from "../../contract/checksums.ts";
import { DativoError } from "../../contract/errors.ts";
import type { Receipt, ReceiptFile } from "../receipt.ts";
import { findStrangers } from "./find-strangers.ts";
import { publishedBy, readReceipt } from "./read-receipt.ts";
import { type FileForm, type FileValues, formOf, readValues } from "./read-values.ts";
import { openPlace, type VerifiedPlace } from "./verified-place.ts";

/** Formats whose files end with something other than a line. */
const BINARY_FORMATS: ReadonlySet<string> = new Set(["arrow", "avro", "parquet"]);

const UNREACHED: ReadonlySet<string> = new Set(["DTV_CONNECTION_FAILED", "DTV_TRANSIENT", "DTV_SOURCE_UNREADABLE"]);

/** What `verify` found of one file. */
export interface Finding {
  readonly path: string;
  readonly what: string;
}

/** Whether a target holds what a receipt says. */
export interface Verification {
  readonly status: "verified" | "differs";
  readonly runId: string;
  readonly target: string;
  readonly files: number;
  readonly rows: number;
  readonly differences: readonly Finding[];
  /** What is otherwise than it was, and equal. */
  readonly notes: readonly Finding[];
}

export interface VerifyOptions {
  readonly cwd?: string | undefined;
  /** Reads the values also where the bytes are as they were. */
  readonly full?: boolean | undefined;
  /** How a bucket is reached; by default this process's own. */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/**
 * Compares the target of a receipt with it: each file by its bytes, and where these are others, by its values.
 *
 * @throws DativoError DTV_RECEIPT_INVALID, DTV_NOT_BUILT for a target that is neither folder nor bucket, and those of the store.
 */
export async function verifyReceipt(path: string, options: VerifyOptions = {}): Promise<Verification> {
  const { cwd = process.cwd(), full = false, env = process.env } = options;
  const receipt = await readReceipt(resolve(cwd, path));
  const place = await openPlace(targetOf(receipt, path), cwd, env);
  const differences: Finding[] = [];
  const notes: Finding[] = [];
  const verdicts = await inParallel(receipt.files, place.atOnce, (file) => checkFile(place, file, receipt, full));
  for (const [index, { path: file }] of receipt.files.entries()) {
    const { difference, note } = verdicts[index] as Verdict;
    if (difference !== undefined) differences.push({ path: file, what: difference });
    if (note !== undefined) notes.push({ path: file, what: note });
  }
  if (receipt.files.length > 0) differences.push(...(await describeStrangers(place, receipt)));
  return {
    status: differences.length === 0 ? "verified" : "differs",
    runId: receipt.runId,
    target: place.uri,
    files: receipt.files.length,
    rows: publishedBy(receipt),
    differences,
    notes,
  };
}

function targetOf({ target, files }: Receipt, path: string): string {
  if (target.path !== undefined && files.every(({ sha256 }) => sha256 !== undefined)) return target.path;
  throw new DativoError("DTV_NOT_BUILT", `What ${path} tells of is in the hands of ${target.writer}`, {
    culprit: path,
    hint: "Files in a folder or a bucket are read again, which Dativo has published; a target of its own must be asked by its own means.",
  });
}

interface Verdict {
  readonly difference?: string | undefined;
  readonly note?: string | undefined;
}

async function checkFile(place: VerifiedPlace, file: ReceiptFile, receipt: Receipt, full: boolean): Promise<Verdict> {
  let bytes: Bytes | undefined;
  try {
    bytes = await bytesOf(place, file);
  } catch (error) {
    refuseUnreached(error);
    return { difference: `cannot be read: ${(error as Error).message}` };
  }
  if (!bytes) return { difference: await describeMissing(place, file, receipt) };
  if (bytes.isSame && !full) return {};
  const silent = describeSilence(file, receipt);
  if (silent !== undefined) {
    return bytes.isSame
      ? { note: `its bytes are as they were; its values were not read: ${silent}` }
      : { difference: `${describeBytes(file, bytes)}, and its values cannot be compared: ${silent}` };
  }
  const difference = await compareValues(place, file, bytes, formOf(receipt) as FileForm);
  if (bytes.isSame) return { difference: difference && `its bytes are as they were, but ${difference}` };
  if (difference === undefined) return { note: "was rewritten: other bytes, the same values" };
  return { difference: `${describeBytes(file, bytes)}: ${difference}` };
}

interface Bytes {
  readonly sizeBytes: number;
  readonly isSame: boolean;
}

function describeBytes({ sizeBytes = 0 }: ReceiptFile, now: Bytes): string {
  return now.sizeBytes === sizeBytes ? "other bytes" : `${now.sizeBytes} bytes, not ${sizeBytes}`;
}

/** Undefined where the file is not there. */
async function bytesOf(place: VerifiedPlace, { path, sizeBytes, sha256 }: ReceiptFile): Promise<Bytes | undefined> {
  const size = await place.sizeOf(path);
  if (size === undefined) return undefined;
  return { sizeBytes: size, isSame: size === sizeBytes && (await place.sha256Of(path)) === sha256 };
}

/** What a store did not let us see is no word on what it holds. */
function refuseUnreached(error: unknown): void {
  if (error instanceof DativoError && UNREACHED.has(error.code)) throw error;
}

async function describeMissing(place: VerifiedPlace, file: ReceiptFile, { job }: Receipt): Promise<string> {
  const later = await place.commitsAfter(job.hash, job.seq ?? 0);
  const by = later.find(({ replaces }) => replaces.includes(file.path));
  return by ? `was replaced by commit ${by.seq}, run ${by.runId}` : "is missing";
}

/** Why nothing can be told of the values of a file. */
function describeSilence(file: ReceiptFile, receipt: Receipt): string | undefined {
  const form = formOf(receipt);
  if (typeof form === "string") return form;
  return file.checksums === undefined ? "the receipt has no checksums of its columns" : undefined;
}

/** Undefined where a file holds the records that it held. */
async function compareValues(
  place: VerifiedPlace,
  file: ReceiptFile,
  bytes: Bytes,
  form: FileForm,
): Promise<string | undefined> {
  const { checksums = [] } = file;
  const isText = !BINARY_FORMATS.has(form.format);
  const hasSameSize = bytes.sizeBytes === file.sizeBytes;
  if (!bytes.isSame && hasSameSize && !isText) return "as many bytes as before, and others: it was damaged";
  if (!(await endsWith(place, file.path, lineEndOf(form)))) return "its last line does not end: it was cut off";
  try {
    const found = await readValues(place, file.path, form, checksums, { rewrite: isText && hasSameSize });
    const difference = compareColumns(file, found, bytes.isSame);
    if (difference !== undefined || bytes.isSame || found.rewritten === undefined) return difference;
    // Damage that changes no value, such as a letter of another case in a time, is not how a writer writes.
    return found.rewritten === (await place.sha256Of(file.path))
      ? undefined
      : "as many bytes as before, and others: it was damaged";
  } catch (error) {
    refuseUnreached(error);
    return error instanceof Error ? error.message : String(error);
  }
}

/** A list or an object, which is not summed, is known by its bytes alone. */
function compareColumns(
  { rows, checksums = [] }: ReceiptFile,
  found: FileValues,
  hasSameBytes: boolean,
): string | undefined {
  if (rows !== undefined && rows !== found.rows) return `${found.rows} records, not ${rows}`;
  const differing = checksums.flatMap((expected, i) => {
    const difference = describeDifference(expected, found.checksums[i]);
    const isKnown = hasSameBytes && expected.sum === undefined && expected.nulls === found.checksums[i]?.nulls;
    return difference === undefined || isKnown ? [] : [`column '${expected.name}' ${difference}`];
  });
  return differing.length === 0 ? undefined : differing.join("; ");
}

/** The bytes that every file ends with that is whole, where nothing else would tell. */
function lineEndOf({ format, options }: FileForm): Buffer {
  const { compression = "none", encoding = "utf-8" } = options;
  if (BINARY_FORMATS.has(format) || compression !== "none") return Buffer.alloc(0);
  const unit = String(encoding).toLowerCase();
  if (!unit.startsWith("utf-16")) return Buffer.of(0x0a);
  return unit === "utf-16be" ? Buffer.of(0x00, 0x0a) : Buffer.of(0x0a, 0x00);
}

async function endsWith(place: VerifiedPlace, path: string, end: Buffer): Promise<boolean> {
  const last = await place.endOf(path, end.length);
  return last.length === 0 || end.equals(last);
}

async function describeStrangers(place: VerifiedPlace, receipt: Receipt): Promise<Finding[]> {
  const strangers = await findStrangers(place, receipt);
  return strangers.map(({ path, copyOf }) => ({
    path,
    what: copyOf === undefined ? "is named like a file of the job, and no commit knows it" : `is a copy of ${copyOf}`,
  }));
}
