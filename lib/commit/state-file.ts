import { dirname } from "node:path";
import { systemCode } from "../contract/errors.ts";
import { makeFolder, replaceFile } from "../storage/durable.ts";
import { readDocument, sealDocument } from "./document.ts";
import type { CommitRecord, EndState } from "./record.ts";

const STATE_FORMAT = "dativo.state/1";

/** What a job knows outside its target: a cache of its newest commit record, which wins. */
export interface StateFile extends EndState {
  readonly format: typeof STATE_FORMAT;
  readonly jobKey: string;
  readonly seq: number;
  readonly runId: string;
  readonly schemaFingerprint: string | undefined;
  readonly recordCount: number;
}

/** Undefined when there is none. @throws DativoError DTV_STATE_CORRUPT */
export async function readStateFile(path: string): Promise<StateFile | undefined> {
  try {
    return await readDocument<StateFile>(path, STATE_FORMAT, "DTV_STATE_CORRUPT");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

export async function writeStateFile(path: string, record: CommitRecord): Promise<void> {
  const state: StateFile = {
    format: STATE_FORMAT,
    jobKey: record.jobKey,
    seq: record.seq,
    runId: record.runId,
    schemaFingerprint: record.schemaFingerprint,
    recordCount: record.counts["written"] ?? 0,
    ...record.endState,
  };
  await makeFolder(dirname(path));
  await replaceFile(path, sealDocument({ ...state }), `state-${record.runId}`);
}
