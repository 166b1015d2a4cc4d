import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe } from "vitest";
import type { StoreSettings } from "../../lib/storage/object/store-settings.ts";
import { makeBucket } from "./object-client.ts";

export type ObjectServerKind = "versitygw" | "minio" | "fake-gcs";

/** What `npm run test:servers` builds. */
const BINARIES: Readonly<Record<ObjectServerKind, string>> = {
  versitygw: "versitygw-v1.8.0",
  minio: "minio-v0.0.0-20260212201848-7aac2a2c5b7c",
  "fake-gcs": "fake-gcs-server-v1.56.1",
};

const HEALTH: Readonly<Record<ObjectServerKind, string>> = {
  versitygw: "/health",
  minio: "/minio/health/ready",
  "fake-gcs": "/_internal/healthcheck",
};

const TOOLS = join(import.meta.dirname, "..", "..", ".tools", "servers");
const KEYS = { accessKeyId: "testaccess", secretAccessKey: "testsecret123" };
const STARTS = 3;
const HEALTH_TRIES = 300;

/** What stands before Google's, for what the emulator does otherwise than Google. */
const FRONT = join(import.meta.dirname, "gcs-uploads.mjs");

/** A server that runs for a `describe`, and ends with it. */
export interface ObjectServer {
  readonly kind: ObjectServerKind;
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** Of the one user it has; GCS asks for none. */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Where it keeps its objects. */
  readonly folder: string;
  /** Makes an empty bucket, and says how it is reached. */
  makeBucket(): Promise<StoreSettings>;
  /** Ends it without a chance to do anything more. */
  kill(): Promise<void>;
  /** Starts it again with the objects that it has. */
  restart(): Promise<void>;
}

/** Tests that talk to an object store: skipped, with the reason, where it was not built. */
export function describeObjectServer(
  kind: ObjectServerKind,
  name: string,
  tests: (server: ObjectServer) => void,
): void {
  if (existsSync(join(TOOLS, BINARIES[kind]))) {
    describe(name, () => {
      const server = new LocalServer(kind);
      beforeAll(() => server.start());
      afterAll(() => server.remove());
      tests(server);
    });
    return;
  }
  const reason = `${name} (skipped: .tools/servers/${BINARIES[kind]} is not built; npm run test:servers)`;
  if (process.env["DATIVO_TEST_REQUIRE"] === "all") throw new Error(reason);
  describe.skip(reason, () => tests(new LocalServer(kind)));
}

class LocalServer implements ObjectServer {
  readonly kind: ObjectServerKind;
  readonly accessKeyId = KEYS.accessKeyId;
  readonly secretAccessKey = KEYS.secretAccessKey;
  folder = "";
  endpoint = "";
  #processes: ChildProcess[] = [];

  constructor(kind: ObjectServerKind) {
    this.kind = kind;
  }

  /** Another process may take a port that was free a moment ago. */
  async start(): Promise<void> {
    this.folder = mkdtempSync(join(tmpdir(), "dativo-test-server-"));
    for (let left = STARTS; !(await this.#startOn(await freePort())); left--) {
      if (left === 1) throw new Error(`${BINARIES[this.kind]} does not start`);
    }
  }

  async restart(): Promise<void> {
    const port = Number(new URL(this.endpoint).port);
    if (!(await this.#startOn(port))) throw new Error(`${this.kind} does not start again`);
  }

  async kill(): Promise<void> {
    for (const running of this.#processes) {
      if (running.exitCode !== null || running.signalCode !== null) continue;
      const ended = once(running, "exit");
      running.kill("SIGKILL");
      await ended;
    }
    this.#processes = [];
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  makeBucket(): Promise<StoreSettings> {
    return makeBucket(this);
  }

  async #startOn(port: number): Promise<boolean> {
    this.endpoint = `http://127.0.0.1:${port}`;
    const own = this.kind === "fake-gcs" ? await freePort() : port;
    const { args, env } = COMMANDS[this.kind](own, this.folder);
    this.#spawn(join(TOOLS, BINARIES[this.kind]), args, { HOME: this.folder, ...env });
    if (own !== port) this.#spawn(process.execPath, [FRONT, String(port), String(own)], {});
    for (let tries = 0; tries < HEALTH_TRIES && this.#isRunning; tries++) {
      const reply = await fetch(`${this.endpoint}${HEALTH[this.kind]}`).catch(() => undefined);
      if (reply?.ok && this.#isRunning) return true;
      await sleep(50);
    }
    await this.kill();
    return false;
  }

  get #isRunning(): boolean {
    return this.#processes.every(({ exitCode }) => exitCode === null);
  }

  #spawn(command: string, args: readonly string[], env: Readonly<Record<string, string>>): void {
    const running = spawn(command, args, { env: { PATH: process.env["PATH"], ...env }, stdio: "ignore" });
    this.#processes.push(running);
    process.once("exit", () => running.kill("SIGKILL"));
  }
}

interface Command {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const COMMANDS: Readonly<Record<ObjectServerKind, (port: number, folder: string) => Command>> = {
  versitygw(port, folder) {
    for (const name of ["root", "versions"]) mkdirSync(join(folder, name), { recursive: true });
    return {
      args: [
        ...["--port", `127.0.0.1:${port}`, "--health", "/health", "--quiet"],
        ...["posix", "--versioning-dir", join(folder, "versions"), join(folder, "root")],
      ],
      env: { ROOT_ACCESS_KEY: KEYS.accessKeyId, ROOT_SECRET_KEY: KEYS.secretAccessKey },
    };
  },
  minio: (port, folder) => ({
    args: ["server", "--quiet", "--anonymous", "--address", `127.0.0.1:${port}`, join(folder, "data")],
    env: {
      MINIO_ROOT_USER: KEYS.accessKeyId,
      MINIO_ROOT_PASSWORD: KEYS.secretAccessKey,
      MINIO_BROWSER: "off",
      MINIO_UPDATE: "off",
    },
  }),
  "fake-gcs": (port, folder) => ({
    args: [
      ...["-scheme", "http", "-host", "127.0.0.1", "-port", String(port), "-log-level", "warn"],
      ...["-backend", "filesystem", "-filesystem-root", folder],
      ...["-public-host", `127.0.0.1:${port}`, "-external-url", `http://127.0.0.1:${port}`],
    ],
  }),
};

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return port;
}
