import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Ended, runInChild } from "../../lib/testing/run-in-child.ts";
import { NODE, writeFiles } from "./cli.ts";
import { emptyFolders, listTree, visibleFiles } from "./folder.ts";

export interface CrashJob {
  readonly mode: "append" | "overwrite" | "incremental";
  readonly layout: "flat" | "run-dir";
  /** Whether each text has files of its own. */
  readonly isPartitioned?: boolean | undefined;
  /** Files or patterns, relative to the folder. */
  readonly files: readonly string[];
  /** Whether a run commits after each file. */
  readonly hasCheckpoints?: boolean | undefined;
  /** A reader that runs in a process of its own. */
  readonly plugin?: string | undefined;
  /** By default files of one batch each, so that there are several to publish. */
  readonly targetSizeMb?: number;
}

export interface RunHow {
  /** As DATIVO_FAILPOINT takes them. */
  readonly faults?: string;
  readonly args?: readonly string[];
  /** SIGKILL after so long. */
  readonly killAfterMs?: number;
  /** Put before the command. */
  readonly under?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A job whose runs die, and what has to hold of its target and its books at any moment. */
export class CrashFolder {
  readonly folder: string;
  readonly #lake: string;

  constructor(folder: string, job: CrashJob) {
    this.folder = folder;
    this.#lake = join(folder, "lake");
    mkdirSync(this.#lake, { recursive: true });
    writeFileSync(join(this.#lake, "bystander.txt"), "not ours");
    writeFiles(folder, { "asset.yaml": ROWS_ASSET });
    this.writeJob(job);
  }

  writeJob(job: CrashJob): void {
    writeFiles(this.folder, { "job.yaml": documentOf(job) });
  }

  addSource(name: string, rows: readonly string[]): void {
    writeFiles(this.folder, { [name]: csvOf(rows) });
  }

  growSource(name: string, rows: readonly string[]): void {
    appendFileSync(join(this.folder, name), recordsOf(rows));
  }

  /** Has the next run read everything anew. */
  reset(): Promise<Ended> {
    return this.#dativo(["state", "reset", "job.yaml", "--yes"]);
  }

  /** One run in a process of its own. */
  run({ args = [], ...how }: RunHow = {}): Promise<Ended> {
    return this.#dativo(["run", "-c", "job.yaml", ...args], how);
  }

  #dativo(args: readonly string[], { faults = "", env = {}, ...how }: RunHow = {}): Promise<Ended> {
    return runInChild({
      folder: this.folder,
      args,
      env: { DATIVO_FAILPOINT: faults, ...env },
      node: NODE,
      ...how,
    });
  }

  /** What a reader of the target sees, in the order of files. */
  rows(): string[] {
    const data = this.visible().filter((path) => path.endsWith(".jsonl"));
    return data.flatMap((path) => {
      const lines = readFileSync(join(this.#lake, path), "utf8").trim().split("\n");
      const [, text] = /(?:^|\/)text=([^/]*)\//.exec(path) ?? [];
      return text === undefined ? lines : lines.map((line) => withText(line, decodeURIComponent(text)));
    });
  }

  visible(): string[] {
    return visibleFiles(this.#lake);
  }

  commits(): string[] {
    const root = join(this.#lake, "_dativo");
    const job = existsSync(root) ? readdirSync(root)[0] : undefined;
    const folder = join(root, job ?? "none", "commits");
    return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  }

  /** What must hold at any moment, before anybody has put anything in order. */
  faultsAlways(): string[] {
    const faults = [];
    if (readFileSync(join(this.#lake, "bystander.txt"), "utf8") !== "not ours") faults.push("a bystander was changed");
    const commits = this.commits().map(parse);
    const states = listTree(this.#stateFolder).filter((path) => path.endsWith(".state.json"));
    const state = states.map((path) => parse(join(this.#stateFolder, path)));
    if ([...commits, ...state].some(({ isWhole }) => !isWhole)) faults.push("a record or state that does not parse");
    const last = Math.max(0, ...commits.map(({ seq }) => seq));
    if (state.some(({ seq }) => seq > last)) faults.push("the state is ahead of the data");
    return faults;
  }

  /** What a run that went well must not leave behind. Nobody can tell whose an empty lock is, so that it lies a minute. */
  litter(): string[] {
    const isEmptyLock = (path: string): boolean =>
      /\/\.lock\.[^/]*\.tmp$/.test(path) && readFileSync(join(this.#lake, "_dativo", path)).length === 0;
    const found = [
      ...emptyFolders(this.#lake),
      ...listTree(join(this.#lake, "_dativo")).filter(
        (path) => !/^\w{16}\/(commits\/\d{20}\.commit|old\/.*\.old)$/.test(path) && !isEmptyLock(path),
      ),
      ...listTree(this.#stateFolder).filter(
        (path) => !/^acme\/\w{16}\.(state\.json|receipts\/[\w-]{36}\.json)$/.test(path),
      ),
    ];
    return found.length > 0 ? [`litter: ${found.join(", ")}`] : [];
  }

  get #stateFolder(): string {
    const folder = join(this.folder, ".local", "state");
    mkdirSync(folder, { recursive: true });
    return folder;
  }
}

/** A line as it is where its file is not divided. */
function withText(line: string, text: string): string {
  return JSON.stringify({ ...(JSON.parse(line) as object), text });
}

export function rowsOf(from: number, to: number): string[] {
  const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return numbers.map((id) => JSON.stringify({ id, text: `row ${id}` }));
}

export function sameRows(one: readonly string[], other: readonly string[]): boolean {
  return [...one].sort().join("\n") === [...other].sort().join("\n");
}

/** The contract of numbered rows. */
export const ROWS_ASSET = JSON.stringify({
  name: "rows",
  version: "1.0.0",
  schema: [
    { name: "id", type: "integer", required: true },
    { name: "text", type: "string" },
  ],
});

function documentOf(job: CrashJob): string {
  const { mode, layout, files, hasCheckpoints, isPartitioned, plugin, targetSizeMb = 0.00001 } = job;
  return JSON.stringify({
    tenant_id: "acme",
    source_connector: "csv",
    source: {
      files: files.map((path) => ({ path })),
      engine: { options: { batch_size: 2 } },
      ...(mode === "incremental" ? { incremental: { strategy: "file_modified_time" } } : {}),
      ...(plugin === undefined ? {} : { custom_reader: plugin }),
    },
    target_connector: "jsonl",
    target: {
      connection: { path: "lake" },
      layout,
      ...(isPartitioned ? { partitioning: ["text"] } : {}),
      ...(mode === "overwrite" ? { write_mode: mode } : {}),
      engine: { options: { target_size_mb: targetSizeMb } },
    },
    asset_path: "asset.yaml",
    ...(hasCheckpoints ? { checkpoint: { records: 1 } } : {}),
    ...(plugin === undefined ? {} : { plugins: { sandbox: { mode: "process" } } }),
  });
}

function csvOf(rows: readonly string[]): string {
  return `id,text\n${recordsOf(rows)}`;
}

function recordsOf(rows: readonly string[]): string {
  const records = rows.map((row) => JSON.parse(row) as { id: number; text: string });
  return records.map(({ id, text }) => `${id},${text}\n`).join("");
}

/** A sealed document: whether its hash is right, and its number. */
function parse(path: string): { isWhole: boolean; seq: number } {
  try {
    const { sha256, ...body } = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    const isWhole = createHash("sha256").update(JSON.stringify(body)).digest("hex") === sha256;
    return { isWhole, seq: Number(body["seq"]) };
  } catch {
    return { isWhole: false, seq: 0 };
  }
}
