import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dativo } from "../../support/cli.ts";
import { jobFolder, oneRecordReader, runJob } from "../../support/plugin-job.ts";

const COMMITTED = "committed 1 record";

function ran(custom: string, files: Readonly<Record<string, string>>, section = {}): string {
  const { code, stderr } = runJob(jobFolder({ source: { custom_reader: custom, ...section } }, files));
  return `${code} ${stderr}`;
}

describe("a script", () => {
  it.each([
    ["r.mts", oneRecordReader("enum Kind { One = 1 }")],
    [
      "r.cts",
      'import D = require("dativo-ingest");\nexport class R extends D.BaseReader { *extract() { yield [{ id: 7, name: "x" }]; } }',
    ],
    ["folder/r.js", oneRecordReader("const {a} = {a: 1}; await null;")],
  ])("is run as %s", (name, code) => {
    expect(ran(`./${name}:R`, { [name]: code })).toContain(COMMITTED);
  });

  it("is found by an absolute path", () => {
    const cwd = jobFolder({}, { "deep/r.ts": oneRecordReader() });
    const job = { source: { custom_reader: `${cwd}/deep/r.ts:R` } };
    expect(runJob(jobFolder(job)).stderr).toContain(COMMITTED);
  });

  it("imports files of its own, with and without suffix, as JSON and in a circle", () => {
    const files = {
      "r.ts": oneRecordReader(`
        import { two } from "./lib/two.js"; import three from "./lib/three"; import facts from "./facts.json" with { type: "json" };
        import four = require("./four.cjs"); import * as ns from "./four.cjs";
        if (two() + three + facts.n + four.n + ns.n !== 2 + 3 + 10 + 4 + 4) throw new Error("wrong sum");`),
      "lib/two.ts": 'import { one } from "./one.ts";\nexport function two(): number { return one + 1; }',
      "lib/one.ts": 'import { two } from "./two.ts";\nexport const one = 1;\nexport const later = () => two();',
      "lib/three/index.ts": 'const { one } = await import("../one.ts");\nexport default one + 2;',
      "facts.json": '{ "n": 10 }',
      "four.cjs": "module.exports = { n: require('./five.cjs') - 1 };",
      "five.cjs": "module.exports = 5;",
    };
    expect(ran("./r.ts:R", files)).toContain(COMMITTED);
  });

  it("imports packages of its own project, as Node would", () => {
    const files = {
      "plugins/r.ts": oneRecordReader(
        'import { esm } from "esm-only/sub"; import cjs from "cjs-only";\nif (esm + cjs.n !== 3) throw new Error("wrong sum");',
      ),
      "plugins/node_modules/esm-only/package.json":
        '{ "name": "esm-only", "type": "module", "exports": { "./sub": { "import": "./s.js" } } }',
      "plugins/node_modules/esm-only/s.js": "export const esm = 1;",
      "plugins/node_modules/cjs-only/package.json": '{ "name": "cjs-only", "main": "m.js" }',
      "plugins/node_modules/cjs-only/m.js": "module.exports = { n: 2 };",
    };
    expect(ran("./plugins/r.ts:R", files)).toContain(COMMITTED);
  });

  it.each(["r.mjs", "r.cjs", "r.ts"])("is run once, also when %s throws", (name) => {
    const code = 'require("node:fs").appendFileSync("runs.txt", "x"); throw new Error("broken");';
    const prefix = name.endsWith(".cjs")
      ? ""
      : 'import { createRequire } from "node:module"; const require = createRequire("/");';
    const cwd = jobFolder({ source: { custom_reader: `./${name}:R` } }, { [name]: `${prefix}\n${code}` });
    expect(runJob(cwd).stderr).toMatch(
      /DTV_PLUGIN_LOAD.*could not be loaded: broken\n {2}It threw while it was loaded/,
    );
    expect(readFileSync(join(cwd, "runs.txt"), "utf8")).toBe("x");
  });

  it("is one module for the reader and the writer in it", () => {
    const code = `
      import { BaseReader, BaseWriter } from "dativo-ingest";
      let made = 0;
      export class R extends BaseReader { *extract() { made = 7; yield [{ id: 7, name: "x" }]; } }
      export class W extends BaseWriter {
        writeBatch(records) { return [{ path: "mem", recordCount: records.length }]; }
        commitFiles() { if (made !== 7) throw new Error("another module"); return { status: "success" }; }
      }`;
    const job = { source: { custom_reader: "./rw.ts:R" }, target: { custom_writer: "./rw.ts:W" } };
    expect(runJob(jobFolder(job, { "rw.ts": code })).stderr).toContain(COMMITTED);
  });

  it.each([
    ["a package", 'import "@acme/not-there/sub";', /npm install @acme\/not-there/],
    ["a file", 'import "./not-there.ts";', /Its own import '\.\/not-there\.ts' is not there/],
    [
      "what a package does not export",
      'import "esm-only/nope";',
      /DTV_PLUGIN_LOAD.*esm-only\/nope.*\n {2}The package at .* does not export it; it has esm-only/,
    ],
  ])("that imports %s which is not there says what to do", (_, line, message) => {
    const files = {
      "r.ts": oneRecordReader(line),
      "node_modules/esm-only/package.json": '{ "exports": { ".": "./i.js" } }',
    };
    expect(ran("./r.ts:R", files)).toMatch(message);
  });
});

