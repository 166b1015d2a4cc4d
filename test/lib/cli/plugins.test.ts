import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Receipt } from "../../../lib/job/receipt.ts";
import { dativo, type Finished } from "../../support/cli.ts";
import { askDuckDB } from "../../support/duckdb.ts";
import { listTree, visibleFiles } from "../../support/folder.ts";
import { jobFolder, runJob } from "../../support/plugin-job.ts";

/** The reader of the user's document: pages of an API, object by object. */
const PAGING_READER = `
import { BaseReader, type SourceConfig } from "dativo-ingest";

interface Person { id: number; name: string }
enum Order { Rising = 1 }

class MySourceClient {
  constructor(readonly endpoint: string, readonly apiKey: string) {}
  fetch(objectName: string, limit: number, offset: number): Person[] {
    if (this.apiKey !== "s3cret-key") throw new Error("Failed to connect to source");
    const people = [{ id: Order.Rising, name: objectName + " Ada" }, { id: 2, name: "Grace" }, { id: 3, name: "Edsger" }];
    return people.slice(offset, offset + limit);
  }
}

export class MyCustomReader extends BaseReader {
  readonly client: MySourceClient;
  constructor(sourceConfig: SourceConfig) {
    super(sourceConfig);
    this.client = new MySourceClient(String(sourceConfig.connection.endpoint), String(sourceConfig.credentials.api_key));
  }
  *extract() {
    const batchSize = Number(this.sourceConfig.engine.options.batch_size ?? 1000);
    for (const objectName of this.sourceConfig.objects) {
      for (let offset = 0; ; ) {
        const records = this.client.fetch(objectName, batchSize, offset);
        if (records.length === 0) break;
        yield records.map((record) => ({ id: record.id, name: record.name }));
        offset += records.length;
      }
    }
  }
  override getTotalRecordsEstimate() { return 3; }
}
`;

const CUSTOM_SOURCE = {
  source_connector: "my_custom_source",
  source: {
    custom_reader: "./my-reader.ts:MyCustomReader",
    connection: { endpoint: "https://api.example.com" },
    credentials: { api_key: "${MY_API_KEY}" },
    objects: ["users"],
    engine: { options: { batch_size: 2 } },
  },
};

const run = (cwd: string, ...flags: string[]): Finished => runJob(cwd, flags);

