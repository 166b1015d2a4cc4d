import { dativo, type Finished, PEOPLE_ASSET, PEOPLE_CSV, smallJob, writeFiles } from "./cli.ts";
import { tempFolder } from "./folder.ts";

/** A folder with a job over three people, and whatever else a test has beside it. */
export function jobFolder(job: Record<string, unknown>, files: Readonly<Record<string, string>> = {}): string {
  const cwd = tempFolder();
  writeFiles(cwd, { "people.csv": PEOPLE_CSV, "people.yaml": PEOPLE_ASSET, "job.yaml": smallJob(job), ...files });
  return cwd;
}

export function runJob(cwd: string, flags: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Finished {
  return dativo(["run", "--config", "job.yaml", ...flags], { cwd, env: { MY_API_KEY: "s3cret-key", ...env } });
}

/** A reader of one record; `before` stands at the top of its file. */
export function oneRecordReader(before = "", name = "x"): string {
  return `import { BaseReader } from "dativo-ingest";
${before}
export class R extends BaseReader { *extract() { yield [{ id: 7, name: ${JSON.stringify(name)} }]; } }
`;
}