describe("a package", () => {
  const PACKAGE = {
    "node_modules/acme-plugins/package.json":
      '{ "name": "acme-plugins", "type": "module", "exports": { ".": { "import": "./dist/index.js" } } }',
    "node_modules/acme-plugins/dist/index.js": 'export { R as MyReader } from "./reader.js";',
    "node_modules/acme-plugins/dist/reader.js": oneRecordReader(),
    "node_modules/@acme/plugins/package.json": '{ "name": "@acme/plugins", "exports": { "./readers": "./r.ts" } }',
    "node_modules/@acme/plugins/r.ts": oneRecordReader("enum Typed { Yes }"),
  };

  it.each(["acme-plugins:MyReader", "@acme/plugins/readers:R"])("is named as %s", (custom) => {
    expect(ran(custom, PACKAGE)).toContain(COMMITTED);
  });

  it("is found from the folder of the job before the working directory", () => {
    const cwd = jobFolder({}, PACKAGE);
    mkdirSync(join(cwd, "jobs"));
    const other = jobFolder({ source: { custom_reader: "acme-plugins:MyReader" }, asset_path: `${cwd}/people.yaml` });
    cpSync(join(other, "job.yaml"), join(cwd, "jobs", "job.yaml"));
    const elsewhere = jobFolder({});
    const done = dativo(["run", "--config", join(cwd, "jobs", "job.yaml")], { cwd: elsewhere });
    expect(done.stderr).toContain(COMMITTED);
  });

  it("may be a link to a folder of TypeScript", () => {
    const cwd = jobFolder(
      { source: { custom_reader: "linked:R" } },
      {
        "packages/linked/package.json": '{ "name": "linked", "exports": "./r.ts" }',
        "packages/linked/r.ts": oneRecordReader(),
      },
    );
    mkdirSync(join(cwd, "node_modules"));
    symlinkSync(join(cwd, "packages", "linked"), join(cwd, "node_modules", "linked"));
    expect(runJob(cwd).stderr).toContain(COMMITTED);
  });

  it.each([
    ["acme-plugins:MyRaeder", /DTV_PLUGIN_CLASS Class 'MyRaeder' not found in module: .*; did you mean 'MyReader'\?/],
    [
      "acme-plugins/nope:R",
      /DTV_PLUGIN_NOT_FOUND Plugin module not found: acme-plugins\/nope\n {2}The package at .* does not export it; it has acme-plugins/,
    ],
    ["acme-missing:R", /DTV_PLUGIN_NOT_FOUND Plugin module not found: acme-missing\n.*npm install acme-missing/],
    ["@acme/missing/sub:R", /npm install @acme\/missing\n {2}A file is named with its suffix/],
  ])("%s says what is wrong", (custom, message) => {
    expect(ran(custom, PACKAGE)).toMatch(message);
  });
});

describe("the place of an error", () => {
  // Types and long lines: what is run has other columns than what was written.
  const FAIL = `interface Wide { readonly a: string; readonly b?: { readonly c: number } }
export function fail<T extends Wide>(given: T, other: Readonly<Record<string, number>> = {}): number {
  const kept: Wide = given as Wide; const wide = kept.b as { readonly c: number }; return wide.c;
}
`;
  const fails = "fail({ a } as never)";
  const READER = `import { BaseReader } from "dativo-ingest";
import { fail } from "./fail.ts";
export class R extends BaseReader {
  *extract(): Generator<Record<string, unknown>[]> { const a: number = 1 as number; ${fails}; }
}
`;
  const TRANSFORM = `import { BaseTransform } from "dativo-ingest";
import { fail } from "./fail.ts";
export class T extends BaseTransform {
  apply(batch: Iterable<object>): never { const a: number = 1 as number; return ${fails}; }
}
`;
  const WRITER = `import { BaseWriter } from "dativo-ingest";
import { fail } from "./fail.ts";
export class W extends BaseWriter {
  writeBatch(records: object[]): never { const a: number = 1 as number; return ${fails}; }
}
`;
  const FILES = { "fail.ts": FAIL, "r.ts": READER, "t.ts": TRANSFORM, "w.ts": WRITER };
  const at = (text: string, line: number, part: string): string =>
    `${line}:${(text.split("\n")[line - 1] as string).indexOf(part) + 1}`;

  it.each<[string, Record<string, unknown>, string, string]>([
    ["extract", { source: { custom_reader: "./r.ts:R" } }, "r.ts", READER],
    ["apply", { transforms: [{ plugin: "./t.ts:T" }] }, "t.ts", TRANSFORM],
    ["writeBatch", { target: { custom_writer: "./w.ts:W", connection: { path: "out" } } }, "w.ts", WRITER],
  ])("is where it was written, in %s and in what that calls", (hook, job, file, code) => {
    const done = runJob(jobFolder(job, FILES), ["--verbose"]);
    expect(done.code).toBe(2);
    expect(done.stderr).toMatch(new RegExp(`\\n  in fail \\(.*/fail\\.ts:${at(FAIL, 3, "c;")}\\)`));
    expect(done.stderr).toMatch(new RegExp(`at .*${hook} \\(.*/${file}:${at(code, 4, "({ a }")}\\)`));
  });
});
