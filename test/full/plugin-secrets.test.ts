import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ZIPS_ASSET } from "../support/bucket-job.ts";
import { dativo, type Finished, smallJob, writeFiles } from "../support/cli.ts";
import { listTree, tempFolder, visibleFiles } from "../support/folder.ts";
import { environmentOf } from "../support/object-client.ts";
import { describeObjectServer } from "../support/object-servers.ts";

const READER_KEY = "reader-canary/+&=?#71";
const WRITER_KEY = "writer-canary %41;'82";
const HOST_KEY = "host-canary-93";
const SECRETS = [READER_KEY, WRITER_KEY, HOST_KEY];
const env = { READER_KEY, WRITER_KEY, HOST_KEY };
const MODES = ["in_process", "process"] as const;

/** Plain, URL-encoded and in base64, wherever a run leaves something. */
function leaks(cwd: string, outputs: readonly Finished[], secrets: readonly string[]): string[] {
  const files = listTree(cwd)
    .filter((path) => !/^(?:job\.yaml|plugins\.ts)$/.test(path))
    .map((path) => readFileSync(join(cwd, path), "utf8"));
  const everything = [...outputs.flatMap(({ stdout, stderr }) => [stdout, stderr]), ...files].join("\n");
  return secrets
    .flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")])
    .filter((form) => everything.includes(form));
}

function job(mode: (typeof MODES)[number], more: Record<string, unknown>): string {
  return smallJob({
    source: { custom_reader: "plugins.ts:Reader", credentials: { api_key: "${READER_KEY}" }, ...more },
    target: {
      custom_writer: "plugins.ts:Writer",
      connection: { path: "lake", token: "${WRITER_KEY}" },
      engine: { options: more["engine"] === undefined ? {} : (more["engine"] as { options: object }).options },
    },
    asset_path: "zips.yaml",
    plugins: { sandbox: { mode } },
  });
}

const THROWING = `import { BaseReader, BaseWriter } from "dativo-ingest";
const spell = (secret: unknown) => {
  const text = String(secret);
  return [text, encodeURIComponent(text), Buffer.from(text).toString("base64")].join(" ");
};
function fail(how: unknown, secret: unknown): void {
  const said = spell(secret);
  if (how === "throws") throw new Error(said);
  if (how === "cause") throw new Error("refused", { cause: new Error(said) });
  if (how === "logs") throw (console.log(said), console.error(said), new TypeError(said));
  if (how === "text") throw said;
}
export class Reader extends BaseReader {
  *extract() {
    yield { batch: [{ id: 1, name: "x" }], position: 1 };
    const { in: where, how } = this.sourceConfig.engine.options as Record<string, unknown>;
    this.ctx.log.warn(spell(this.sourceConfig.credentials["api_key"]));
    if (where === "reader") fail(how, this.sourceConfig.credentials["api_key"]);
  }
}
export class Writer extends BaseWriter {
  writeBatch() {
    const { in: where, how } = this.targetConfig.engine.options as Record<string, unknown>;
    if (where === "writer") fail(how, this.targetConfig.connection["token"]);
    return [];
  }
}
`;

describe.each(MODES)("a script that tells its credentials, %s", (mode) => {
  it.each(["throws", "cause", "logs", "text"])("leaves none of them anywhere: it %s", (how) => {
    for (const where of ["reader", "writer"]) {
      const cwd = tempFolder();
      const options = { in: where, how };
      writeFiles(cwd, {
        "plugins.ts": THROWING,
        "zips.yaml": ZIPS_ASSET,
        "job.yaml": job(mode, { engine: { options } }),
      });
      const run = dativo(["run", "--config", "job.yaml", "--json", "--verbose"], { cwd, env });
      // It did come to the failure, and what is left of its message is shown.
      expect([run.code, run.stderr]).toEqual([2, expect.stringMatching(how === "cause" ? /refused/ : /\*\*\*/)]);
      expect(leaks(cwd, [run], SECRETS)).toEqual([]);
    }
  });
});

