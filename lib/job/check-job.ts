import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { LoadedJob, LoadedTransform } from "../config/job/loaded-job.ts";
import { INERT_CONTEXT } from "../contract/context.ts";
import { DativoError, systemCode, toDativoError } from "../contract/errors.ts";
import { ConnectionTestResult } from "../contract/results.ts";
import { Schema } from "../contract/schema.ts";
import { BaseTransform } from "../contract/transform.ts";
import { unwritable } from "../contract/unwritable.ts";
import { loadTransforms } from "../plugin/builtin.ts";
import { construct, findReader, findTransform, findWriter } from "../plugin/find-player.ts";
import { readerTypeOf } from "../plugin/reader-type.ts";
import type { StoreSettings } from "../storage/object/store-settings.ts";
import { pluginRunOf, refuseUndividable } from "./plan-job.ts";
import { sourceStorage } from "./source-storage.ts";

/** What was found of one side of a job. */
export interface SideReport {
  readonly status: "success" | "failed" | "error";
  readonly message: string;
  readonly errorCode?: string | undefined;
  readonly retryable?: boolean | undefined;
  readonly hint?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

export interface CheckReport {
  readonly source: SideReport;
  readonly target: SideReport;
  readonly contract: SideReport;
  /** Absent where the job has none. */
  readonly transforms?: SideReport;
}

/** Says what is wrong with a job before anything runs. Nothing is written anywhere. */
export async function checkJob(job: LoadedJob, { cwd = process.cwd() } = {}): Promise<CheckReport> {
  return {
    source:
      notBuilt(job, "source_connector") ?? (await report("Failed to connect to source", () => checkSource(job, cwd))),
    target: notBuilt(job, "target_connector") ?? (await report("Failed to connect to target", () => checkTarget(job))),
    contract: await report("Failed to check the contract", () => checkContract(job)),
    ...(job.transforms.length > 0
      ? { transforms: await report("Failed to open the transforms", () => checkTransforms(job, cwd)) }
      : {}),
  };
}

/** A connector that this version cannot run is told once, by the finding; there is nothing to connect to. */
function notBuilt(job: LoadedJob, path: string): SideReport | undefined {
  const finding = job.planned.find((planned) => planned.path === path);
  return finding && { status: "failed", message: `Not built yet: ${finding.message}`, errorCode: "DTV_NOT_BUILT" };
}

async function checkSource(job: LoadedJob, cwd: string): Promise<ConnectionTestResult> {
  const reader = construct(
    await findReader(readerTypeOf(job.source.config, job.source.custom), job.source.custom, pluginRunOf(job)),
    job.source.config,
  );
  reader.ctx = { ...INERT_CONTEXT, storage: sourceStorage(job, { cwd }) };
  try {
    return await reader.checkConnection();
  } finally {
    await reader.close();
  }
}

async function checkTarget(job: LoadedJob): Promise<ConnectionTestResult> {
  refuseUndividable(job);
  const found = await findWriter(job.target.format, job.target.custom, pluginRunOf(job));
  const writer = construct(found, job.asset, job.target.config, job.target.path ?? "");
  try {
    const tested = await writer.checkConnection();
    if (!tested.success || job.target.path === undefined) return tested;
  } finally {
    await writer.close();
  }
  if (job.target.store) return checkStore(job.target.path, job.target.store);
  await requireWritable(job.target.path);
  return new ConnectionTestResult(true, `${job.target.path} can be written`);
}

/** Asks for an object that nobody has. What may be written there, only a run finds out. */
async function checkStore(path: string, settings: StoreSettings): Promise<ConnectionTestResult> {
  const { openStore } = await import("../storage/object/open-store.ts");
  await (await openStore(settings)).head("_dativo/check");
  return new ConnectionTestResult(true, `${path} can be reached`);
}

/** Compiles types, rules and mapping, as a run would. */
async function checkContract(job: LoadedJob): Promise<ConnectionTestResult> {
  const { Validate, MapSchema } = await loadTransforms();
  const typed = await new Validate({ asset: job.asset }).open(job.asset.targetSchema());
  if (job.map && job.transforms.length === 0) new MapSchema(job.map).open(typed);
  const count = job.asset.fields.length;
  return new ConnectionTestResult(
    true,
    `${job.asset.name} ${job.asset.version}: ${count} ${count === 1 ? "field" : "fields"}`,
  );
}

/** Finds and opens the transforms in turn, and the mapping behind them, as a run would. */
async function checkTransforms(job: LoadedJob, cwd: string): Promise<ConnectionTestResult> {
  let schema = job.asset.targetSchema();
  for (const { plugin, options } of job.transforms) schema = await openTransform(job, { plugin, options }, schema, cwd);
  const { MapSchema } = await loadTransforms();
  if (job.map) new MapSchema(job.map).open(schema);
  return new ConnectionTestResult(true, schema.isOpen ? "Opened" : `They give ${schema.names.join(", ")}`);
}

async function openTransform(
  job: LoadedJob,
  { plugin, options }: LoadedTransform,
  input: Schema,
  cwd: string,
): Promise<Schema> {
  const transform = construct(await findTransform(plugin, pluginRunOf(job, { cwd })), options);
  transform.ctx = { ...INERT_CONTEXT, storage: sourceStorage(job, { cwd }) };
  try {
    const output = await transform.open(input);
    // One that does not say what it makes may make other columns.
    return transform.open === BaseTransform.prototype.open
      ? new Schema(output.fields, Schema.lexical([], { open: true }).metadata)
      : output;
  } finally {
    await transform.close();
  }
}

/** The folder itself, or the nearest parent that exists, must be a folder that can be written. */
async function requireWritable(path: string): Promise<void> {
  try {
    const facts = await stat(path);
    if (!facts.isDirectory()) throw Object.assign(new Error("not a folder"), { code: "EEXIST" });
    await access(path, constants.W_OK | constants.X_OK);
  } catch (cause) {
    if (systemCode(cause) === "ENOENT" && dirname(path) !== path) return requireWritable(dirname(path));
    throw unwritable(path, cause);
  }
}

async function report(failure: string, check: () => Promise<ConnectionTestResult>): Promise<SideReport> {
  try {
    const { success, message, errorCode, details } = await check();
    return { status: success ? "success" : "failed", message, errorCode, details };
  } catch (cause) {
    const error = toDativoError(cause, "DTV_CONNECTION_FAILED", failure, {
      hint: "Verify the connection and the credentials of the job, and that the network lets it through.",
    });
    const { code, message, hint, retryable, details } = error;
    return {
      status: error instanceof DativoError ? "failed" : "error",
      message,
      errorCode: code,
      retryable,
      hint,
      details,
    };
  }
}
