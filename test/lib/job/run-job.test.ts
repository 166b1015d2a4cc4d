import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { INERT_CONTEXT } from "../../../lib/contract/context.ts";
import { type RunOptions, runJob } from "../../../lib/job/run-job.ts";
import type { Progress } from "../../../lib/job/run-progress.ts";
import { PEOPLE_ASSET, PEOPLE_CSV, smallJob, writeFiles } from "../../support/cli.ts";
import { tempFolder } from "../../support/folder.ts";

function folder(job: Record<string, unknown>): string {
  const cwd = tempFolder();
  writeFiles(cwd, { "people.csv": PEOPLE_CSV, "people.yaml": PEOPLE_ASSET, "job.yaml": smallJob(job) });
  return cwd;
}

const run = (cwd: string, options: RunOptions = {}) =>
  runJob(join(cwd, "job.yaml"), { cwd, env: { STATE_DIR: join(cwd, "state") }, ...options });

describe("runJob", () => {
  it("puts the job's own label into the receipt", async () => {
    const receipt = await run(folder({ environment: "prod" }));
    expect(receipt.job.environment).toBe("prod");
  });

  it.each([
    [undefined, 1],
    ["INFO", 1],
    ["WARNING", 0],
  ])("keeps to the job's log level, %s", async (level, messages) => {
    const seen: string[] = [];
    const log = { ...INERT_CONTEXT.log, info: (message: string) => void seen.push(message) };
    await run(folder(level === undefined ? {} : { logging: { level } }), { log });
    expect(seen.filter((message) => message.startsWith("Guarantee"))).toHaveLength(messages);
  });

  it.each([
    ["return 7", 7],
    ["throw new Error('cannot tell')", undefined],
  ])("asks the reader how much there is: %s", async (body, rowsTotal) => {
    const cwd = folder({ source: { custom_reader: "./r.mjs:R" } });
    const reader = `import { BaseReader } from "dativo-ingest";
export class R extends BaseReader {
  getTotalRecordsEstimate() { ${body}; }
  *extract() { yield { batch: [{ id: 1, name: "x" }], position: 1 }; }
}`;
    writeFileSync(join(cwd, "r.mjs"), reader);
    const seen: Progress[] = [];
    await run(cwd, { onProgress: (progress) => void seen.push(progress) });
    expect(seen.at(-1)).toMatchObject({ rowsRead: 1, rowsTotal });
  });
});
