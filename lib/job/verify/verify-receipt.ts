import { open, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { hashFile } from "../../commit/folder/folder-staging.ts";
import { describeDifference } from "../../contract/checksums.ts";
import { DativoError, systemCode } from "../../contract/errors.ts";
import { isObjectUri } from "../../storage/object/object-uri.ts";
import type { Receipt, ReceiptFile } from "../receipt.ts";
import { findStrangers, laterCommits } from "./find-strangers.ts";
import { publishedBy, readReceipt } from "./read-receipt.ts";
import { type FileForm, type FileValues, formOf, readValues } from "./read-values.ts";

/** Formats whose files end with something other than a line. */
const BINARY_FORMATS: ReadonlySet<string> = new Set(["avro", "parquet"]);

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
}

/**
 * Compares the target of a receipt with it: each file by its bytes, and where these are others, by its values.
 *
 * @throws DativoError DTV_RECEIPT_INVALID, and DTV_NOT_BUILT for a target that is no folder.
 */
export async function verifyReceipt(path: string, options: VerifyOptions = {}): Promise<Verification> {
  const { cwd = process.cwd(), full = false } = options;
  const receipt = await readReceipt(resolve(cwd, path));
  const target = targetOf(receipt, path, cwd);
  const differences: Finding[] = [];
  const notes: Finding[] = [];
  for (const file of receipt.files) {
    const { difference, note } = await checkFile(target, file, receipt, full);
    if (difference !== undefined) differences.push({ path: file.path, what: difference });
    if (note !== undefined) notes.push({ path: file.path, what: note });
  }
  if (receipt.files.length > 0) differences.push(...(await describeStrangers(target, receipt)));
  return {
    status: differences.length === 0 ? "verified" : "differs",
    runId: receipt.runId,
    target,
    files: receipt.files.length,
    rows: publishedBy(receipt),
    differences,
    notes,
  };
}

function targetOf({ target, files }: Receipt, path: string, cwd: string): string {
  if (target.path !== undefined && isObjectUri(target.path)) {
    throw new DativoError("DTV_NOT_BUILT", `What ${path} tells of lies in a bucket, ${target.path}`, {
      culprit: path,
      hint: "Only files in a folder are read again. `dativo count` says how many records the objects hold.",
    });
  }
  if (target.path !== undefined && files.every(({ sha256 }) => sha256 !== undefined)) return resolve(cwd, target.path);
  throw new DativoError("DTV_NOT_BUILT", `What ${path} tells of is in the hands of ${target.writer}`, {
    culprit: path,
    hint: "Files in a folder are read again, which Dativo has published; a target of its own must be asked by its own means.",
  });
}

interface Verdict {
  readonly difference?: string | undefined;
  readonly note?: string | undefined;
}

async function checkFile(target: string, file: ReceiptFile, receipt: Receipt, full: boolean): Promise<Verdict> {
  const path = join(target, file.path);
  let bytes: Bytes;
  try {
    const { size } = await stat(path);
    bytes = { sizeBytes: size, isSame: size === file.sizeBytes && (await hashFile(path)) === file.sha256 };
  } catch (error) {
    return { difference: await describeUnreadable(target, file, receipt, error) };
  }
  if (bytes.isSame && !full) return {};
  const silent = describeSilence(file, receipt);
  if (silent !== undefined) {
    return bytes.isSame
      ? { note: `its bytes are as they were; its values were not read: ${silent}` }
      : { difference: `${describeBytes(file, bytes)}, and its values cannot be compared: ${silent}` };
  }
  const difference = await compareValues(path, file, bytes, formOf(receipt) as FileForm);
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

async function describeUnreadable(
  target: string,
  file: ReceiptFile,
  receipt: Receipt,
  error: unknown,
): Promise<string> {
  if (systemCode(error) !== "ENOENT") return `cannot be read: ${(error as Error).message}`;
  const later = await laterCommits(target, receipt);
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
  path: string,
  file: ReceiptFile,
  bytes: Bytes,
  form: FileForm,
): Promise<string | undefined> {
  const { checksums = [] } = file;
  const isText = !BINARY_FORMATS.has(form.format);
  const hasSameSize = bytes.sizeBytes === file.sizeBytes;
  if (!bytes.isSame && hasSameSize && !isText) return "as many bytes as before, and others: it was damaged";
  if (!(await endsWith(path, lineEndOf(form)))) return "its last line does not end: it was cut off";
  try {
    const found = await readValues(path, form, checksums, { rewrite: isText && hasSameSize });
    const difference = compareColumns(file, found, bytes.isSame);
    if (difference !== undefined || bytes.isSame || found.rewritten === undefined) return difference;
    // Damage that changes no value, such as a letter of another case in a time, is not how a writer writes.
    return found.rewritten === (await hashFile(path))
      ? undefined
      : "as many bytes as before, and others: it was damaged";
  } catch (error) {
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
  if (format === "parquet" || compression !== "none") return Buffer.alloc(0);
  const unit = String(encoding).toLowerCase();
  if (!unit.startsWith("utf-16")) return Buffer.of(0x0a);
  return unit === "utf-16be" ? Buffer.of(0x00, 0x0a) : Buffer.of(0x0a, 0x00);
}

async function endsWith(path: string, end: Buffer): Promise<boolean> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(end.length);
    await handle.read(last, 0, end.length, Math.max(0, size - end.length));
    return size === 0 || last.equals(end);
  } finally {
    await handle.close();
  }
}

async function describeStrangers(target: string, receipt: Receipt): Promise<Finding[]> {
  const strangers = await findStrangers(target, receipt).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  });
  return strangers.map(({ path, copyOf }) => ({
    path,
    what: copyOf === undefined ? "is named like a file of the job, and no commit knows it" : `is a copy of ${copyOf}`,
  }));
}
