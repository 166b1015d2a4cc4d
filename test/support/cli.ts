import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..", "..");
/** The Node that the suite is run for; see scripts/test.mjs. */
export const NODE = process.env["DATIVO_TEST_NODE"] ?? process.execPath;
export const BIN = join(root, "bin", "dativo.cjs");
export const VEGA = join(root, "node_modules", "vega-datasets", "data");

export interface Finished {
  readonly code: number | null;
  /** What ended it, where it was not an exit. */
  readonly signal?: NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Put before the command, for example `["unshare", "-r"]`. */
  readonly under?: readonly string[];
}

/** Runs the built command line in a folder, with an environment of its own. */
export function dativo(args: readonly string[], { cwd, env = {}, input, under = [] }: CliOptions): Finished {
  const [command = NODE, ...rest] = [...under, NODE, BIN, ...args];
  const { status, signal, stdout, stderr } = spawnSync(command, rest, {
    cwd,
    input: input ?? "",
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    env: { ...inherited(), HOME: cwd, TMPDIR: cwd, ...env },
  });
  return { code: status, stdout, stderr, ...(signal === null ? {} : { signal }) };
}

/** Of this process's environment what a command needs, and what says which codecs serve. */
function inherited(): Record<string, string> {
  const { PATH = "", DATIVO_NATIVE = "on" } = process.env;
  return { PATH, DATIVO_NATIVE };
}

/** The same, still running. */
export function startDativo(args: readonly string[], { cwd, env = {} }: CliOptions): ChildProcess {
  return spawn(NODE, [BIN, ...args], {
    cwd,
    env: { ...inherited(), HOME: cwd, TMPDIR: cwd, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Writes files below a folder, making the folders they are in. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** The smallest job: CSV in, Parquet out. YAML is a superset of JSON, so tests write it as that. */
export function smallJob(overrides: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    tenant_id: "acme",
    source_connector: "csv",
    source: { files: [{ path: "people.csv" }] },
    target_connector: "parquet",
    target: { connection: { path: "lake/people" } },
    asset_path: "people.yaml",
    ...overrides,
  });
}

/** A contract of three fields. */
export const PEOPLE_ASSET = JSON.stringify({
  name: "people",
  version: "1.0.0",
  source_type: "csv",
  object: "people",
  schema: [
    { name: "id", type: "integer", required: true, unique: true },
    { name: "name", type: "string", required: true, max_length: 40 },
    { name: "born", type: "date" },
  ],
});

export const PEOPLE_CSV = "id,name,born\n1,Ada,1815-12-10\n2,Grace,1906-12-09\n3,Edsger,\n";
