import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { livePluginProcesses } from "../../../lib/isolation/plugin-process.ts";
import { runJob } from "../../../lib/job/run-job.ts";
import { dativo, writeFiles } from "../../support/cli.ts";
import { tempFolder, visibleFiles } from "../../support/folder.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";
import type { Mode } from "../../support/player-modes.ts";

const ABI2 = nativeLibrary("hostile_fixture");
const ABI1 = nativeLibrary("hostile_abi1_fixture");
const WRONG = nativeLibrary("hostile_version_fixture");

const ASSET = JSON.stringify({
  name: "rows",
  version: "1.0.0",
  schema: [{ name: "id", type: "integer", required: true }],
});

interface Hostile {
  readonly library?: string;
  readonly symbol?: string;
  readonly how?: string;
  readonly sandbox?: object;
}

/** A job that reads six records through a library. */
function job(mode: Mode, { library = ABI2, symbol = "create_reader", how = "nothing", sandbox = {} }: Hostile) {
  return {
    tenant_id: "acme",
    name: "hostile",
    source_connector: "theirs",
    source: { custom_reader: `${library}:${symbol}`, engine: { options: { how } } },
    target_connector: "jsonl",
    target: { connection: { path: "lake" } },
    asset_path: "rows.yaml",
    plugins: { sandbox: { mode, ...sandbox } },
  };
}

function folder(files = {}): string {
  const cwd = tempFolder();
  writeFiles(cwd, { "rows.yaml": ASSET, "broken.so": "This is no library.\n", ...files });
  return cwd;
}

const run = (cwd: string, mode: Mode, hostile: Hostile, options = {}) =>
  runJob(job(mode, hostile), { cwd, env: { STATE_DIR: join(cwd, "state") }, ...options });

const published = (cwd: string): string[] => (existsSync(join(cwd, "lake")) ? visibleFiles(join(cwd, "lake")) : []);

const idsIn = (cwd: string): number[] =>
  published(cwd)
    .flatMap((file) =>
      readFileSync(join(cwd, "lake", file), "utf8")
        .trim()
        .split("\n"),
    )
    .map((line) => JSON.parse(line).id);

/** What is told of a library wherever it is loaded. */
const NAMED: [string, Hostile, string, RegExp][] = [
  ["a wrong ABI", { library: WRONG }, "DTV_PLUGIN_LOAD", /speaks ABI 99/],
  ["a missing symbol", { symbol: "create_raeder" }, "DTV_PLUGIN_CLASS", /Symbol 'create_raeder' not found/],
  ["no library", { library: "broken.so" }, "DTV_PLUGIN_LOAD", /could not be loaded/],
  ["NULL for an object", { symbol: "create_nothing" }, "DTV_PLUGIN_RESULT", /left NULL in its place/],
  ["no schema", { symbol: "create_damaged", how: "no_schema" }, "DTV_PLUGIN_RESULT", /gave no schema/],
  ["a huge length", { symbol: "create_damaged", how: "huge" }, "DTV_ARROW_INVALID", /has 1099511627776 records/],
  ["a length below zero", { symbol: "create_damaged", how: "negative" }, "DTV_ARROW_INVALID", /a length of -1/],
  [
    "a column that is too short",
    { symbol: "create_damaged", how: "short" },
    "DTV_ARROW_INVALID",
    /'id' has 2 values where 3 are needed/,
  ],
  ["a huge offset", { symbol: "create_damaged", how: "offset" }, "DTV_ARROW_INVALID", /'id' has an offset of/],
  [
    "offsets beyond reason",
    { symbol: "create_damaged", how: "offsets" },
    "DTV_ARROW_INVALID",
    /'id' has offsets from 2147483647/,
  ],
  [
    "too many columns",
    { symbol: "create_damaged", how: "columns" },
    "DTV_ARROW_INVALID",
    /1073741824 columns where the schema has 1/,
  ],
  ["NULL for values", { symbol: "create_damaged", how: "null_values" }, "DTV_ARROW_INVALID", /'id' has no values/],
  ["NULL for buffers", { symbol: "create_damaged", how: "null_buffers" }, "DTV_ARROW_INVALID", /'id' has 2 buffers/],
  [
    "NULL for a column",
    { symbol: "create_damaged", how: "null_child" },
    "DTV_ARROW_INVALID",
    /'id' has NULL in its place/,
  ],
  [
    "NULL for the columns",
    { symbol: "create_damaged", how: "null_children" },
    "DTV_ARROW_INVALID",
    /'id' has NULL in its place/,
  ],
  [
    "nulls without a bitmap",
    { symbol: "create_damaged", how: "nulls" },
    "DTV_ARROW_INVALID",
    /'id' has nulls and no bitmap/,
  ],
  [
    "a huge position",
    { symbol: "create_damaged", how: "position" },
    "DTV_PLUGIN_RESULT",
    /a position or warnings of 1099511627776 bytes/,
  ],
];

