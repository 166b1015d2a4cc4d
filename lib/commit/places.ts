import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { encodeName, suffixOf } from "../contract/file-name.ts";
import { sha256 } from "../contract/sha256.ts";
import { isObjectUri } from "../storage/object/object-uri.ts";

/**
 * What names a job for ever: who runs it, what it is called, where it writes. Never the path of a job file, so that
 * a file that moves does not load everything again.
 */
export interface JobIdentity {
  readonly tenant: string;
  /** The job's `name`, else the name of its asset. */
  readonly name: string;
  /** `file:///lake/zips`, `s3://lake/zips`, or `<target type>:<hash of the connection>` for targets that are no folder. */
  readonly targetUri: string;
}

export function jobKeyOf({ tenant, name, targetUri }: JobIdentity): string {
  return JSON.stringify([tenant, name, targetUri]);
}

/** What names a folder (absolute), or a prefix of a bucket, for ever. */
export function uriOf(target: string): string {
  return isObjectUri(target) ? target : pathToFileURL(target).href;
}

/** First 16 hex digits of the SHA-256 of a job key: the name of its folder under `_dativo`. */
export function jobHashOf(jobKey: string): string {
  return sha256(jobKey).slice(0, 16);
}

/** The path under which a staged file is published: its name carries the run, so it can meet no other's. */
export function publishedName(path: string, runId: string): string {
  const extension = suffixOf(path);
  return join(dirname(path), `${basename(path, extension)}-${runId}${extension}`);
}

/** The name of the folder that a run has to itself. */
export function runFolderName(asset: string, runId: string): string {
  return `${encodeName(asset)}-${runId}`;
}

/** Where jobs keep what they know: `STATE_DIR`, else `.local/state` under the working directory. */
export function stateDirOf(env: NodeJS.ProcessEnv, cwd: string): string {
  return resolve(cwd, env["STATE_DIR"] ?? join(".local", "state"));
}