/** Looks through all of its own memory; what it looks for comes backwards, so as not to be there for that alone. */
const LOOKING = `import { BaseReader, BaseWriter } from "dativo-ingest";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { getHeapSnapshot } from "node:v8";
async function seen(options: any): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of getHeapSnapshot()) chunks.push(Buffer.from(chunk));
  const heap = Buffer.concat(chunks).toString("utf8");
  const environment = Object.entries(process.env).join(" ") + process.argv.join(" ");
  const backwards = (text: string) => [...text].reverse().join("");
  const found = (options.backwards as string[]).map((text) => heap.includes(backwards(text)) || environment.includes(backwards(text)));
  let parent = "open";
  try { readFileSync("/proc/" + process.ppid + "/environ"); } catch (error) { parent = (error as NodeJS.ErrnoException).code ?? ""; }
  return [...found, parent].join(" ");
}
export class Reader extends BaseReader {
  async *extract() { yield [{ id: 1, name: await seen(this.sourceConfig.engine.options) }]; }
}
export class Writer extends BaseWriter {
  async writeBatch(records: any[]) {
    const path = join(this.outputBase, "seen.txt");
    writeFileSync(path, records[0].name + "\\n" + (await seen(this.targetConfig.engine.options)));
    return [{ path, recordCount: records.length }];
  }
}
`;

it("a script in a process of its own sees its own credentials, and neither another's nor the environment", () => {
  const cwd = tempFolder();
  // Without signs, which a snapshot of memory spells in its own way.
  const keys = { READER_KEY: "readercanary71", WRITER_KEY: "writercanary82", HOST_KEY: "hostcanary93" };
  const backwards = Object.values(keys).map((key) => [...key].reverse().join(""));
  const text = job("process", { engine: { options: { backwards } } });
  writeFiles(cwd, { "plugins.ts": LOOKING, "zips.yaml": ZIPS_ASSET, "job.yaml": text });
  const { code, stderr } = dativo(["run", "--config", "job.yaml"], { cwd, env: keys });
  expect([code, stderr]).toEqual([0, expect.stringContaining("committed 1 record")]);
  const [file = ""] = visibleFiles(join(cwd, "lake"));
  expect(readFileSync(join(cwd, "lake", file), "utf8").split("\n")).toEqual([
    "true false false ERR_ACCESS_DENIED",
    "false true false ERR_ACCESS_DENIED",
  ]);
});

describeObjectServer("versitygw", "keys of a bucket that are refused", (server) => {
  const WRONG = "wrong-canary/+=&64";
  const fromEnvironment = { AWS_SECRET_ACCESS_KEY: WRONG };
  const inConnection = { access_key: "testaccess", secret_key: "${WRONG}" };
  const dead = { AWS_ENDPOINT_URL: "http://127.0.0.1:1" };

  it.each([
    ["as a target, from the environment", "target", {}, fromEnvironment],
    ["as a target, from the connection", "target", inConnection, {}],
    ["as a source, from the environment", "source", {}, fromEnvironment],
    ["as a source, from the connection", "source", inConnection, {}],
    ["as a target that is not there", "target", inConnection, dead],
  ] as const)(
    "show nowhere: %s",
    async (_name, side, keys, more) => {
      const settings = await server.makeBucket();
      const { bucket } = settings;
      const connection = { s3: { bucket, ...keys } };
      const cwd = tempFolder();
      const text =
        side === "target"
          ? smallJob({ target_connector: "s3", target: { connection }, asset_path: "zips.yaml" })
          : smallJob({ source: { connection, files: [{ path: `s3://${bucket}/in/*.csv` }] }, asset_path: "zips.yaml" });
      writeFiles(cwd, { "people.csv": "id,name\n1,Ada\n", "zips.yaml": ZIPS_ASSET, "job.yaml": text });
      const reachedBy = { ...environmentOf(settings), WRONG, ...more };
      const outputs = [
        ["run", "--verbose"],
        ["run", "--json", "--log-format", "json"],
        ["check", "--verbose"],
      ].map(([verb = "", ...flags]) => dativo([verb, "--config", "job.yaml", ...flags], { cwd, env: reachedBy }));
      const reached =
        "AWS_ENDPOINT_URL" in more
          ? /ECONNREFUSED|cannot be reached/
          : /SignatureDoesNotMatch|InvalidAccessKeyId|refused/;
      for (const { code, stderr } of outputs.slice(0, 2))
        expect([code, stderr]).toEqual([2, expect.stringMatching(reached)]);
      expect(leaks(cwd, outputs, [WRONG])).toEqual([]);
    },
    120_000,
  );
});
