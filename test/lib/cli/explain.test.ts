import { expect, it } from "vitest";
import { dativo, PEOPLE_ASSET, smallJob, writeFiles } from "../../support/cli.ts";
import { tempFolder } from "../../support/folder.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";

const NATIVE = { DATIVO_NATIVE: "on" };

function explain(
  job: Record<string, unknown> = {},
  env: Record<string, string> = NATIVE,
  files: Record<string, string> = {},
) {
  const cwd = tempFolder();
  writeFiles(cwd, files);
  writeFiles(cwd, { "job.yaml": smallJob(job), "people.yaml": PEOPLE_ASSET, "people.csv": "id,name\n1,Ada\n" });
  const text = dativo(["explain", "job.yaml"], { cwd, env });
  const json = dativo(["explain", "--config", "job.yaml", "--json"], { cwd, env });
  return { text, json: JSON.parse(json.stdout || "{}"), code: json.code };
}

describeNative("dativo explain", () => {
  it("says that nothing is done in JavaScript where the libraries serve", () => {
    const { text, json } = explain();
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/^read +csv +native$/m);
    expect(text.stdout).toMatch(/^validate +people +native +done by the reader$/m);
    expect(text.stdout).toMatch(/^target\.connection\.path +job$/m);
    expect(text.stdout).toMatch(/^source\.engine\.type +recipe$/m);
    expect(json.rowsMaterialisedAt).toEqual([]);
    expect(json.pushedDown).toEqual(["the contract people 1.0.0, into the reader"]);
  });

  it("says at which stage rows are made", () => {
    expect(explain({ map: { rename: { name: "who" } } }).json.rowsMaterialisedAt).toEqual(["map"]);
    expect(explain({ target_connector: "jsonl" }).json.rowsMaterialisedAt).toEqual([]);
    const target = { connection: { path: "out" }, partitioning: ["name"] };
    const divided = explain({ target_connector: "csv", target }).json;
    expect(divided.rowsMaterialisedAt).toEqual(["write"]);
    expect(divided.stages.at(-1)).toEqual({
      stage: "write",
      by: "csv",
      runs: "javascript",
      note: "divided by name, as rows",
    });
    const custom_reader = `${nativeLibrary("abi2_fixture")}:create_reader`;
    expect(explain({ source: { custom_reader } }).json.rowsMaterialisedAt).toEqual(["validate"]);
  });

  it("says so of every stage at which they are", () => {
    const plugin = `${nativeLibrary("abi2_fixture")}:create_transform`;
    const again = { transforms: [{ plugin }], map: { rename: { name: "who" } } };
    expect(explain(again).json.rowsMaterialisedAt).toEqual(["map"]);
    const custom_reader = `${nativeLibrary("abi2_fixture")}:create_reader`;
    expect(explain({ ...again, source: { custom_reader } }).json.rowsMaterialisedAt).toEqual(["validate", "map"]);
    expect(explain(again, { DATIVO_NATIVE: "off" }).json.rowsMaterialisedAt).toEqual(["map"]);
  });

  it("looks at a plugin that reads files as at the readers of Dativo, unless it has its own way", () => {
    const own = (format: string, body = "") =>
      `import { FileReader } from "dativo-ingest";
      export class Mine extends FileReader {
        constructor(config) { super(config, ${format}); }
        ${body}
      }`;
    const source = { custom_reader: "mine.mjs:Mine", files: [{ path: "people.csv" }] };
    const explained = (code: string) => explain({ source }, NATIVE, { "mine.mjs": code }).json.stages.slice(0, 2);
    const csv = '{ name: "mine", extension: "csv", native: "csv" }';
    expect(explained(own(csv))).toMatchObject([{ runs: "native" }, { runs: "native", note: "done by the reader" }]);
    // The name of a format says nothing of what it does.
    const note = "there is no native codec for csv";
    const other = own('{ name: "csv", extension: "csv" }');
    expect(explained(other)).toMatchObject([{ runs: "javascript", note }, { runs: "javascript" }]);
    const [read, validate] = explained(own(csv, "async *extract() { yield [{ id: 1 }]; }"));
    expect([read.runs, read.note, validate.runs]).toEqual(["javascript", undefined, "javascript"]);
  });

  it("says that a library makes rows, or stands apart", () => {
    const source = { custom_reader: `${nativeLibrary("abi1_fixture")}:create_reader` };
    const { stages, rowsMaterialisedAt } = explain({ source }).json;
    expect(stages[0]).toMatchObject({ runs: "javascript", note: expect.stringContaining("ABI 1") });
    expect(rowsMaterialisedAt).toEqual(["read"]);
    const apart = explain({ source, plugins: { sandbox: { mode: "process" } } }).json;
    expect(apart.stages[0].note).toBe("a library in a process of its own");
  });

  it("says why TypeScript serves", () => {
    const off = explain({}, { DATIVO_NATIVE: "off" });
    expect(off.json.stages.map(({ runs }: { runs: string }) => runs)).toEqual([
      "javascript",
      "javascript",
      "javascript",
    ]);
    expect(off.text.stdout).toContain("DATIVO_NATIVE is off");
    const latin = explain({ source: { files: [{ path: "people.csv" }], engine: { options: { encoding: "latin1" } } } });
    expect(latin.text.stdout).toContain("encoding latin1");
    expect(latin.json.stages.at(-1)).toMatchObject({ stage: "write", runs: "native" });
  });
});

describeNative("dativo doctor", () => {
  it("says which codecs are native, and what stands against the others", () => {
    const cwd = tempFolder();
    const on = dativo(["doctor"], { cwd, env: NATIVE });
    expect([on.code, on.stdout]).toEqual([0, expect.stringMatching(/read csv +native +\S+libcsv_reader_plugin/)]);
    const off = dativo(["doctor", "--json"], { cwd, env: { DATIVO_NATIVE: "off" } });
    expect(JSON.parse(off.stdout).codecs).toContainEqual({
      codec: "write parquet",
      runs: "typescript",
      note: "DATIVO_NATIVE is off",
    });
  });
});
