import { readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { dativo, PEOPLE_ASSET, smallJob, VEGA, writeFiles } from "../../support/cli.ts";
import { askDuckDB } from "../../support/duckdb.ts";
import { tempFolder } from "../../support/folder.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";

const READER = `${nativeLibrary("csv_reader_plugin")}:create_reader`;
const HEAD = "id;name;born\n";

function prepare(content: string | Uint8Array, options: Record<string, unknown> = { delimiter: ";" }) {
  const cwd = tempFolder();
  const source = { custom_reader: READER, files: [{ path: "people.csv" }], engine: { options } };
  writeFiles(cwd, { "people.csv": content, "people.yaml": PEOPLE_ASSET, "job.yaml": smallJob({ source }) });
  const run = (...flags: string[]) => dativo(["run", "--config", "job.yaml", ...flags], { cwd });
  const rows = () => askDuckDB(`select id, name from read_parquet('${cwd}/lake/people/*.parquet') order by id`);
  return { cwd, run, rows };
}

describeNative("libcsv_reader_plugin.so:create_reader", () => {
  it("reads the files that a job names, with the options of the format", async () => {
    const { run, rows, cwd } = prepare(`${HEAD}1;Ada;1815-12-10\n2;'B;b';\n`, {
      delimiter: ";",
      quote_char: "'",
      batch_size: 1,
    });
    const done = run();
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("committed 2 records")]);
    expect(await rows()).toEqual([
      { id: "1", name: "Ada" },
      { id: "2", name: "B;b" },
    ]);
    expect(run().stderr).toContain("nothing new");
    writeFiles(cwd, { "people.csv": `${HEAD}3;Cid;\n` });
    expect(run()).toMatchObject({ code: 2, stderr: expect.stringContaining("DTV_SOURCE_CHANGED") });
    expect(run("--full-refresh").code).toBe(0);
    expect(await rows()).toEqual([{ id: "3", name: "Cid" }]);
  });

  it("puts bad records aside with their place", () => {
    const { run } = prepare(`${HEAD}1;Ada;\nx;Bob;\n`);
    const done = run();
    expect(done.code).toBe(2);
    expect(done.stderr).toContain("people.csv, line 3 (byte 20)");
  });

  it.each([undefined, "process"])("numbers what is left as the file does, in mode %s", (mode) => {
    const { cwd } = prepare("");
    const job = {
      source: { custom_reader: READER, files: [{ path: "people.csv" }] },
      schema_validation_mode: "warn",
      map: { casts: { name: "integer" } },
      target_connector: "jsonl",
      ...(mode === undefined ? {} : { plugins: { sandbox: { mode } } }),
    };
    writeFiles(cwd, { "people.csv": "id,name\nx,1\ny,1\n1,1\n2,Bob\n", "job.yaml": smallJob(job) });
    const { code, stdout } = dativo(["run", "--config", "job.yaml", "--json"], { cwd });
    expect(code).toBe(1);
    const { path } = (JSON.parse(stdout) as { rejects: { path: string } }).rejects;
    const lines = readFileSync(path, "utf8").trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { row: number }).row).sort()).toEqual([1, 2, 4]);
  });

  it("takes no options of the engine that the recipe of its connector names", () => {
    const { cwd } = prepare("");
    const source = { custom_reader: READER, files: [{ path: "people.csv" }], connection: { bucket: "b" } };
    const job = smallJob({ source_connector: "s3", source });
    writeFiles(cwd, { "people.csv": "id,name\n1,Ada\n", "job.yaml": job });
    expect(dativo(["run", "--config", "job.yaml"], { cwd })).toMatchObject({ code: 0 });
  });

  it.each([
    ["a file that is not there", "", "DTV_SOURCE_NOT_FOUND", { files: [{ path: "nope.csv" }] }],
    ["gzip", gzipSync(HEAD), "DTV_SOURCE_COMPRESSION", {}],
    [
      "an unknown option",
      HEAD,
      "unknown option 'delimeter' of the CSV reader",
      { engine: { options: { delimeter: ";" } } },
    ],
    ["a wrong option", HEAD, "DTV_OPTION_INVALID", { engine: { options: { batch_size: 0 } } }],
    ["an unclosed quote", `${HEAD}1;"Ada;\n`, "DTV_CSV_UNCLOSED_QUOTE", {}],
    ["a missing column", "id;nmae\n1;x\n", "DTV_COLUMN_MISSING", {}],
  ])("says what is wrong with %s", (_, content, message, source) => {
    const { cwd } = prepare(content);
    const whole = { custom_reader: READER, files: [{ path: "people.csv" }], engine: { options: { delimiter: ";" } } };
    writeFiles(cwd, { "job.yaml": smallJob({ source: { ...whole, ...source } }) });
    const done = dativo(["run", "--config", "job.yaml"], { cwd });
    expect([done.code, done.stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(done.stderr.match(/^error /gm)).toHaveLength(1);
  });

  it("gives text columns to who has no contract for them", async () => {
    const { SourceConfig } = await import("../../../lib/contract/config.ts");
    const { findNativeReader } = await import("../../../lib/native/find-native.ts");
    const { playerClass } = findNativeReader(nativeLibrary("csv_reader_plugin"), "create_reader");
    const reader = new playerClass(new SourceConfig({ files: [{ path: join(VEGA, "zipcodes.csv") }] }));
    let rows = 0;
    let position: unknown;
    for await (const each of reader.extract()) {
      const { batch } = each as { batch?: { length: number; release(): void } };
      const taken = (batch ?? each) as { length: number; schema: { names: string[] }; release(): void };
      expect(taken.schema.names).toContain("zip_code");
      rows += taken.length;
      position = (each as { position?: unknown }).position ?? position;
      taken.release();
    }
    const { size } = { size: readFileSync(join(VEGA, "zipcodes.csv")).length };
    expect([rows, position]).toEqual([42_049, expect.objectContaining({ sizeBytes: size })]);
    await reader.close();
  });

  it("knows a file by size and time", () => {
    const { run, cwd } = prepare(`${HEAD}1;Ada;\n`);
    expect(run().code).toBe(0);
    utimesSync(join(cwd, "people.csv"), 1, 1);
    expect(run().stderr).toContain("DTV_SOURCE_CHANGED");
  });
});
