import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { livePluginProcesses } from "../../../lib/isolation/plugin-process.ts";
import { runJob } from "../../../lib/job/run-job.ts";
import { dativo, startDativo, writeFiles } from "../../support/cli.ts";
import { tempFolder, visibleFiles } from "../../support/folder.ts";
import { childrenOf, isRunning } from "../../support/processes.ts";
import { until } from "../../support/shell.ts";

const ASSET = JSON.stringify({ name: "rows", version: "1.0.0", schema: [{ name: "id", type: "string" }] });

const SCRIPT = `
import { BaseReader, BaseWriter } from "dativo-ingest";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as v8 from "node:v8";
import { join } from "node:path";
const acts: Record<string, (options: any, ctx: any) => unknown> = {
  nothing() {},
  exit() { process.exit(3); },
  abort() { process.abort(); },
  kill() { process.kill(process.pid, "SIGKILL"); },
  hang() { return new Promise(() => setInterval(() => {}, 1000)); },
  spin() { for (;;); },
  reject() { Promise.reject(new Error("nobody waits")); return new Promise((resolve) => setTimeout(resolve, 500)); },
  throws() { setTimeout(() => { throw new Error("out of nowhere"); }, 10); return new Promise((resolve) => setTimeout(resolve, 500)); },
  junk() { fs.writeSync(3, Buffer.alloc(64, 255)); return new Promise(() => {}); },
  garbage() { const head = Buffer.alloc(8); head.writeUInt32LE(4); fs.writeSync(3, Buffer.concat([head, Buffer.from("nono")])); return new Promise(() => {}); },
  close() { fs.closeSync(3); return new Promise(() => setInterval(() => {}, 1000)); },
  memory() { v8.setFlagsFromString("--max-old-space-size=64"); const held: unknown[] = []; for (;;) held.push(new Array(1e6).fill(Math.random())); },
  talk(_options, ctx) { console.log("on stdout, " + process.env.SHOWN); console.error("on stderr"); process.stdout.write("no end of line"); ctx.log.warn("logged", { a: 1 }); },
};
async function act(options: any, ctx: any) { await acts[options.how]?.(options, ctx); }
const tried = (work: () => unknown): string => {
  try { return "did " + String(work()).slice(0, 20); } catch (error) { return (error as NodeJS.ErrnoException).code ?? String(error); }
};
export class Mine extends BaseReader {
  async *extract() {
    yield [{ id: "0" }];
    await act(this.sourceConfig.engine.options, this.ctx);
    yield [{ id: "1" }];
  }
}
export class Curious extends BaseReader {
  async *extract() {
    const { outside, inside } = this.sourceConfig.engine.options as any;
    const own = join(import.meta.dirname ?? __dirname, "mine.ts");
    const scratch = join(os.tmpdir(), "scratch");
    yield [
      ["environment", Object.keys(process.env).sort().join(" ")],
      ["secret", String(process.env.CANARY)],
      ["outside", tried(() => fs.readFileSync([...outside].reverse().join("") + "/secret.txt", "utf8"))],
      ["passwd", tried(() => fs.readFileSync("/etc/passwd", "utf8"))],
      ["own", tried(() => fs.readFileSync(own, "utf8").length > 0)],
      ["named", tried(() => fs.readFileSync(inside, "utf8"))],
      ["overwrites", tried(() => fs.writeFileSync(own, "no"))],
      ["scratch", tried(() => fs.writeFileSync(scratch, "yes"))],
      ["child", tried(() => spawnSync("true").status)],
      ["addon", tried(() => process.dlopen({ exports: {} } as any, "/nowhere.node"))],
    ].map(([id, told]) => ({ id: id + ": " + told }));
  }
}
export class Count extends BaseReader {
  async *extract() { for (let i = 0; i < 10; i++) { console.log("call " + i); yield [{ id: String(i) }]; } }
}
export class Sink extends BaseWriter {
  async writeBatch() { await act(this.targetConfig.engine.options, this.ctx); return []; }
  commitFiles() { return { status: "success" }; }
}
`;

