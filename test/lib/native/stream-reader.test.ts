import { spawnSync } from "node:child_process";
import { openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, expect, it } from "vitest";
import { SourceConfig } from "../../../lib/contract/config.ts";
import { INERT_CONTEXT } from "../../../lib/contract/context.ts";
import { nativeCallsInFlight } from "../../../lib/native/calls.ts";
import type { ColumnBatch } from "../../../lib/native/column-batch.ts";
import { findNativeReader } from "../../../lib/native/find-native.ts";
import { liveNativeArrays } from "../../../lib/native/native-rows.ts";
import { builtLibrary, copyOf, describeC, make } from "../../support/c-compiler.ts";
import { dativo } from "../../support/cli.ts";
import { askDuckDB } from "../../support/duckdb.ts";
import { tempFolder } from "../../support/folder.ts";

const LINE = "USW00094728  40.7789  -73.9692   42.7 NY NEW YORK CNTRL PK TWR          GSN HCN 72506";
const NEW_YORK = {
  id: "USW00094728",
  latitude: 40.7789,
  longitude: -73.9692,
  elevation: 42.7,
  state: "NY",
  name: "NEW YORK CNTRL PK TWR",
};

describeC("a reader in C that fills an ArrowArrayStream", () => {
  const copy = copyOf("examples/plugins/c", "rust/include");
  const example = join(copy, "examples/plugins/c");
  const library = builtLibrary(example, "stations");
  beforeAll(() => make(example));
  afterEach(() => {
    expect([liveNativeArrays(), nativeCallsInFlight()]).toEqual([0, 0]);
  });

  function open(path: string, options: Record<string, unknown> = {}, signal = INERT_CONTEXT.signal) {
    const { playerClass } = findNativeReader(library, "create_stations");
    const reader = new playerClass(new SourceConfig({ files: [{ path }], engine: { options } }));
    reader.ctx = { ...INERT_CONTEXT, signal };
    return { reader, batches: reader.extract() as AsyncGenerator<ColumnBatch> };
  }

  function stations(text: string): string {
    const path = join(tempFolder(), "žluť.txt");
    writeFileSync(path, text);
    return path;
  }

  async function readAll(path: string, options: Record<string, unknown> = {}) {
    const { reader, batches } = open(path, options);
    const read = [];
    for await (const batch of batches) {
      read.push({ rows: [...batch.rows()], sizeBytes: batch.sizeBytes, first: batch.provenance?.at(0).row });
      batch.release();
    }
    await reader.close();
    return read;
  }

  it("is built and run as its page says", async () => {
    const job = ["--config", "examples/plugins/c/job.yaml"];
    expect(dativo(["check", ...job], { cwd: copy })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("It gives 6 columns: id, latitude, longitude, elevation, state, name"),
    });
    for (const _ of ["first", "again"]) {
      const done = dativo(["run", ...job], { cwd: copy });
      expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("committed 13 records")]);
    }
    const north = `select name, elevation from read_parquet('${copy}/lake/stations/*.parquet') order by latitude desc`;
    expect((await askDuckDB(north))[0]).toEqual({ name: "NEW YORK CNTRL PK TWR", elevation: "42.7" });
    expect(dativo(["discover", ...job], { cwd: copy }).stdout).toMatch(/elevation +double +nullable/);
  });

  it("gives batches with nulls, in the size that was asked for, each record numbered", async () => {
    const unknown = LINE.replace("  42.7 NY", "-999.9   ");
    const batches = await readAll(stations(`${LINE}\n${unknown}\r\n${LINE}`), { batch_size: 2 });
    expect(batches).toEqual([
      { rows: [NEW_YORK, { ...NEW_YORK, elevation: null, state: null }], sizeBytes: 138, first: 1 },
      { rows: [NEW_YORK], sizeBytes: 70, first: 3 },
    ]);
  });

  it("gives every record of a source of many batches", async () => {
    const batches = await readAll(stations(`${LINE}\n`.repeat(150_000)));
    expect(batches.map(({ rows, first }) => [rows.length, first])).toEqual([
      [65_536, 1],
      [65_536, 65_537],
      [18_928, 131_073],
    ]);
    expect(batches[2]?.rows.at(-1)).toEqual(NEW_YORK);
  });

  it("may end at once", async () => {
    expect(await readAll(stations(""))).toEqual([]);
  });

  it("fails in the library's own words, after what it gave before", async () => {
    const path = stations(`${LINE}\n${LINE.replace("40.7789", "40.77x9")}\n`);
    const { reader, batches } = open(path, { batch_size: 1 });
    (await batches.next()).value.release();
    await expect(batches.next()).rejects.toMatchObject({
      code: "DTV_PLUGIN_FAILED",
      message: `get_next() of ${library}:create_stations failed: ${path}, line 2: latitude is not a number: ' 40.77x9'`,
    });
    await reader.close();
  });

  it.each([
    ["a folder, which opens and cannot be read", () => tempFolder(), "DTV_SOURCE_UNREADABLE", "Is a directory"],
    ["a file that is not there", () => "/no/such/file", "DTV_SOURCE_NOT_FOUND", "/no/such/file: No such file"],
  ])("says what the system says of %s", async (_, path, code, message) => {
    await expect(readAll(path())).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it("refuses its configuration in its own words", async () => {
    await expect(readAll(stations(LINE), { batch_size: 0 })).rejects.toMatchObject({
      code: "DTV_OPTION_INVALID",
      message: expect.stringContaining("engine.options.batch_size is not a number of records"),
    });
  });

  it("that nobody reads to the end gives back what it holds", async () => {
    const { reader, batches } = open(stations(`${LINE}\n`.repeat(9)), { batch_size: 2 });
    for await (const batch of batches) {
      batch.release();
      break;
    }
    await reader.close();
    await reader.close();
  });

  it("is waited for when the run is cancelled in the middle of a call, and what it then gives is given back", async () => {
    const fifo = join(tempFolder(), "fifo");
    spawnSync("mkfifo", [fifo]);
    const input = openSync(fifo, "r+");
    const abort = new AbortController();
    const { reader, batches } = open(fifo, { batch_size: 1 }, abort.signal);
    const first = batches.next();
    const settled = Promise.allSettled([first]);
    while (nativeCallsInFlight() === 0) await sleep(5);
    await sleep(50);
    abort.abort(new Error("enough"));
    const closed = reader.close();
    await sleep(50);
    expect(nativeCallsInFlight()).toBe(1);
    writeSync(input, `${LINE}\n`);
    await closed;
    expect(await settled).toEqual([{ status: "rejected", reason: new Error("enough") }]);
  });
});

