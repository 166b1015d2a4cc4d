import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FAIL_POINTS, type FailPoint } from "../../lib/storage/fail-point.ts";
import { BIN, dativo, type Finished, NODE, writeFiles } from "./cli.ts";
import { listTree, visibleFiles } from "./folder.ts";

export type Mode = "append" | "overwrite" | "incremental";
export type Layout = "flat" | "run-dir";

/** A way to die: the fault, and what has to happen before, so that a run comes to that place. */
export interface Death {
  readonly name: string;
  readonly action: string;
  readonly faults: string;
  /** A fault of an earlier run, from which the one that dies recovers. */
  readonly prelude?: string;
}

/** Every fail point with one action. Some places are only come to after another fault. */
export function deathsBy(action: string): Death[] {
  const points = Object.keys(FAIL_POINTS) as FailPoint[];
  return points.flatMap((point): Death[] => {
    const faults = `${point}:${action}`;
    if (point === "K27") return [{ name: point, action, faults, prelude: "K13:kill" }];
    if (point === "K28") return [{ name: point, action, faults, prelude: "K19:kill" }];
    if (point !== "K29") return [{ name: point, action, faults }];
    const causes = ["K06", "K09", "K16"];
    return causes.map((cause) => ({ name: `${point} of ${cause}`, action, faults: `${cause}:throw,${faults}` }));
  });
}

const BEFORE = rowsOf(1, 5);
const AFTER = [...BEFORE, ...rowsOf(6, 12)];

/** A job over a folder of its own. The folder's path is part of the job's key, so that each case starts from a copy. */
export class SweepFolder {
  readonly #folder: string;
  readonly #saved: string;
  readonly #layout: Layout;