describe("a reader of the user's own", () => {
  it("runs from TypeScript without a build step, from a folder with nothing else in it", async () => {
    const cwd = jobFolder(CUSTOM_SOURCE, { "my-reader.ts": PAGING_READER });
    const done = run(cwd, "--json");
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("committed 3 records")]);
    expect(await askDuckDB(`select id, name from read_parquet('${cwd}/lake/people/*.parquet') order by id`)).toEqual([
      { id: "1", name: "users Ada" },
      { id: "2", name: "Grace" },
      { id: "3", name: "Edsger" },
    ]);
    const receipt = JSON.parse(done.stdout) as Receipt;
    expect(receipt.plugins).toEqual([
      {
        path: expect.stringContaining("my-reader.ts:MyCustomReader"),
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        isolation: "in_process",
        sandbox: false,
        network: true,
      },
    ]);
  });

  it.each([
    [
      "my-reader.js",
      'import { BaseReader } from "dativo-ingest";\nexport class R extends BaseReader { *extract() { yield [{ id: 7, name: "x" }]; } }',
      "{}",
    ],
    [
      "my-reader.mjs",
      'import { BaseReader } from "dativo-ingest";\nexport class R extends BaseReader { *extract() { yield [{ id: 7, name: "x" }]; } }',
      "",
    ],
    [
      "my-reader.cjs",
      'const { BaseReader } = require("dativo-ingest");\nexports.R = class R extends BaseReader { *extract() { yield [{ id: 7, name: "x" }]; } };',
      "",
    ],
  ])("runs from %s", (name, code) => {
    const cwd = jobFolder({ source: { custom_reader: `./${name}:R` } }, { [name]: code });
    expect(run(cwd).stderr).toContain("committed 1 record");
  });

  it("takes a recipe as its base, whatever that recipe would need by itself", () => {
    const cwd = jobFolder({ ...CUSTOM_SOURCE, source_connector: "postgres" }, { "my-reader.ts": PAGING_READER });
    expect(run(cwd).code).toBe(0);
  });

  it("keeps a state of its own between runs, saved after the commit and only then", () => {
    const reader = `
      import { BaseReader } from "dativo-ingest";
      export class Counting extends BaseReader {
        *extract(state) {
          const last = state.get("last") ?? 0;
          state.set("last", last + 1);
          yield { batch: [{ id: last + 1, name: last === 1 ? "" + null + "x".repeat(99) : "n" }], position: last + 1 };
        }
      }`;
    const cwd = jobFolder({ source: { custom_reader: "./counting.ts:Counting" } }, { "counting.ts": reader });
    const last = (): unknown => {
      const path = listTree(cwd).find((file) => file.endsWith(".state.json"));
      return (JSON.parse(readFileSync(join(cwd, path as string), "utf8")) as { values: { last: number } }).values.last;
    };
    expect([run(cwd).code, last()]).toEqual([0, 1]);
    // The second run makes a record that the contract refuses: nothing is published, so nothing is remembered.
    expect([run(cwd).code, last()]).toEqual([2, 1]);
  });

  it.each<[string, string, string, RegExp]>([
    ["the file is missing", "./nowhere.ts:R", "", /Plugin module not found: .*nowhere\.ts/],
    [
      "the class is missing",
      "./p.ts:MyReader",
      "export class MyRaeder {}",
      /Class 'MyReader' not found in module: .*p\.ts; did you mean 'MyRaeder'\?/,
    ],
    ["the name is no class", "./p.ts:x", "export const x = 1;", /x is not a class in .*p\.ts/],
    ["the class is of another kind", "./p.ts:R", "export class R {}", /Plugin class R must inherit from BaseReader/],
    [
      "the path has no name",
      "./p.ts",
      "",
      /Plugin path must be in format 'path\/to\/module\.ts:ClassName', got: .*p\.ts/,
    ],
    [
      "a module is missing",
      "./p.ts:R",
      'import "left-pad-that-is-not-there"; export class R {}',
      /npm install left-pad-that-is-not-there/,
    ],
    ["the file does not parse", "./p.ts:R", "export class {", /Plugin .*p\.ts could not be loaded/],
    ["it is Python", "./p.py:R", "class R: pass", /Python plugins are not run/],
    ["it is no library", "./libx.so:create_reader", "", /DTV_PLUGIN_LOAD.*libx\.so: file too short/],
    [
      "its constructor throws",
      "./p.ts:R",
      'import { BaseReader } from "dativo-ingest"; export class R extends BaseReader { constructor(c) { super(c); throw new Error("no client"); } *extract() {} }',
      /DTV_PLUGIN_FAILED.*no client/,
    ],
    [
      "its extract throws",
      "./p.ts:R",
      'import { BaseReader } from "dativo-ingest"; export class R extends BaseReader { *extract() { throw new Error("Failed to connect to source"); } }',
      /DTV_PLUGIN_FAILED.*Failed to connect to source/,
    ],
  ])("says in one clear error when %s", (_, custom, code, message) => {
    const [file = "p.ts"] = custom.replace("./", "").split(":");
    const cwd = jobFolder({ source: { custom_reader: custom } }, file.startsWith("nowhere") ? {} : { [file]: code });
    const done = run(cwd);
    expect(done.stderr).toMatch(message);
    expect(done.stderr.match(/^error /gm)).toHaveLength(1);
    expect(done.stderr).not.toMatch(/^\s+at /m);
    expect(done.code).toBe(2);
  });
});

