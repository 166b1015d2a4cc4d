import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { runJob } from "../../lib/job/run-job.ts";
import { writeFiles } from "./cli.ts";
import { tempFolder, visibleFiles } from "./folder.ts";
import { type Mode, withoutPlace } from "./player-modes.ts";

export type Files = Readonly<Record<string, string>>;

/** What a job left, and what it told. */
export interface Outcome {
  readonly cwd: string;
  readonly published: Readonly<Record<string, string>>;
  readonly told: unknown;
  readonly log: readonly string[];
  readonly error: Record<string, unknown> | undefined;
}

export const base = {
  tenant_id: "acme",
  name: "scripts",
  source_connector: "mine",
  source: { custom_reader: "mine.ts:Mine" },
  target_connector: "jsonl",
  target: { connection: { path: "lake" } },
  asset_path: "rows.yaml",
  schema_validation_mode: "warn",
};

/** Runs a job some times in a folder, with its plugins in this process or apart. */
async function run(
  mode: Mode,
  files: Files,
  job: object = {},
  { times = 1, cwd = tempFolder() } = {},
): Promise<Outcome> {
  writeFiles(cwd, files);
  const log: string[] = [];
  const say = (message: string, fields?: object) => void log.push(JSON.stringify([message, fields]));
  const told: unknown[] = [];
  let error: Outcome["error"];
  for (let time = 0; time < times; time++) {
    try {
      const receipt = await runJob(
        { ...base, ...job, plugins: { sandbox: { mode } } },
        { cwd, env: { STATE_DIR: join(cwd, "state") }, log: { debug: () => {}, info: say, warn: say, error: say } },
      );
      told.push(factsOf({ ...receipt, plugins: withoutPlace(receipt.plugins, mode) } as never, cwd));
    } catch (thrown) {
      const { code, message, culprit, hint } = thrown as Record<string, unknown>;
      const say = (text: unknown) => (typeof text === "string" ? text.replaceAll(cwd, "") : text);
      error = { code, message: say(message), culprit: say(culprit), hint: say(hint) };
    }
  }
  const lake = join(cwd, "lake");
  const names = existsSync(lake) ? visibleFiles(lake) : [];
  const published = Object.fromEntries(
    names.map((name) => [nameless(name), readFileSync(join(lake, name), "latin1").replaceAll(cwd, "")]),
  );
  return { cwd, published, told, log, error };
}

/** Names of files hold the id of the run. */
const nameless = (name: string): string => name.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{12,}/g, "RUN");

function factsOf(
  { counts, positions, rejects, plugins, warnings, target, guarantee }: Record<string, never>,
  cwd: string,
) {
  const { path } = (rejects ?? {}) as { path?: string };
  const kept = path === undefined ? [] : readFileSync(path, "utf8").trim().split("\n");
  const rejected = kept.map((line) => ({ ...JSON.parse(line), run_id: undefined }));
  const { schema } = target as unknown as { schema: unknown };
  return JSON.parse(
    JSON.stringify({ counts, positions, rejected, plugins, warnings, schema, guarantee })
      .replaceAll(cwd, "")
      .replace(/"mtimeNs":"\d+"/g, '"mtimeNs":""'),
  );
}

/** Runs it here and apart, and holds one to the other. */
export async function both(files: Files, job: object = {}, options = {}): Promise<Outcome> {
  const [here, apart] = [await run("in_process", files, job, options), await run("process", files, job, options)];
  const { cwd: _, log: __, ...outcome } = apart;
  expect(outcome).toEqual({ published: here.published, told: here.told, error: here.error });
  return apart;
}

export const asset = (fields: Readonly<Record<string, string>>): string =>
  JSON.stringify({
    name: "rows",
    version: "1.0.0",
    schema: Object.entries(fields).map(([name, type]) => ({ name, type })),
  });

export const reader = (body: string, more = ""): string => `
import { BaseReader, DativoError, RowBatch, Schema, Provenance } from "dativo-ingest";
${more}
export class Mine extends BaseReader { ${body} }`;
