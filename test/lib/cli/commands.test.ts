import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dativo, PEOPLE_ASSET, PEOPLE_CSV, smallJob, VEGA, writeFiles } from "../../support/cli.ts";
import { listTree, tempFolder } from "../../support/folder.ts";

function folderWith(files: Readonly<Record<string, string>> = {}, job: Record<string, unknown> = {}): string {
  const cwd = tempFolder();
  writeFiles(cwd, { "people.csv": PEOPLE_CSV, "people.yaml": PEOPLE_ASSET, "job.yaml": smallJob(job), ...files });
  return cwd;
}

describe("dativo", () => {
  it("prints help with examples and exit codes, quickly, and nothing on stderr", () => {
    const { code, stdout, stderr } = dativo(["--help"], { cwd: tempFolder() });
    expect([code, stderr]).toEqual([0, ""]);
    for (const word of ["run", "check", "discover", "init", "schema", "Examples:", "Exit codes:"])
      expect(stdout).toContain(word);
    expect(dativo(["run", "--help"], { cwd: tempFolder() }).stdout).toContain("--full-refresh");
  });

  it("says which version it is", () => {
    expect(dativo(["--version"], { cwd: tempFolder() }).stdout).toMatch(/^dativo \d+\.\d+\.\d+ \(node v\d+/);
  });

  it.each([
    [["runn"], "(Did you mean run?)"],
    [["run", "--confg", "x"], "(Did you mean --config?)"],
    [["run", "--memory", "lots"], "A size looks like 256M"],
    [["run"], "No job was named"],
    [["run", "--config", "nowhere.yaml"], "Job not found: nowhere.yaml"],
    [["run", "--memory", "64M", "--config", "job.yaml"], "DTV_MEMORY_LIMIT"],
    [["run", "job.yaml"], "Give the job with --config: dativo run --config job.yaml"],
    [["check", "job.yaml"], "Give the job with --config: dativo check --config job.yaml"],
    [["run", "--config", "job.yaml", "--job-dir", "."], "--config and --job-dir cannot be given together"],
    [["run", "--config", "."], "`dativo run --job-dir .` runs every job below it."],
    [["run", "--job-dir", "people.csv"], "people.csv is a file, not a folder of jobs"],
    [["schema", "jobb"], "did you mean 'job'?"],
    [["discover"], "Either files, --connector or --config must be provided"],
    [["init", "data.xyz"], "cannot be told from its name"],
    [["init", "nowhere.csv"], "File not found: nowhere.csv"],
  ])("%j ends with 2 and says what is meant", (args, message) => {
    const { code, stdout, stderr } = dativo(args, { cwd: folderWith() });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  it("is silent when a reader of its output has seen enough", () => {
    const cwd = tempFolder();
    const script = `set -o pipefail; "$@" schema job | head -c 10 >/dev/null; echo "codes \${PIPESTATUS[@]}"`;
    const { stdout, stderr } = dativo([], { cwd, under: ["bash", "-c", script, "bash"] });
    expect([stdout, stderr]).toEqual([expect.stringMatching(/^codes (0|141) 0\n$/), ""]);
  });
});

describe("dativo check", () => {
  it("finds nothing wrong with a job that is right, and writes nothing", () => {
    const cwd = folderWith();
    const before = listTree(cwd);
    const { code, stdout } = dativo(["check", "--config", "job.yaml"], { cwd });
    expect(code).toBe(0);
    expect(stdout.split("\n").filter((line) => line.startsWith("✔"))).toEqual([
      "✔ Source: success",
      "✔ Target: success",
      "✔ Contract: success",
    ]);
    expect(listTree(cwd)).toEqual(before);
  });

  it("lists every fault of a job with line and path, all at once", () => {
    const cwd = folderWith({
      "job.yaml":
        'tenant_id: Acme Corp\nsource_connector: csv\nsource:\n  files: [{ pat: people.csv }]\ntarget_connector: parquet\ntarget: { connection: { path: "${LAKE}" } }\nasset_path: people.yml\n',
    });
    const { code, stderr } = dativo(["check", "--config", "job.yaml"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/job\.yaml:1:12 {2}tenant_id: .*\[a-z0-9\]/);
    expect(stderr).toMatch(/job\.yaml:4:11 {2}source\.files\.0: file configuration must include 'path'/);
    expect(stderr).toMatch(/job\.yaml:6:31 {2}target\.connection\.path: .*LAKE/);
    expect(stderr).toMatch(/job\.yaml:7:13 {2}asset_path: .*people\.yml/);
  });

  it.each<[string, Record<string, unknown>, Record<string, string>, RegExp]>([
    [
      "a source that is not there",
      { source: { files: [{ path: "nowhere.csv" }] } },
      {},
      /✘ Source: failed\n {4}.*nowhere\.csv/,
    ],
    [
      "a target that is a file",
      { target: { connection: { path: "people.csv" } } },
      {},
      /✘ Target: failed\n {4}.*a file stands where a folder is needed/,
    ],
    [
      "an option that does not exist",
      { source: { files: [{ path: "people.csv" }], engine: { options: { delimeter: ";" } } } },
      {},
      /^ {4}job\.yaml:1:\d+ {2}source\.engine\.options\.delimeter: unknown key 'delimeter'; did you mean 'delimiter'/m,
    ],
    [
      "an option of the target that does not exist",
      { target: { connection: { path: "lake" }, engine: { options: { compresion: "zstd" } } } },
      {},
      /^ {4}job\.yaml:1:\d+ {2}target\.engine\.options\.compresion: .*did you mean 'compression'/m,
    ],
    [
      "a pattern that cannot be used",
      {},
      { "people.yaml": PEOPLE_ASSET.replace('"max_length":40', '"pattern":"(?=x)"') },
      /people\.yaml:1:\d+ {2}schema\.1\.pattern: cannot be used/,
    ],
    [
      "a rule that does not fit the type",
      {},
      { "people.yaml": PEOPLE_ASSET.replace('"type":"date"', '"type":"date","max_length":3') },
      /max_length.*born|born.*max_length/,
    ],
    [
      "a mapping of a column that is not there",
      { map: { rename: { nmae: "n" } } },
      {},
      /^ {4}job\.yaml:1:\d+ {2}map\.rename: there is no column 'nmae'; did you mean 'name'/m,
    ],
    ["a plugin that is not there", { source: { custom_reader: "./nowhere.ts:R" } }, {}, /Plugin module not found/],
    [
      "a key whose feature is not built",
      { catalog: { type: "nessie" } },
      {},
      /not built yet {2}job\.yaml:\d+:\d+ {2}catalog/,
    ],
    [
      "a connector whose engine is not built, in one line",
      { source_connector: "stripe", source: { objects: ["charges"] } },
      {},
      /✘ Source: failed\n {4}Not built yet: connector 'stripe' needs the engine 'airbyte'[^\n]*custom_reader\n/,
    ],
  ])("finds %s", (_, job, files, message) => {
    const { code, stdout, stderr } = dativo(["check", "--config", "job.yaml"], { cwd: folderWith(files, job) });
    expect([code, `${stdout}${stderr}`]).toEqual([2, expect.stringMatching(message)]);
  });

  it("asks a plugin, and prints JSON for programs", () => {
    const reader =
      'import { BaseReader, ConnectionTestResult } from "dativo-ingest"; export class R extends BaseReader { *extract() {} checkConnection() { return new ConnectionTestResult(false, "Failed to connect to source", "AUTH_FAILED", { tried: 1 }); } }';
    const cwd = folderWith({ "r.ts": reader }, { source: { custom_reader: "./r.ts:R" } });
    const { code, stdout } = dativo(["check", "--config", "job.yaml", "--json"], { cwd });
    expect([code, JSON.parse(stdout)]).toEqual([
      2,
      expect.objectContaining({
        source: {
          status: "failed",
          message: "Failed to connect to source",
          errorCode: "AUTH_FAILED",
          details: { tried: 1 },
        },
        target: expect.objectContaining({ status: "success" }),
      }),
    ]);
  });
});

describe("dativo discover", () => {
  it("lists files with columns and types", () => {
    const { code, stdout } = dativo(["discover", join(VEGA, "weather.csv"), join(VEGA, "zipcodes.csv")], {
      cwd: tempFolder(),
    });
    expect(code).toBe(0);
    expect(stdout).toContain("Found 2 stream(s):");
    expect(stdout).toMatch(/date +date\n/);
    expect(stdout).toMatch(/precipitation +double\n/);
    // Codes with leading zeros are text, whatever they look like.
    expect(stdout).toMatch(/zip_code +string\n/);
  });

  it("does the same for a job, for Parquet, and as JSON", () => {
    const cwd = folderWith();
    dativo(["run", "--config", "job.yaml"], { cwd });
    const found = (...args: string[]) =>
      JSON.parse(dativo(["discover", ...args, "--json"], { cwd }).stdout) as {
        objects: { columns: unknown }[];
        count: number;
      };
    const expected = [
      { name: "id", type: "integer", nullable: false },
      { name: "name", type: "string", nullable: false },
      { name: "born", type: "date", nullable: true },
    ];
    expect(found("--config", "job.yaml").objects[0]?.columns).toEqual(expected);
    expect(found("lake/people/*.parquet").objects[0]?.columns).toEqual(expected);
  });

  it("warns of a delimiter that was not meant, and of records that cannot be read", () => {
    const cwd = folderWith({ "semi.csv": "a;b;c;d\n1;2;3;4\n", "ragged.csv": "a,b\n1\n1,2\n" });
    const { code, stdout, stderr } = dativo(["discover", "semi.csv", "ragged.csv", "--json"], { cwd });
    const { warnings } = JSON.parse(stdout) as { warnings: string[] };
    expect([code, warnings]).toEqual([
      0,
      [
        "semi.csv: one column whose name holds ';' 3 times: is the delimiter ';'? Then the job needs source: { engine: { options: { delimiter: \";\" } } }",
        "ragged.csv: 1 record could not be read",
      ],
    ]);
    for (const warning of warnings) expect(stderr).toContain(warning);
  });

  it("asks a plugin by its path", () => {
    const reader =
      'import { BaseReader, DiscoveryResult } from "dativo-ingest"; export class R extends BaseReader { *extract() {} discover() { return new DiscoveryResult([{ name: "users", type: "object" }]); } }';
    const { stdout } = dativo(["discover", "--connector", "./r.ts:R"], { cwd: folderWith({ "r.ts": reader }) });
    expect(stdout).toContain("1. users  (object)");
  });
});

describe("dativo init", () => {
  it("writes a job and a contract that run as they are", () => {
    const cwd = tempFolder();
    const made = dativo(["init", join(VEGA, "airports.csv")], { cwd });
    expect([made.code, made.stderr]).toEqual([
      0,
      expect.stringContaining("wrote assets/airports.yaml (7 fields) and jobs/airports.yaml"),
    ]);
    expect(readFileSync(join(cwd, "assets/airports.yaml"), "utf8")).toContain("Types were read off all 3,376 records");
    expect(dativo(["check", "--config", "jobs/airports.yaml"], { cwd }).code).toBe(0);
    const run = dativo(["run", "--config", "jobs/airports.yaml"], { cwd });
    expect([run.code, run.stderr]).toEqual([0, expect.stringContaining("committed 3,376 records")]);
  });

  it.each(["stocks.csv", "birdstrikes.csv", "unemployment.tsv", "species.csv", "github.csv"])(
    "does so for %s",
    (name) => {
      const cwd = tempFolder();
      expect(dativo(["init", join(VEGA, name), "--name", "x"], { cwd }).code).toBe(0);
      const run = dativo(["run", "--config", "jobs/x.yaml"], { cwd });
      expect([run.code, run.stderr]).toEqual([0, expect.stringContaining("committed")]);
    },
  );

  it.each([["../../evil"], ["a b"], ["a/b"], [".hidden"], ["-x"], [""], ["a'b"], ["x".repeat(101)]])(
    "refuses the name %j before anything is written",
    (name) => {
      const cwd = folderWith();
      const before = listTree(cwd);
      const done = dativo(["init", "people.csv", `--name=${name}`], { cwd });
      expect([done.code, done.stderr]).toEqual([2, expect.stringContaining("cannot name a job and its contract")]);
      expect(listTree(cwd)).toEqual(before);
    },
  );

  it("writes neither file when one of them is there", () => {
    const cwd = folderWith({ "jobs/people.yaml": "mine" });
    const done = dativo(["init", "people.csv"], { cwd });
    expect([done.code, done.stderr]).toEqual([2, expect.stringContaining("jobs/people.yaml is there already")]);
    expect(existsSync(join(cwd, "assets"))).toBe(false);
  });

  it("prints what it did as JSON for programs", () => {
    const { stdout } = dativo(["init", "people.csv", "--json"], { cwd: folderWith() });
    expect(JSON.parse(stdout)).toEqual({
      name: "people",
      job: "jobs/people.yaml",
      asset: "assets/people.yaml",
      fields: 3,
      notes: [],
    });
  });

  it.each([
    [";", "delimiter: ;"],
    ["\t", "delimiter: tab"],
    ["|", 'delimiter: "|"'],
  ])("writes the delimiter %j into the job, and says so", (delimiter, option) => {
    const cwd = folderWith({ "people.csv": PEOPLE_CSV.replaceAll(",", delimiter) });
    const done = dativo(["init", "people.csv"], { cwd });
    expect(done.stderr).toMatch(/one column whose name holds '.+' 2 times: the delimiter '.+' is written into the job/);
    expect(readFileSync(join(cwd, "jobs/people.yaml"), "utf8")).toContain(option);
    expect(dativo(["run", "--config", "jobs/people.yaml"], { cwd }).stderr).toContain("committed 3 records");
  });

  it("only asks where the records do not bear the guess out", () => {
    const cwd = folderWith({ "people.csv": "who; when\nAda\nGrace\n" });
    const done = dativo(["init", "people.csv"], { cwd });
    expect(done.stderr).toContain("one column whose name holds ';' once: is the delimiter ';'?");
    expect(readFileSync(join(cwd, "jobs/people.yaml"), "utf8")).not.toContain("delimiter");
  });

  it("counts the records that could not be read, and then takes no column for complete", () => {
    const cwd = folderWith({ "people.csv": `${PEOPLE_CSV}4,Alan\n5,x,y,z\n` });
    const done = dativo(["init", "people.csv"], { cwd });
    expect([done.code, done.stderr]).toEqual([
      0,
      expect.stringContaining("Types were read off 3 records; 2 could not be read"),
    ]);
    const asset = readFileSync(join(cwd, "assets/people.yaml"), "utf8");
    expect(asset).toContain("Types were read off 3 records; 2 could not be read");
    expect(asset).not.toContain("required");
  });

  it("requires nothing where there were no records to tell types from", () => {
    const cwd = folderWith({ "people.csv": "id,name,born\n" });
    expect(dativo(["init", "people.csv"], { cwd }).stderr).toContain("There were no records to tell types from");
    expect(readFileSync(join(cwd, "assets/people.yaml"), "utf8")).not.toContain("required");
  });

  it("writes nothing that check then warns of", () => {
    const cwd = folderWith();
    dativo(["init", "people.csv"], { cwd });
    expect(readFileSync(join(cwd, "assets/people.yaml"), "utf8")).toContain("team: { owner: … }");
    const { code, stdout } = dativo(["check", "--config", "jobs/people.yaml"], { cwd });
    expect([code, stdout]).toEqual([0, expect.not.stringContaining("warning")]);
  });

  it("overwrites nothing", () => {
    const cwd = tempFolder();
    const init = () => dativo(["init", join(VEGA, "airports.csv")], { cwd });
    init();
    const before = readFileSync(join(cwd, "assets/airports.yaml"), "utf8");
    const again = init();
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("assets/airports.yaml is there already")]);
    expect(readFileSync(join(cwd, "assets/airports.yaml"), "utf8")).toBe(before);
  });
});

describe("dativo schema and connectors", () => {
  it("print a JSON Schema for editors", () => {
    for (const kind of ["job", "connector", "registry", "asset"]) {
      const schema = JSON.parse(dativo(["schema", kind], { cwd: tempFolder() }).stdout) as { $schema: string };
      expect(schema.$schema).toContain("2020-12");
    }
  });

  it("list what runs and what does not", () => {
    const { stdout } = dativo(["connectors"], { cwd: tempFolder() });
    expect(stdout).toMatch(/csv +source, target .*runs as source and target/);
    expect(stdout).toMatch(/stripe +source .*needs a custom_reader or custom_writer/);
    expect(existsSync(join(tempFolder(), ".local"))).toBe(false);
  });
});
