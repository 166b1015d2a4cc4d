/** What the hooks of players return. */
import type { ColumnChecksum } from "./checksums.ts";

/** The result of `checkConnection`. */
export class ConnectionTestResult {
  readonly success: boolean;
  readonly message: string;
  /** `AUTH_FAILED`, `NETWORK_ERROR`, `PERMISSION_ERROR`, `RESOURCE_NOT_FOUND` … */
  readonly errorCode: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(success: boolean, message: string, errorCode?: string, details: Record<string, unknown> = {}) {
    this.success = success;
    this.message = message;
    this.errorCode = errorCode;
    this.details = details;
  }
}

export interface DiscoveredColumn {
  readonly name: string;
  /** As {@link formatType} spells it. */
  readonly type: string;
  readonly nullable: boolean;
}

export interface DiscoveredObject {
  readonly name: string;
  /** `file`, `table`, `object` … */
  readonly type: string;
  readonly columns?: readonly DiscoveredColumn[];
  readonly [fact: string]: unknown;
}

/** The result of `discover`: what a source offers. */
export class DiscoveryResult {
  readonly objects: readonly DiscoveredObject[];
  readonly metadata: Readonly<Record<string, unknown>>;

  constructor(objects: readonly DiscoveredObject[], metadata: Record<string, unknown> = {}) {
    this.objects = objects;
    this.metadata = metadata;
  }
}

/** A file or batch that a writer staged. Unknown keys are kept. */
export interface FileMetadata {
  readonly path: string;
  readonly sizeBytes?: number;
  readonly recordCount?: number;
  /** What its columns hold, where the writer has summed them. */
  readonly checksums?: readonly ColumnChecksum[];
  readonly [fact: string]: unknown;
}

/** What became visible. Unknown keys are kept. */
export interface CommitResult {
  /** `success`, or another of {@link SUCCESS}; anything else says that the commit failed. */
  readonly status: string;
  readonly filesAdded?: number;
  readonly totalRecords?: number;
  /** The run that committed, as `committed()` found it in the target. */
  readonly runId?: string;
  readonly [fact: string]: unknown;
}

/** The statuses that say that a commit has happened, in any case of letters. */
export const SUCCESS: readonly string[] = ["success", "succeeded", "ok", "done", "committed", "completed"];

/** True for a result that says so, and for one without a status. Nothing else is taken for a commit. */
export function isSuccess({ status }: Partial<CommitResult>): boolean {
  return status === undefined || SUCCESS.includes(String(status).toLowerCase());
}

/** Names one commit of one job: the same token always means the same commit. */
export interface CommitToken {
  readonly jobKey: string;
  /** 1, 2, 3 … per job key. */
  readonly seq: number;
  /** UUID v7 of the attempt. */
  readonly runId: string;
}

/** A part of a source that is read on its own. JSON; `id` is stable between runs. */
export interface Split {
  readonly id: string;
  readonly [fact: string]: unknown;
}

/** Where a reader can resume: any JSON value of at most 64 KiB. */
export type Position = unknown;
