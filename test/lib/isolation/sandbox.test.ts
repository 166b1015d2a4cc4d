import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256 } from "../../../lib/contract/sha256.ts";
import { examineSandbox } from "../../../lib/isolation/sandbox.ts";
import { ATTACKER } from "../../support/attacker.ts";
import { dativo, type Finished, startDativo, writeFiles } from "../../support/cli.ts";
import { tempFolder, visibleFiles } from "../../support/folder.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";
import { childrenOf, isRunning } from "../../support/processes.ts";
import { describeStrace, failAt } from "../../support/strace.ts";

const KINDS = ["library", "script"] as const;
type Kind = (typeof KINDS)[number];

const CUSTOM = { library: "./libattacker.so:create_reader", script: "./attacker.ts:Attacker" };
const LIBRARY = nativeLibrary("attacker_fixture");
const fileOf = (kind: Kind): string => CUSTOM[kind].slice(0, CUSTOM[kind].lastIndexOf(":"));
const SECRET = "canary-5be1c0de";
const env = { AWS_SECRET_ACCESS_KEY: SECRET, SHELL_SECRET: SECRET };
const ASSET = JSON.stringify({ name: "loot", version: "1.0.0", schema: [{ name: "loot", type: "string" }] });

/** Drafts in a place of its own, and puts what is finished where it is told to. */
const WRITER = `import { BaseWriter } from "dativo-ingest";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
export class Mine extends BaseWriter {
  rows: unknown[] = [];
  writeBatch(rows: unknown[]) { this.rows.push(...rows); return []; }
  seal() {
    const [draft, path] = [join(tmpdir(), "draft.json"), join(this.outputBase, "part", "rows.json")];
    writeFileSync(draft, JSON.stringify(this.rows));
    mkdirSync(join(this.outputBase, "part"));
    renameSync(draft, path);
    return [{ path, recordCount: this.rows.length }];
  }
}
`;

/** A reader of files, which are opened for it, and two transforms. */
const FILES = `import { readFileSync } from "node:fs";
import { BaseTransform, FileReader, Provenance, RowBatch, Schema } from "dativo-ingest";
const format = {
  name: "loot", extension: "loot",
  async *decodeAt(bytes, _options, { source }) {
    const loot = Buffer.from(await bytes.read(0, bytes.sizeBytes)).toString();
    yield RowBatch.fromRows([{ loot }], Schema.lexical(["loot"]), { provenance: Provenance.numbered(source, 1) });
  },
};
export class Reads extends FileReader { constructor(config) { super(config, format); } }
export class Shouts extends BaseTransform {
  apply(batch) { return RowBatch.fromRows([...batch].map(({ loot }) => ({ loot: loot.toUpperCase() })), batch.schema, { provenance: batch.provenance }); }
}
export class Steals extends BaseTransform {
  apply(batch) { return RowBatch.fromRows([{ loot: readFileSync("/etc/passwd", "utf8") }], batch.schema); }
}
`;

interface Attack {
  readonly attack: string;
  readonly path?: string;
  readonly port?: number;
}

/** A job whose reader is the attacker, pinned. */
function attackerFolder(kind: Kind, options: Attack, sandbox: object = {}): string {
  const cwd = tempFolder();
  writeFiles(cwd, { "loot.yaml": ASSET, "attacker.ts": ATTACKER });
  copyFileSync(LIBRARY, join(cwd, fileOf("library")));
  const text = JSON.stringify({
    tenant_id: "acme",
    source_connector: "theirs",
    source: { custom_reader: CUSTOM[kind], engine: { options } },
    target_connector: "parquet",
    target: { connection: { path: "lake" } },
    asset_path: "loot.yaml",
    plugins: { pins: { [fileOf(kind)]: `sha256:${sha256(readFileSync(join(cwd, fileOf(kind))))}` }, sandbox },
  });
  writeFiles(cwd, { "job.yaml": text });
  return cwd;
}

const run = (cwd: string, flags: readonly string[] = ["--mode", "cloud"], more = {}): Finished =>
  dativo(["run", "--config", "job.yaml", ...flags], { cwd, env: { ...env, ...more } });

/** Hundredths of a second that a process has worked. */
function processorTicks(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[11]);
}