const CRASHES: [how: string, RegExp][] = [
  ["panic", /ended its process in extract\(\), by SIGABRT; the last it wrote: .*(abort|panic|unwind)/],
  ["abort", /ended its process in extract\(\), by SIGABRT/],
  ["segv", /ended its process in extract\(\), by SIGSEGV/],
  ["double_free", /ended its process in extract\(\), by SIGABRT; the last it wrote: .*double free/],
  ["exit", /ended its process in extract\(\), with exit code 3/],
];

describeNative("a hostile library in a process of its own", () => {
  afterEach(() => {
    expect(livePluginProcesses()).toBe(0);
  });

  async function refused(hostile: Hostile, code: string, message: RegExp, options = {}) {
    const cwd = folder();
    await expect(run(cwd, "process", hostile, options)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    expect(published(cwd)).toEqual([]);
    await run(cwd, "process", {});
    expect(idsIn(cwd)).toEqual([0, 1, 2, 3, 4, 5]);
  }

  it.each(NAMED)("that has %s ends one run with an error that says so", (_, hostile, code, message) =>
    refused(hostile, code, message),
  );

  it.each(
    CRASHES.flatMap(([how, message]) =>
      [ABI1, ABI2].map((library) => [how, library === ABI1 ? 1 : 2, library, message] as const),
    ),
  )("that comes to %s in ABI %d ends one run with an error that says so", (how, _, library, message) =>
    refused({ library, how }, "DTV_PLUGIN_CRASHED", message),
  );

  it.each([ABI1, ABI2])("that hangs is ended after the time that a call may take (%#)", (library) =>
    refused(
      { library, how: "hang", sandbox: { timeout: 1 } },
      "DTV_PLUGIN_CRASHED",
      /was ended in its process in extract\(\): extract\(\) did not return within 1 s/,
    ),
  );

  it.each([ABI1, ABI2])("that hangs is ended when the run is cancelled (%#)", (library) =>
    refused({ library, how: "hang" }, "DTV_CANCELLED", /nothing was published/, {
      signal: AbortSignal.timeout(1500),
      graceMs: 1000,
    }),
  );

  it.each([ABI1, ABI2])("that writes until it dies publishes nothing (%#)", async (library) => {
    const cwd = folder({ "rows.jsonl": Array.from({ length: 5000 }, (_, id) => `{"id":${id}}\n`).join("") });
    const writing = {
      ...job("process", {}),
      source_connector: "jsonl",
      source: { files: [{ path: "rows.jsonl" }] },
      target: {
        custom_writer: `${library}:create_writer`,
        connection: { path: "lake" },
        engine: { options: { how: "segv" } },
      },
    };
    await expect(runJob(writing, { cwd, env: { STATE_DIR: join(cwd, "state") } })).rejects.toMatchObject({
      code: "DTV_PLUGIN_CRASHED",
      message: expect.stringMatching(/ended its process in writeBatch\(\), by SIGSEGV/),
    });
    expect(published(cwd)).toEqual([]);
  });
});

describeNative("the command line with a hostile library", () => {
  const command = (cwd: string, mode: Mode, hostile: Hostile) => {
    writeFiles(cwd, { "job.yaml": JSON.stringify(job(mode, hostile)) });
    return dativo(["run", "--config", "job.yaml"], { cwd });
  };

  it.each(CRASHES)("says how it ended: %s", (how, message) => {
    const cwd = folder();
    const { code, stderr, stdout } = command(cwd, "process", { how });
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringMatching(/DTV_PLUGIN_CRASHED/)]);
    expect(stderr).toMatch(message);
    expect(published(cwd)).toEqual([]);
    expect(command(cwd, "process", {}).code).toBe(0);
    expect(idsIn(cwd)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it.each(NAMED)(
    "says what is wrong with a library that has %s, also in its own process",
    (_, hostile, code, message) => {
      const cwd = folder();
      const ended = command(cwd, "in_process", hostile);
      expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(code)]);
      expect(ended.stderr).toMatch(message);
      expect(published(cwd)).toEqual([]);
    },
  );

  it.each([
    ["panic", "SIGABRT"],
    ["abort", "SIGABRT"],
    ["segv", "SIGSEGV"],
    ["double_free", "SIGABRT"],
  ])("dies with it in one process (%s), and the next run recovers", (how, signal) => {
    const cwd = folder();
    const died = command(cwd, "in_process", { how });
    expect([died.code, died.signal]).toEqual([null, signal]);
    expect(published(cwd)).toEqual([]);
    expect(command(cwd, "in_process", {}).code).toBe(0);
    expect(idsIn(cwd)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