it("a source that cannot be reached is told as such by check, with what to look at", () => {
  const reader = `import { BaseReader } from "dativo-ingest";
    export class R extends BaseReader { *extract() {} async checkConnection() { throw new Error("ECONNREFUSED"); } }`;
  const cwd = jobFolder({ source: { custom_reader: "./r.ts:R" } }, { "r.ts": reader });
  const done = dativo(["check", "--config", "job.yaml"], { cwd });
  expect([done.code, done.stdout]).toEqual([
    2,
    expect.stringMatching(/Failed to connect to source: ECONNREFUSED\n {4}Verify the connection and the credentials/),
  ]);
});

describe("an error of a plugin's own", () => {
  const reader = (body: string): string => `import { BaseReader } from "dativo-ingest";
export class R extends BaseReader {
  async *extract() {
    ${body}
  }
}
`;

  it.each([
    [
      "throws",
      "const a = undefined; yield a.b;",
      /DTV_PLUGIN_FAILED.*\(reading 'b'\)\n {2}in R\.extract \(.*r\.ts:4:\d+\)/,
    ],
    [
      "has a cause",
      'throw new Error("no page 7", { cause: new Error("503 from the API") });',
      /no page 7\n {2}in R\.extract .*r\.ts:4:\d+\)\n {2}caused by: 503 from the API/,
    ],
    ["is a mistake of syntax", "yield [", /DTV_PLUGIN_LOAD.*r\.ts:5:\d+\n {2}Mend the syntax there/],
    [
      "comes from a timer",
      'setTimeout(() => { throw new Error("too late"); }, 1); await new Promise((go) => setTimeout(go, 500));',
      /DTV_PLUGIN_FAILED An error that nothing waited for: too late\n {2}in .*r\.ts:4:\d+/,
    ],
    ["never comes", "yield [{ id: 1, name: 'x' }]; await new Promise(() => {});", /DTV_STAGE_STUCK/],
    ["is an exit that says success", "yield [{ id: 1, name: 'x' }]; process.exit(0);", /DTV_STAGE_STUCK/],
  ])("that %s ends with 2 and says where it is", (_, body, message) => {
    const cwd = jobFolder({ source: { custom_reader: "./r.ts:R" } }, { "r.ts": reader(body) });
    const done = run(cwd);
    expect([done.code, done.stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(listTree(cwd).filter((file) => file.endsWith(".parquet"))).toEqual([]);
  });
});

describe("a writer of the user's own", () => {
  const writer = (body: string): string => `
    import { BaseWriter } from "dativo-ingest";
    import { appendFileSync, writeFileSync } from "node:fs";
    import { join } from "node:path";
    export class W extends BaseWriter { ${body} }`;

  it("has its files published by the engine when the target is a folder", () => {
    const cwd = jobFolder(
      { target_connector: "my_custom_target", target: { custom_writer: "./w.ts:W", connection: { path: "out" } } },
      {
        "w.ts": writer(`writeBatch(records, fileCounter) {
          const path = join(this.outputBase, "batch_" + fileCounter + ".dat");
          writeFileSync(path, JSON.stringify(records));
          return [{ path, sizeBytes: 1, recordCount: records.length, batchId: "b1" }];
        }`),
      },
    );
    const done = run(cwd);
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("guarantee  exactly-once")]);
    const [file = ""] = visibleFiles(join(cwd, "out"));
    expect(file).toMatch(/^batch_0-[0-9a-f-]{36}\.dat$/);
    expect(JSON.parse(readFileSync(join(cwd, "out", file), "utf8"))).toHaveLength(3);
    expect(run(cwd).stderr).toContain("nothing new");
  });

  it("with a target of its own needs no bucket and no folder, and commits by itself", () => {
    const cwd = jobFolder(
      {
        target_connector: "my_custom_target",
        target: {
          custom_writer: "./w.ts:W",
          connection: { endpoint: "https://api.example.com", api_key: "${MY_API_KEY}" },
        },
      },
      {
        "w.ts": writer(`
          writeBatch(records) { return [{ path: "mem", recordCount: records.length }]; }
          commitFiles(files, token) {
            appendFileSync("committed.txt", token.seq + " " + this.targetConfig.connection.api_key + " " + files[0].recordCount + "\\n");
            return { status: "success", filesAdded: files.length, totalRecords: 3 };
          }`),
      },
    );
    const done = run(cwd);
    expect([done.code, done.stderr]).toEqual([
      0,
      expect.stringContaining("guarantee  at-least-once (R3 source, W1 target)"),
    ]);
    expect(readFileSync(join(cwd, "committed.txt"), "utf8")).toBe("1 s3cret-key 3\n");
    expect(run(cwd).stderr).toContain("nothing new");
    expect(readFileSync(join(cwd, "committed.txt"), "utf8")).toBe("1 s3cret-key 3\n");
  });

  it("that fails leaves nothing visible, and its own error is told", () => {
    const cwd = jobFolder(
      { target: { custom_writer: "./w.ts:W", connection: { path: "out" } } },
      {
        "w.ts": writer(
          `writeBatch(records) { writeFileSync(join(this.outputBase, "half"), "x"); throw new Error("the target broke"); }`,
        ),
      },
    );
    const done = run(cwd);
    expect([done.code, done.stderr]).toEqual([2, expect.stringMatching(/DTV_PLUGIN_FAILED.*W.*the target broke/)]);
    expect(visibleFiles(join(cwd, "out"))).toEqual([]);
  });

  it.each(["[]", '[{ path: "x", recordCount: 1 }]'])("that loses records and returns %s is found out", (files) => {
    const cwd = jobFolder(
      { target: { custom_writer: "./w.ts:W", connection: { path: "out" } } },
      { "w.ts": writer(`writeBatch() { return ${files}; }`) },
    );
    const done = run(cwd);
    expect([done.code, done.stderr]).toEqual([2, expect.stringContaining("DTV_COUNTS_UNBALANCED")]);
  });
});