  /** @param plugin a reader that runs in a process of its own. */
  constructor(folder: string, mode: Mode, layout: Layout, plugin?: string) {
    this.#folder = join(folder, "work");
    this.#saved = join(folder, "saved");
    this.#layout = layout;
    writeFiles(this.#folder, {
      "job.yaml": jobOf(mode, layout, ["in/a.csv"], plugin),
      "asset.yaml": ASSET,
      "in/a.csv": csvOf(BEFORE),
    });
    mkdirSync(join(this.#folder, "lake"));
    writeFileSync(join(this.#folder, "lake", "bystander.txt"), "not ours");
    const first = dativo(["run", "-c", "job.yaml"], { cwd: this.#folder, env: ENVIRONMENT });
    if (first.code !== 0) throw new Error(`the first run failed: ${first.stderr}`);
    writeFiles(this.#folder, { "job.yaml": jobOf(mode, layout, ["in/a.csv", "in/b.csv"], plugin) });
    writeFileSync(join(this.#folder, "in", "b.csv"), csvOf(AFTER.slice(BEFORE.length)));
    copyFolder(this.#folder, this.#saved);
  }

  /** What is wrong after a death and the run that follows it; empty when all is well. */
  async try(death: Death, { runsOnce = false } = {}): Promise<string[]> {
    rmSync(this.#folder, { recursive: true });
    copyFolder(this.#saved, this.#folder);
    if (death.prelude !== undefined) await this.#run(death.prelude);
    const dead = await this.#run(death.faults);
    const faults: string[] = [];
    if (!dead.stderr.includes(`Fault '${death.action}' at ${death.name.slice(0, 3)}`)) faults.push("never came there");
    faults.push(...this.#faultsOfDeath(dead, death), ...this.#faultsAfterDeath());
    const next = await this.#run();
    faults.push(...this.#faultsAfter(next));
    if (!runsOnce) faults.push(...(await this.#faultsOfIdleRun()));
    return faults;
  }

  #faultsOfDeath({ code, signal, stderr }: Finished, { action }: Death): string[] {
    const hasCommitted = this.#commits().length > 1;
    const expected = { kill: signal === "SIGKILL", term: code === 143 }[action] ?? (code === 0) === hasCommitted;
    const isHalfKnown = code === 2 && stderr.includes("DTV_OUTCOME_UNKNOWN");
    return expected || isHalfKnown
      ? []
      : [`ended with ${code ?? signal}, ${hasCommitted ? "" : "not "}committed: ${stderr}`];
  }

  /** What must hold at any moment, before anybody has put anything in order. */
  #faultsAfterDeath(): string[] {
    const faults = this.#faultsAlways();
    const rows = this.#rows();
    const isWhole = [BEFORE, AFTER].some((expected) => sameRows(rows, expected));
    const isReplacing = sameRows(rows, [...BEFORE, ...AFTER]);
    if (this.#layout === "run-dir" && !isWhole && !isReplacing) faults.push(`a reader saw a part: ${rows.length} rows`);
    if (rows.some((row) => !AFTER.includes(row))) faults.push("a row that the source does not have");
    return faults;
  }

  #faultsAfter({ code, stderr }: Finished): string[] {
    const faults = this.#faultsAlways();
    if (code !== 0) faults.push(`the next run ended with ${code}: ${stderr}`);
    const rows = this.#rows();
    if (!sameRows(rows, AFTER)) faults.push(`${rows.length} rows instead of ${AFTER.length}: ${rows.sort().join(" ")}`);
    const books = listTree(join(this.#folder, "lake", "_dativo"));
    const litter = [
      ...books.filter((path) => !/^[0-9a-f]{16}\/(commits\/\d{20}\.commit|old\/.*\.old)$/.test(path)),
      ...listTree(join(this.#folder, ".local")).filter(
        (path) => !/^state\/acme\/[0-9a-f]{16}\.state\.json$/.test(path),
      ),
    ];
    if (litter.length > 0) faults.push(`litter: ${litter.join(", ")}`);
    return faults;
  }

  async #faultsOfIdleRun(): Promise<string[]> {
    const before = this.#commits().length;
    const files = visibleFiles(join(this.#folder, "lake")).length;
    const { code, stderr } = await this.#run();
    if (code !== 0) return [`a third run ended with ${code}: ${stderr}`];
    const isReplacing = readFileSync(join(this.#folder, "job.yaml"), "utf8").includes("overwrite");
    const isSame = this.#commits().length === before && visibleFiles(join(this.#folder, "lake")).length === files;
    return isSame || isReplacing ? [] : ["a run with nothing new changed something"];
  }

  #faultsAlways(): string[] {
    const faults = [];
    const bystander = readFileSync(join(this.#folder, "lake", "bystander.txt"), "utf8");
    if (bystander !== "not ours") faults.push("a file of somebody else was changed");
    const documents = this.#commits().map((name) => ({ name, ...parse(name) }));
    const states = listTree(join(this.#folder, ".local")).filter((path) => path.endsWith(".state.json"));
    const state = states.map((path) => parse(join(this.#folder, ".local", path)));
    if ([...documents, ...state].some(({ isWhole }) => !isWhole)) faults.push("a record or state that does not parse");
    const last = Math.max(0, ...documents.map(({ seq }) => seq));
    if (state.some(({ seq }) => seq > last)) faults.push("the state is ahead of the data");
    return faults;
  }

  #commits(): string[] {
    const root = join(this.#folder, "lake", "_dativo");
    const job = existsSync(root) ? readdirSync(root)[0] : undefined;
    const folder = join(root, job ?? "none", "commits");
    return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  }

  #rows(): string[] {
    const target = join(this.#folder, "lake");
    const data = visibleFiles(target).filter((path) => path.endsWith(".jsonl"));
    return data.flatMap((path) => readFileSync(join(target, path), "utf8").trim().split("\n"));
  }

  #run(faults = ""): Promise<Finished> {
    const child = spawn(NODE, [BIN, "run", "-c", "job.yaml"], {
      cwd: this.#folder,
      env: { PATH: process.env["PATH"], HOME: this.#folder, ...ENVIRONMENT, DATIVO_FAILPOINT: faults },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (text) => (stderr += String(text)));
    return new Promise((resolve) => {
      child.on("close", (code, signal) => resolve({ code, stdout: "", stderr, ...(signal ? { signal } : {}) }));
    });
  }
}

/** Tries deaths on several folders side by side. Returns what was wrong, by name. */
export async function sweep(
  folders: readonly SweepFolder[],
  deaths: readonly Death[],
  options: { readonly runsOnce?: boolean } = {},
): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  const queue = deaths.values();
  const work = async (folder: SweepFolder): Promise<void> => {
    for (const death of queue) found[`${death.action} ${death.name}`] = await folder.try(death, options);
  };
  await Promise.all(folders.map(work));
  return found;
}

/** With times to the nanosecond, by which a reader may know its files; Node's own copies have microseconds. */
function copyFolder(from: string, to: string): void {
  const { status, stderr } = spawnSync("cp", ["-a", from, to], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

const ENVIRONMENT = { DATIVO_NATIVE: process.env["DATIVO_NATIVE"] ?? "on" };

const ASSET = JSON.stringify({
  name: "rows",
  version: "1.0.0",
  schema: [
    { name: "id", type: "integer", required: true },
    { name: "text", type: "string" },
  ],
});

function jobOf(mode: Mode, layout: Layout, files: readonly string[], plugin: string | undefined): string {
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
    // Files of one batch each, so that there are several to publish.
    target: {
      connection: { path: "lake" },
      layout,
      write_mode: mode === "overwrite" ? "overwrite" : "append",
      engine: { options: { target_size_mb: 0.00001 } },
    },
    asset_path: "asset.yaml",
    ...(plugin === undefined ? {} : { plugins: { sandbox: { mode: "process" } } }),
  });
}

function rowsOf(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) =>
    JSON.stringify({ id: from + index, text: `row ${from + index}` }),
  );
}

function csvOf(rows: readonly string[]): string {
  const lines = rows
    .map((row) => JSON.parse(row) as { id: number; text: string })
    .map(({ id, text }) => `${id},${text}\n`);
  return `id,text\n${lines.join("")}`;
}

function sameRows(one: readonly string[], other: readonly string[]): boolean {
  return [...one].sort().join("\n") === [...other].sort().join("\n");
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