interface Hostile {
  readonly how?: string;
  readonly name?: string;
  readonly options?: object;
  readonly sandbox?: object;
}

function job({ how = "nothing", name = "Mine", options = {}, sandbox = {} }: Hostile) {
  return {
    tenant_id: "acme",
    name: "hostile",
    source_connector: "theirs",
    source: { custom_reader: `mine.ts:${name}`, engine: { options: { how, ...options } } },
    target_connector: "jsonl",
    target: { connection: { path: "lake" } },
    asset_path: "rows.yaml",
    plugins: { sandbox: { mode: "process", ...sandbox } },
  };
}

function folder(): string {
  const cwd = tempFolder();
  writeFiles(cwd, { "rows.yaml": ASSET, "plugin/mine.ts": SCRIPT, "plugin/package.json": "{}" });
  writeFiles(cwd, { "mine.ts": 'export * from "./plugin/mine.ts";' });
  return cwd;
}

const published = (cwd: string): string[] => (existsSync(join(cwd, "lake")) ? visibleFiles(join(cwd, "lake")) : []);
const environment = (cwd: string) => ({ STATE_DIR: join(cwd, "state") });

const CRASHES: [how: string, message: RegExp][] = [
  ["exit", /ended its process in extract\(\), with exit code 3/],
  ["abort", /ended its process in extract\(\), by SIGABRT/],
  ["kill", /ended its process in extract\(\), by SIGKILL/],
  ["reject", /with exit code 1; the last it wrote: Nobody caught Error: nobody waits/],
  ["throws", /with exit code 1; the last it wrote: Nobody caught Error: out of nowhere/],
  ["memory", /by SIGABRT; the last it wrote: .*heap out of memory/],
  ["junk", /larger than a plugin in a process of its own may send/],
  ["garbage", /said what is no message/],
  ["close", /it closed the pipe to Dativo/],
];