describeC("a stream that breaks the rules", () => {
  const copy = copyOf("rust/conformance", "rust/include");
  const folder = join(copy, "rust/conformance");
  beforeAll(() => make(folder, "OUT=built", "built/libbreaking.so"));
  afterEach(() => {
    expect([liveNativeArrays(), nativeCallsInFlight()]).toEqual([0, 0]);
  });

  it.each([
    ["wordless", "DTV_SOURCE_UNREADABLE", /get_schema\(\) of .*:create_stream failed: EIO$/],
    ["numbers", "DTV_PLUGIN_RESULT", /:create_stream gives values of the Arrow type 'l' and not records$/],
    ["schema", "DTV_SCHEMA_CHANGED", /:create_stream gave 2 columns, where its schema has 1$/],
    ["nothing", "DTV_PLUGIN_RESULT", /:create_stream gave no stream$/],
  ])("'%s' is refused with %s", async (rule, code, message) => {
    const { playerClass } = findNativeReader(builtLibrary(join(folder, "built"), "breaking"), "create_stream");
    const reader = new playerClass(new SourceConfig({ connection: { break: rule }, engine: {} }));
    const reading = (async () => {
      for await (const batch of reader.extract() as AsyncIterable<ColumnBatch>) batch.release();
    })();
    await expect(reading).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await reader.close();
  });
});
