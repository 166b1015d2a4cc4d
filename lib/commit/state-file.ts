import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type DativoError, systemCode, toDativoError } from "../contract/errors.ts";
import { makeFolder, replaceFile } from "../storage/durable.ts";
import { type DocumentKind, parseDocument, sealDocument } from "./document.ts";
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

const STATE_KIND: DocumentKind = {
  format: STATE_FORMAT,
  code: "DTV_STATE_CORRUPT",
  hint: "It is a copy: `dativo state repair` writes it anew from the commit records of the target.",
};

/** Undefined when there is none. @throws DativoError DTV_STATE_CORRUPT, DTV_STATE_DIR */
export async function readStateFile(path: string): Promise<StateFile | undefined> {
  try {
    return parseDocument<StateFile>(await readFile(path, "utf8"), path, STATE_KIND);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw unusable(path, error);
  }
}

/** For who can go on without it: the error of a state that does not say what it should. @throws DativoError DTV_STATE_DIR */
export async function readStateFileOrFault(path: string): Promise<StateFile | DativoError | undefined> {
  try {
    return await readStateFile(path);
  } catch (error) {
    if ((error as DativoError).code === "DTV_STATE_CORRUPT") return error as DativoError;
    throw error;
  }
}

/** A fault of the folder of states in plain words. */
export function unusable(path: string, cause: unknown): DativoError {
  return toDativoError(cause, "DTV_STATE_DIR", `The state ${path} cannot be used`, {
    culprit: path,
    hint: "STATE_DIR (else .local/state) names a folder that this user may read and write; source.incremental.state_path names one file.",
  });
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
  await replaceFile(path, sealDocument({ ...state }), record.runId, ["K20", "K21", "K22"]);
}