function expectBlocked(cwd: string, { code, stdout, stderr }: Finished, why: RegExp): void {
  expect([code, stderr]).toEqual([2, expect.stringMatching(why)]);
  expect(stdout + stderr).not.toContain(SECRET);
  expect(existsSync(join(cwd, "lake")) ? visibleFiles(join(cwd, "lake")) : []).toEqual([]);
}

// Node's own permissions may come first; a library is told by the system.
const NODE = "ERR_ACCESS_DENIED|Access to this API has been restricted|requires full fs.read and fs.write permissions";
const denied = new RegExp(`DTV_(PLUGIN_FAILED|SOURCE_UNREADABLE).*(Permission denied|EACCES|${NODE})`);
const refused = new RegExp(`DTV_(PLUGIN_FAILED|SOURCE_UNREADABLE).*(Operation not permitted|EPERM|${NODE})`);

const linux = process.platform === "linux" ? describeNative : () => {};

linux("the sandbox", () => {
  const servers: Server[] = [];
  /** Of two servers of this machine, the one that nobody is to reach. */
  let closed = 0;
  let open = 0;
  let connections = 0;
  const outside = mkdtempSync(join(tmpdir(), "dativo-test-"));
  const socket = join(outside, "service.sock");
  const secretFile = join(outside, "secret.txt");

  beforeAll(async () => {
    expect(examineSandbox()).toMatchObject({ isAvailable: true });
    writeFileSync(secretFile, SECRET, { mode: 0o600 });
    closed = await listen({ host: "127.0.0.1", port: 0 }, () => connections++);
    open = await listen({ host: "127.0.0.1", port: 0 });
    await listen({ path: socket }, () => connections++);
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    rmSync(outside, { recursive: true });
  });

  async function listen(at: object, onConnection = (): unknown => undefined): Promise<number> {
    const server = createServer((connection) => {
      onConnection();
      connection.on("error", () => {}).destroy();
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(at, resolve));
    return (server.address() as AddressInfo).port;
  }

  describe.each(KINDS)("of cloud mode and a %s", (kind) => {
    it("lets a plugin read what it is given, into Parquet, and says so in the receipt", () => {
      const cwd = attackerFolder(kind, { attack: "read", path: "given.txt" });
      writeFileSync(join(cwd, "given.txt"), "what was given");
      const { code, stdout, stderr } = run(cwd, ["--mode", "cloud", "--json"]);
      expect([code, stderr]).toEqual([0, expect.stringContaining("committed 1 record")]);
      const { files, plugins, counts } = JSON.parse(stdout);
      expect(counts.written).toBe(1);
      expect(files[0].path).toMatch(/\.parquet$/);
      expect(plugins).toEqual([expect.objectContaining({ isolation: "process", sandbox: true, network: false })]);
    });

    const ATTACKS: readonly [attack: string, why: RegExp, options?: Partial<Attack>, keys?: object][] = [
      [
        "env",
        /DTV_(PLUGIN_FAILED|SOURCE_UNREADABLE).*(environment variable not found|AWS_SECRET_ACCESS_KEY is not among)/,
      ],
      ["read", denied, { path: "at /etc/passwd" }],
      ["read", denied, { path: "/etc/passwd" }],
      ["read", denied, { path: secretFile }],
      ["parent_env", denied],
      ["parent_memory", denied],
      ["connect", refused],
      ["connect_udp", refused],
      ["connect_unix", refused, { path: `at ${socket}` }],
      ["fork_bomb", refused],
      ["program", refused],
      [
        "memory",
        /DTV_PLUGIN_(FAILED.*(allocation failed|Failed to allocate memory)|CRASHED.*memory allocation of \d+ bytes failed)/,
      ],
      ["spin", /DTV_PLUGIN_CRASHED.*extract\(\) did not return within 2 s/, {}, { timeout: 2 }],
      ["spin", /DTV_PLUGIN_CRASHED.*SIGXCPU/, {}, { cpu_seconds: 1 }],
      ["write", denied, { path: `at ${join(outside, "written.txt")}` }],
      ["truncate", denied, { path: `at ${secretFile}` }],
      ["symlink", refused],
      ["signal", refused],
    ];
    it.each(ATTACKS)("blocks %s", (attack, why, options = {}, keys = {}) => {
      const cwd = attackerFolder(kind, { attack, port: closed, ...options }, keys);
      expectBlocked(cwd, run(cwd), why);
      expect(connections).toBe(0);
    });

    it("leaves what is outside as it was", () => {
      const cwd = attackerFolder(kind, { attack: "chmod", path: `at ${secretFile}` });
      expectBlocked(cwd, run(cwd), refused);
      expect([readFileSync(secretFile, "utf8"), statSync(secretFile).mode & 0o777]).toEqual([SECRET, 0o600]);
      expect(existsSync(join(outside, "written.txt"))).toBe(false);
    });

    it("says of what the job names and the operator withholds that it is not given, and gives it when told", () => {
      const cwd = attackerFolder(kind, { attack: "read", path: secretFile });
      const { stderr } = run(cwd);
      expect(stderr).toContain(`does not get ${secretFile}`);
      const done = run(cwd, ["--mode", "cloud"], { DATIVO_SANDBOX_FOLDERS: outside });
      expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("committed 1 record")]);
    });

    it("runs nothing of a plugin that has one byte more", () => {
      const cwd = attackerFolder(kind, { attack: "nothing" });
      appendFileSync(join(cwd, fileOf(kind)), "\n");
      expectBlocked(cwd, run(cwd), /DTV_PLUGIN_PIN.*is not what it was pinned to/);
    });

    it("opens the network where job and operator both say so", () => {
      const cwd = attackerFolder(kind, { attack: "connect", port: open }, { network: true });
      expectBlocked(cwd, run(cwd), /plugins\.sandbox\.network: asks for the network.*DATIVO_SANDBOX_NETWORK=allow/);
      const done = run(cwd, ["--mode", "cloud", "--json"], { DATIVO_SANDBOX_NETWORK: "allow" });
      expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("committed 1 record")]);
      expect(JSON.parse(done.stdout).plugins[0]).toMatchObject({ sandbox: true, network: true });
      const service = attackerFolder(kind, { attack: "connect_unix", path: `at ${socket}` }, { network: true });
      expectBlocked(service, run(service, ["--mode", "cloud"], { DATIVO_SANDBOX_NETWORK: "allow" }), refused);
    });

    it("is there for a job at home that asks for it", () => {
      const cwd = attackerFolder(kind, { attack: "read", path: `at ${secretFile}` }, { enabled: true });
      expectBlocked(cwd, run(cwd, []), denied);
    });

    it("ends with Dativo, also in a loop without end", async () => {
      const cwd = attackerFolder(kind, { attack: "spin" });
      const dativo = startDativo(["run", "--config", "job.yaml", "--mode", "cloud"], { cwd, env });
      let said = "";
      dativo.stderr?.on("data", (chunk) => {
        said += chunk;
      });
      // The first process looks whether the plugin loads; the second one works.
      await expect.poll(() => said, { timeout: 10_000 }).toContain("Guarantee");
      await expect.poll(() => childrenOf(dativo.pid), { timeout: 10_000 }).toHaveLength(1);
      const [plugin = 0] = childrenOf(dativo.pid);
      await expect.poll(() => processorTicks(plugin), { timeout: 10_000 }).toBeGreaterThan(100);
      dativo.kill("SIGKILL");
      await expect.poll(() => isRunning(plugin), { timeout: 5000 }).toBe(false);
    });

    it("checks and plans a pinned plugin", () => {
      const cwd = attackerFolder(kind, { attack: "nothing" });
      const check = dativo(["check", "--config", "job.yaml", "--mode", "cloud"], { cwd });
      expect([check.code, check.stdout + check.stderr]).toEqual([0, expect.stringContaining("lake can be written")]);
      const plan = dativo(["explain", "--config", "job.yaml", "--mode", "cloud"], { cwd });
      expect([plan.code, plan.stdout]).toEqual([0, expect.stringContaining(`a ${kind} in the sandbox`)]);
    });
  });

  it.each([
    ["library", `${nativeLibrary("abi2_fixture")}:create_writer`],
    ["script", "./writer.ts:Mine"],
  ])("lets a %s write into its own folders, and publishes what it wrote", (_, writer) => {
    const cwd = attackerFolder("script", { attack: "nothing" });
    const job = JSON.parse(readFileSync(join(cwd, "job.yaml"), "utf8"));
    const target = { custom_writer: writer, connection: { path: "lake" } };
    writeFiles(cwd, {
      "writer.ts": WRITER,
      "job.yaml": JSON.stringify({ ...job, target_connector: "theirs", target, plugins: {} }),
    });
    expect(dativo(["plugin", "lock", "job.yaml"], { cwd }).code).toBe(0);
    const done = run(cwd);
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("committed 1 record")]);
    const [file = ""] = visibleFiles(join(cwd, "lake"));
    expect(readFileSync(join(cwd, "lake", file), "utf8")).toContain("nothing");
  });

  it.each([
    ["Shouts", "given.txt", undefined],
    ["Steals", "given.txt", denied],
    ["Shouts", secretFile, /DTV_SOURCE_UNREADABLE.*secret.txt is not named/],
  ])("holds transforms, and readers of files that are opened for them: %s, %s", (transform, path, why) => {
    const cwd = tempFolder();
    writeFiles(cwd, { "loot.yaml": ASSET, "plug.ts": FILES, "given.txt": "what was given" });
    const job = {
      tenant_id: "acme",
      source_connector: "theirs",
      source: { custom_reader: "./plug.ts:Reads", files: [{ path }] },
      transforms: [{ plugin: `./plug.ts:${transform}` }],
      target_connector: "jsonl",
      target: { connection: { path: "lake" } },
      asset_path: "loot.yaml",
      plugins: { pins: { "./plug.ts": `sha256:${sha256(Buffer.from(FILES))}` } },
    };
    writeFiles(cwd, { "job.yaml": JSON.stringify(job) });
    const done = run(cwd, ["--mode", "cloud", "--json"]);
    if (why) return expectBlocked(cwd, done, why);
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("committed 1 record")]);
    const held = expect.objectContaining({ isolation: "process", sandbox: true, network: false });
    expect(JSON.parse(done.stdout).plugins).toEqual([held, held]);
    const [file = ""] = visibleFiles(join(cwd, "lake"));
    expect(readFileSync(join(cwd, "lake", file), "utf8")).toBe('{"loot":"WHAT WAS GIVEN"}\n');
  });

  it("is what dativo doctor looks for", () => {
    const { stdout } = dativo(["doctor", "--json"], { cwd: tempFolder() });
    expect(JSON.parse(stdout).sandbox).toEqual({
      isAvailable: true,
      note: expect.stringMatching(/^Landlock ABI \d+, seccomp/),
    });
  });

  it.each(["shared_memory", "outlive"])("blocks %s, for which only a library has the means", (attack) => {
    const cwd = attackerFolder("library", { attack });
    expectBlocked(cwd, run(cwd), refused);
  });

  it.each(["env", "read", "parent_env", "connect", "program", "signal"])("is what blocks %s", (attack) => {
    const cwd = attackerFolder("library", { attack, port: open, path: "at /etc/passwd" }, { mode: "in_process" });
    const done = run(cwd, []);
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("committed 1 record")]);
  });
});

describeStrace("on a kernel that lacks a part of the sandbox", () => {
  linux("cloud mode", () => {
    it.each([
      ["landlock_create_ruleset", "ENOSYS", "Landlock of Linux 6.2 or later is not in this kernel"],
      ["landlock_create_ruleset", "EOPNOTSUPP", "Landlock of Linux 6.2 or later is not in this kernel"],
      ["seccomp", "EINVAL", "seccomp: .*Invalid argument"],
    ])("runs no plugin: %s %s", (call, error, missing) => {
      const cwd = attackerFolder("library", { attack: "nothing" });
      const done = dativo(["run", "--config", "job.yaml", "--mode", "cloud"], {
        cwd,
        env,
        under: failAt(call, 1, error),
      });
      expectBlocked(
        cwd,
        done,
        new RegExp(`DTV_SANDBOX_MISSING.*is to run in the sandbox, which is not there: ${missing}`),
      );
    });
  });
});
