import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll } from "vitest";
import { builtLibrary, copyOf, make } from "./c-compiler.ts";
import { nativeLibrary } from "./native.ts";

const root = join(import.meta.dirname, "..", "..");

/** The host of rust/conformance, built for the tests of a `describe`, with files for plugins to read. */
export interface ConformanceHost {
  /** Where hosts and fixtures are built. */
  readonly folder: string;
  /** Files that readers read: `rows.csv`, `rows.jsonl`, `rows.parquet`. */
  readonly data: string;
  /** Folder of the C example, with its library. */
  readonly example: string;
}

export function buildConformanceHost(...targets: readonly string[]): ConformanceHost {
  const folder = mkdtempSync(join(tmpdir(), "dativo-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const example = join(copyOf("examples/plugins/c", "rust/include"), "examples/plugins/c");
  beforeAll(async () => {
    make(join(root, "rust", "conformance"), `OUT=${folder}`, "all", ...targets);
    make(example);
    const rows = Array.from({ length: 2000 }, (_, i) => `${i},"žluť ${i}",${i / 8}`);
    writeFileSync(join(folder, "rows.csv"), `id,name,part\n${rows.join("\n")}\n`);
    const objects = rows.map((row) => row.split(",")).map(([id, name, part]) => ({ id: Number(id), name, part }));
    writeFileSync(join(folder, "rows.jsonl"), objects.map((object) => `${JSON.stringify(object)}\n`).join(""));
    await writeParquet(`from '${folder}/rows.csv'`, join(folder, "rows.parquet"));
  });
  return { folder, data: folder, example };
}

async function writeParquet(query: string, path: string): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`copy (${query}) to '${path}' (row_group_size 500)`);
  connection.closeSync();
  instance.closeSync();
}

export interface Conformity {
  readonly code: number | null;
  /** A line for each behaviour, and one that counts. */
  readonly lines: readonly string[];
  /** What a memory checker says. */
  readonly stderr: string;
}

interface HostOptions {
  /** Put before the command, for example Valgrind. */
  readonly under?: readonly string[];
  readonly host?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a plugin under the host. */
export function conformityOf(
  { folder }: ConformanceHost,
  plugin: string,
  options: Readonly<Record<string, unknown>>,
  { under = [], host = "conformance", env = {} }: HostOptions = {},
): Conformity {
  const args = Object.entries(options).flatMap(([name, value]) => [
    `--${name}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const [command = "", ...rest] = [...under, join(folder, host), plugin, ...args];
  const { status, stdout, stderr } = spawnSync(command, rest, {
    encoding: "utf8",
    env: { ...process.env, TMPDIR: folder, RUST_BACKTRACE: "0", ...env },
  });
  return { code: status, lines: stdout.trim().split("\n"), stderr };
}

const credentials = { password: "$SECRET" };
const contract = {
  name: "rows",
  fingerprint: "f",
  fields: [
    { name: "id", type: "integer", required: true, unique: true },
    { name: "name", type: "string", maxLength: 9 },
    { name: "part", type: "double", minimum: 0 },
  ],
};

/** Every native plugin of the project, with configurations to run it in. */
export const OWN_PLUGINS: readonly (readonly [string, (host: ConformanceHost) => Record<string, unknown>])[] = [
  [
    "abi2_fixture:create_reader",
    () => ({
      config: { credentials, engine: { options: { batches: 3, rows: 7, reject_every: 3 } } },
      hanging: { engine: { options: { hang: true } } },
    }),
  ],
  ["abi2_fixture:create_writer", () => ({ config: { credentials, output_base: "$OUTPUT" } })],
  ["abi2_fixture:create_transform", () => ({ config: { credentials, options: { repeat: 2, hold: false } } })],
  ["abi2_fixture:create_ledger", () => ({ config: { credentials, connection: ledger } })],
  ["abi2_fixture:create_volatile_ledger", () => ({ config: { credentials, connection: ledger } })],
  ["counting:create_reader", () => ({ config: { credentials, engine: { options: { rows: 150_000 } } } })],
  ["masking:create_transform", () => ({ config: { credentials, options: { column: "name" } }, columns: "name=u;n=l" })],
  ["lines:create_writer", () => ({ config: { credentials, output_base: "$OUTPUT" }, columns: "a=u!;b=u!" })],
  ["csv_reader_plugin:create_reader", ({ data }) => ({ config: { credentials, contract, files: rows(data, "csv") } })],
  [
    "csv_reader_plugin:create_decoder",
    ({ data }) => ({ config: { credentials, contract }, bytes: join(data, "rows.csv") }),
  ],
  ["csv_reader_plugin:create_counter", ({ data }) => ({ config: { credentials }, bytes: join(data, "rows.csv") })],
  ["csv_reader_plugin:create_line_counter", ({ data }) => ({ config: { credentials }, bytes: join(data, "rows.csv") })],
  [
    "jsonl_reader_plugin:create_decoder",
    ({ data }) => ({ config: { credentials, contract }, bytes: join(data, "rows.jsonl") }),
  ],
  ["text_writer_plugin:create_csv_encoder", () => ({ config: { credentials }, columns: "a=u;b=l" })],
  ["text_writer_plugin:create_json_encoder", () => ({ config: { credentials }, columns: "a=u;b=l" })],
  ["text_writer_plugin:create_jsonl_encoder", () => ({ config: { credentials }, columns: "a=u;b=l" })],
  ["parquet_reader_plugin:create_reader", ({ data }) => ({ config: { credentials, files: rows(data, "parquet") } })],
  ["parquet_writer_plugin:create_writer", () => ({ config: { credentials, output_base: "$OUTPUT" } })],
  [
    "stations:create_stations",
    ({ example }) => ({
      config: {
        credentials,
        files: [{ path: join(example, "stations.txt") }],
        engine: { options: { batch_size: 4 } },
      },
    }),
  ],
];

const ledger = { stage: "$OUTPUT/stage", ledger: "$OUTPUT/ledger" };

function rows(data: string, format: string): { path: string }[] {
  return [{ path: join(data, `rows.${format}`) }];
}

/** `name:symbol` with the file of the library. */
export function pluginPath({ example }: ConformanceHost, plugin: string): string {
  const [name = "", symbol] = plugin.split(":");
  return `${name === "stations" ? builtLibrary(example, name) : nativeLibrary(name)}:${symbol}`;
}

/** The names of the native plugins that the workspace has, so that a new one cannot be forgotten. */
export function workspacePlugins(): string[] {
  const [, members = ""] = /members = \[([^\]]*)\]/.exec(read("Cargo.toml")) ?? [];
  return (
    [...members.matchAll(/"([^"]+)"/g)]
      .map(([, member]) => member as string)
      // Those crash, hang, lie and attack: no rule is kept there.
      .filter((member) => !/\/(hostile|attacker)/.test(member))
      .filter((member) => read(join(member, "Cargo.toml")).includes('"cdylib"'))
      .flatMap((member) => exportsOf(member))
  );
}

function exportsOf(member: string): string[] {
  const [, name] = /^name = "(\w+)"/m.exec(read(join(member, "Cargo.toml"))) ?? [];
  const source = /^path = "([^"]+)"/m.exec(read(join(member, "Cargo.toml")))?.[1] ?? "src/lib.rs";
  return [...read(join(member, source)).matchAll(/export_\w+!\(\s*(create_\w+),/g)].map(
    ([, symbol]) => `${name}:${symbol}`,
  );
}

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}
