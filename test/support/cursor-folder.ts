import { existsSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import type { Receipt } from "../../lib/job/receipt.ts";
import { type RunOptions, runJob } from "../../lib/job/run-job.ts";
import { writeFiles } from "./cli.ts";
import { tempFolder } from "./folder.ts";

type Spec = Readonly<Record<string, unknown>>;

export interface CursorJob {
  /** `[name, type, ...flags]` of each field; the flags are `key` and `required`. */
  readonly fields?: readonly (readonly string[])[];
  readonly incremental?: Spec;
  /** Over the job. */
  readonly job?: Spec;
}

const EVENTS = [
  ["id", "integer", "key"],
  ["at", "timestamp"],
  ["text", "string"],
];

/** A job that reads files by a cursor into JSON lines. */
export class CursorFolder {
  readonly folder = tempFolder();

  constructor(job: CursorJob = {}) {
    this.write(job);
  }

  /** The job and its contract, anew. */
  write({ fields = EVENTS, incremental = { strategy: "updated_at", cursor_field: "at" }, job = {} }: CursorJob): void {
    const schema = fields.map(([name, type, ...flags]) => ({
      name,
      type,
      required: flags.includes("required"),
      ...(flags.includes("key") ? { primary_key: true } : {}),
    }));
    const { source, ...rest } = job;
    const document = {
      tenant_id: "acme",
      source_connector: "csv",
      source: { files: [{ path: "in/*" }], incremental, ...(source as Spec | undefined) },
      target_connector: "jsonl",
      target: { connection: { path: "lake" } },
      asset_path: "asset.yaml",
      ...rest,
    };
    writeFiles(this.folder, {
      "asset.yaml": JSON.stringify({ name: "events", version: "1.0.0", schema }),
      "job.yaml": JSON.stringify(document),
    });
  }

  /** A file of the source: a header and records, one to a line. */
  put(name: string, ...lines: readonly string[]): void {
    writeFiles(this.folder, { [`in/${name}`]: `${lines.join("\n")}\n` });
  }

  run(options: RunOptions = {}): Promise<Receipt> {
    const { folder: cwd } = this;
    return runJob(join(cwd, "job.yaml"), { cwd, env: { STATE_DIR: join(cwd, "state") }, ...options });
  }

  /** What the target holds. */
  records(): Spec[] {
    const lake = join(this.folder, "lake");
    const files = existsSync(lake) ? readdirSync(lake).filter((name) => name.endsWith(".jsonl")) : [];
    const lines = files.flatMap((name) => readFileSync(join(lake, name), "utf8").split("\n"));
    return lines.filter(Boolean).map((line) => JSON.parse(line) as Spec);
  }

  /** What the target holds of a field, sorted. */
  loaded(field = "id"): string[] {
    return this.records()
      .map((record) => String(record[field]))
      .sort();
  }

  /** Says when a file was modified last, in seconds since 1970. */
  date(name: string, seconds: number): void {
    utimesSync(join(this.folder, "in", name), seconds, seconds);
  }
}
