import { createHash } from "node:crypto";
import { basename, extname, join, resolve } from "node:path";

/**
 * What names a job for ever: who runs it, what it is called, where it writes. Never the path of a job file, so that
 * a file that moves does not load everything again.
 */
export interface JobIdentity {
  readonly tenant: string;
  /** The job's `name`, else the name of its asset. */
  readonly name: string;
  /** `file:///lake/zips`, or `<target type>:<hash of the connection>` for targets that are no folder. */
  readonly targetUri: string;
}

export function jobKeyOf({ tenant, name, targetUri }: JobIdentity): string {
  return JSON.stringify([tenant, name, targetUri]);
}

/** First 16 hex digits of the SHA-256 of a job key: the name of its folder under `_dativo`. */
export function jobHashOf(jobKey: string): string {
  return createHash("sha256").update(jobKey).digest("hex").slice(0, 16);
}

/** Every path of one job's bookkeeping, under its control folder. */
export class ControlPaths {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Inside a target folder. */
  static inTarget(target: string, jobKey: string): ControlPaths {
    return new ControlPaths(join(target, "_dativo", jobHashOf(jobKey)));
  }

  get commits(): string {
    return join(this.root, "commits");
  }

  get pending(): string {
    return join(this.root, "pending");
  }

  get stagingRoot(): string {
    return join(this.root, "staging");
  }

  get rejects(): string {
    return join(this.root, "rejects");
  }

  get oldRoot(): string {
    return join(this.root, "old");
  }

  get lock(): string {
    return join(this.root, "lock");
  }

  staging(runId: string): string {
    return join(this.stagingRoot, runId);
  }

  old(runId: string): string {
    return join(this.oldRoot, runId);
  }

  stagedRejects(runId: string): string {
    return join(this.staging(runId), "rejects");
  }

  rejectsOf(runId: string): string {
    return join(this.rejects, `${runId}.rejects`);
  }

  commit(seq: number): string {
    return join(this.commits, `${String(seq).padStart(20, "0")}.commit`);
  }

  manifest(seq: number, runId: string): string {
    return join(this.pending, `${seq}-${runId}.manifest`);
  }

  /** Where the manifest of a run goes that is being taken back. */
  retracted(seq: number, runId: string): string {
    return join(this.pending, `${seq}-${runId}.retracted`);
  }
}

/** Staged files end so, in order that no reader of a data format takes them for data. */
export const STAGED_SUFFIX = ".staged";

/** The name under which a staged file is published: it carries the run, so it can meet no other's. */
export function publishedName(name: string, runId: string): string {
  const extension = extname(name);
  return `${basename(name, extension)}-${runId}${extension}`;
}

/** Longest file name that file systems take, in bytes, less what a run id, a number and suffixes add. */
const MAX_NAME_BYTES = 255 - 80;
const MAX_EXTENSION_BYTES = 20;

/**
 * Any text as one file name: everything but letters, digits, `_`, `.` and `-` is percent-encoded, and names that a
 * file system or a command reads otherwise (a leading `.` or `-`, `~`) are too. Long names are cut and told apart by a hash.
 */
export function encodeName(text: string): string {
  const safe = shieldSpecial([...Buffer.from(text)].map(encodeByte).join(""));
  if (safe.length <= MAX_NAME_BYTES) return safe;
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const extension = extname(safe).slice(0, MAX_EXTENSION_BYTES);
  return `${safe.slice(0, MAX_NAME_BYTES - hash.length - extension.length - 1)}~${hash}${extension}`;
}

/** Names that mean something else: hidden files, among them this folder and its parent, and options. */
function shieldSpecial(name: string): string {
  if (name.startsWith(".")) return `%2E${name.slice(1)}`;
  return name.startsWith("-") ? `%2D${name.slice(1)}` : name || "%";
}

function encodeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9_.-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

/** Where jobs keep what they know: `STATE_DIR`, else `.local/state` under the working directory. */
export function stateDirOf(env: NodeJS.ProcessEnv, cwd: string): string {
  return resolve(cwd, env["STATE_DIR"] ?? join(".local", "state"));
}