describe("secrets", () => {
  it("never show, whatever fails and wherever it is printed", () => {
    const canaries = { A: "canary-alpha-77", B: "canary beta/+&77", C: "c4n4ry-gamma" };
    const leak = `
      import { BaseReader } from "dativo-ingest";
      export class Leak extends BaseReader {
        *extract() {
          const { api_key, token } = this.sourceConfig.credentials;
          const { password } = this.sourceConfig.connection;
          this.ctx.log.warn("trying with " + api_key + " and " + encodeURIComponent(String(token)), { password });
          console.error(this.sourceConfig);
          throw new Error("401 for https://user:" + password + "@host/?key=" + encodeURIComponent(String(token)) + " " + JSON.stringify({ api_key }) + Buffer.from(String(api_key)).toString("base64"));
        }
      }`;
    const cwd = jobFolder(
      {
        source_connector: "custom",
        source: {
          custom_reader: "./leak.ts:Leak",
          connection: { host: "h", password: "${P_PASSWORD}" },
          credentials: { api_key: "${K}", token: canaries.B },
        },
      },
      { "leak.ts": leak },
    );
    const env = { P_PASSWORD: canaries.A, K: canaries.C };
    const outputs = [
      ["run"],
      ["run", "--json"],
      ["run", "--verbose"],
      ["run", "--log-format", "json"],
      ["check"],
      ["check", "--json", "--verbose"],
    ].map(([verb = "", ...flags]) => dativo([verb, "--config", "job.yaml", ...flags], { cwd, env }));
    const files = listTree(cwd)
      .filter((path) => !/job\.yaml|leak\.ts/.test(path))
      .map((path) => readFileSync(join(cwd, path), "latin1"));
    const everything = [...outputs.flatMap(({ stdout, stderr }) => [stdout, stderr]), ...files].join("\n");
    for (const secret of Object.values(canaries)) {
      for (const form of [
        secret,
        encodeURIComponent(secret),
        Buffer.from(secret).toString("base64"),
        JSON.stringify(secret).slice(1, -1),
      ]) {
        expect(everything).not.toContain(form);
      }
    }
    expect(everything).toContain("***");
    expect(outputs[0]?.code).toBe(2);
  });
});