describe("a hostile script in a process of its own", () => {
  afterEach(() => {
    expect(livePluginProcesses()).toBe(0);
  });

  it.each(CRASHES)("that comes to %s ends one run with an error that says so", async (how, message) => {
    const cwd = folder();
    await expect(runJob(job({ how }), { cwd, env: environment(cwd) })).rejects.toMatchObject({
      code: expect.stringMatching(/DTV_PLUGIN_CRASHED|DTV_RECORD_TOO_LARGE/),
      message: expect.stringMatching(message),
    });
    expect(published(cwd)).toEqual([]);
    await runJob(job({}), { cwd, env: environment(cwd) });
    expect(published(cwd)).toHaveLength(1);
  });

  it.each(CRASHES.slice(0, 3))("that writes and comes to %s publishes nothing", async (how, message) => {
    const cwd = folder();
    writeFiles(cwd, { "rows.jsonl": '{"id":"a"}\n' });
    const writing = {
      ...job({}),
      source_connector: "jsonl",
      source: { files: [{ path: "rows.jsonl" }] },
      target_connector: "theirs",
      target: { custom_writer: "mine.ts:Sink", connection: { host: "x" }, engine: { options: { how } } },
    };
    await expect(runJob(writing, { cwd, env: environment(cwd) })).rejects.toMatchObject({
      code: "DTV_PLUGIN_CRASHED",
      message: expect.stringMatching(new RegExp(message.source.replace("extract", "writeBatch"))),
    });
  });

  it.each(["hang", "spin"])("that comes to %s is ended after the time that a call may take", async (how) => {
    const cwd = folder();
    await expect(runJob(job({ how, sandbox: { timeout: 2 } }), { cwd, env: environment(cwd) })).rejects.toMatchObject({
      code: "DTV_PLUGIN_CRASHED",
      message: expect.stringMatching(/did not return within 2 s/),
    });
    expect(published(cwd)).toEqual([]);
  });

  it.each(["hang", "spin"])("that comes to %s is ended when the run is cancelled, within the grace", async (how) => {
    const cwd = folder();
    const start = performance.now();
    const options = { cwd, env: environment(cwd), signal: AbortSignal.timeout(2500), graceMs: 1000 };
    await expect(runJob(job({ how }), options)).rejects.toMatchObject({ code: "DTV_CANCELLED" });
    expect(performance.now() - start).toBeLessThan(2500 + 1500);
    expect(published(cwd)).toEqual([]);
  });

  it("reaches its project, what the job names and a folder for scratch, and nothing else", async () => {
    const cwd = folder();
    const outside = tempFolder();
    writeFileSync(join(outside, "secret.txt"), "canary");
    writeFiles(cwd, { "data/in.txt": "named" });
    // Told backwards, it names nothing.
    const options = { outside: [...outside].reverse().join(""), inside: join(cwd, "data/in.txt") };
    writeFiles(cwd, {
      "job.yaml": JSON.stringify(job({ name: "Curious", options })),
    });
    const { code, stderr } = dativo(["run", "--config", "job.yaml"], {
      cwd,
      env: { CANARY: "canary-1", PGPASSWORD: "canary-2" },
    });
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    const [file] = published(cwd);
    const told = Object.fromEntries(
      linesOf(join(cwd, "lake", String(file))).map((line) => {
        const { id } = JSON.parse(line) as { id: string };
        return [id.slice(0, id.indexOf(": ")), id.slice(id.indexOf(": ") + 2)];
      }),
    );
    expect(told).toMatchObject({
      secret: "undefined",
      outside: "ERR_ACCESS_DENIED",
      passwd: "ERR_ACCESS_DENIED",
      own: "did true",
      named: "did named",
      overwrites: "ERR_ACCESS_DENIED",
      scratch: "did undefined",
      child: "ERR_ACCESS_DENIED",
      addon: "ERR_DLOPEN_DISABLED",
    });
    expect(told["environment"]).not.toMatch(/CANARY|PGPASSWORD/);
  });

  it("has what it prints in the log, and never in the output", () => {
    const cwd = folder();
    writeFiles(cwd, { "job.yaml": JSON.stringify(job({ how: "talk" })) });
    const { code, stdout, stderr } = dativo(["run", "--config", "job.yaml", "--json"], { cwd });
    expect([code, JSON.parse(stdout).counts.written]).toEqual([0, 2]);
    for (const line of ["mine.ts:Mine: on stdout, undefined", "mine.ts:Mine: on stderr", "no end of line", "logged"])
      expect(stderr).toContain(line);
  });

  it("is asked for one batch ahead, and for no more until that one is taken", async () => {
    const { readerIn } = await import("../../support/player-modes.ts");
    const { SourceConfig } = await import("../../../lib/contract/config.ts");
    const { INERT_CONTEXT } = await import("../../../lib/contract/context.ts");
    const Reader = await readerIn("process", join(folder(), "mine.ts"), "Count");
    const reader = new Reader(new SourceConfig());
    const lines: string[] = [];
    reader.ctx = { ...INERT_CONTEXT, log: { ...INERT_CONTEXT.log, info: (line) => lines.push(line) } };
    const calls = () => lines.filter((line) => line.includes("call ")).length;
    const batches = reader.extract() as AsyncGenerator;
    await batches.next();
    await sleep(400);
    expect(calls()).toBe(2);
    await batches.next();
    await sleep(400);
    expect(calls()).toBe(3);
    await batches.return(undefined);
    await reader.close();
  });

  it.skipIf(process.platform !== "linux")("ends with Dativo, also in a loop that never does", async () => {
    const cwd = folder();
    writeFiles(cwd, { "job.yaml": JSON.stringify(job({ how: "spin" })) });
    const run = startDativo(["run", "--config", "job.yaml"], { cwd });
    let text = "";
    run.stderr?.on("data", (chunk) => {
      text += chunk;
    });
    await until(() => text.includes("Guarantee"), "the guarantee");
    const plugin = await until(() => childrenOf(run.pid)[0], "the plugin");
    await sleep(1500);
    run.kill("SIGKILL");
    await until(() => !isRunning(plugin), "the plugin's end");
  });
});

function linesOf(file: string): string[] {
  return readFileSync(file, "utf8").trim().split("\n");
}
