import { appendFileSync, copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../../lib/contract/sha256.ts";
import { describeC } from "../../support/c-compiler.ts";
import { dativo, type Finished } from "../../support/cli.ts";
import { markedLibrary } from "../../support/marked-library.ts";
import { jobFolder, oneRecordReader, runJob } from "../../support/plugin-job.ts";

/** A script that leaves a file behind when a line of it runs. */
const MARKED = oneRecordReader('import { writeFileSync } from "node:fs"; writeFileSync("ran.txt", "");');
const RAN = "ran.txt";

const hashOf = (cwd: string, file: string): string => `sha256:${sha256(readFileSync(join(cwd, file)))}`;

function alter(cwd: string, file: string): void {
  appendFileSync(join(cwd, file), "\n");
}

function lock(cwd: string, ...flags: string[]): Finished {
  return dativo(["plugin", "lock", "job.yaml", ...flags], { cwd, env: { MY_API_KEY: "k" } });
}

function lockOf(cwd: string): Record<string, string> {
  return (JSON.parse(readFileSync(join(cwd, "dativo.plugins.lock"), "utf8")) as { files: Record<string, string> })
    .files;
}

/** Nothing of the plugin was run, and the error says what was found, what was expected and what to do. */
function expectRefused(cwd: string, done: Finished): void {
  expect([done.code, done.stderr]).toEqual([2, expect.stringMatching(/DTV_PLUGIN_PIN/)]);
  expect(done.stderr).toMatch(
    /is not what it was pinned to: sha256:[0-9a-f]{64} was found, .* says sha256:[0-9a-f]{64}/,
  );
  expect(done.stderr).toContain("dativo plugin lock JOB --update");
  expect(existsSync(join(cwd, RAN))).toBe(false);
}

describe("a pin in the job", () => {
  const pinned = (file: string, hash: string) => ({
    source: { custom_reader: `${file}:R` },
    plugins: { pins: { [file]: hash } },
  });

  it("lets through what it was made of, and refuses one byte more", () => {
    const cwd = jobFolder(pinned("./r.ts", `sha256:${sha256(MARKED)}`), { "r.ts": MARKED });
    expect(runJob(cwd).stderr).toContain("committed 1 record");
    expect(existsSync(join(cwd, RAN))).toBe(true);
    const other = jobFolder(pinned("./r.ts", `sha256:${sha256(MARKED)}`), { "r.ts": `${MARKED}\n` });
    expectRefused(other, runJob(other));
    expect(runJob(other).stderr).toMatch(/job\.yaml:\d+:\d+ says/);
  });

  it("holds for check and discover too, which load plugins as a run does", () => {
    const cwd = jobFolder(pinned("./r.ts", `sha256:${sha256(MARKED)}`), { "r.ts": `${MARKED}\n` });
    const check = dativo(["check", "--config", "job.yaml"], { cwd });
    expect([check.code, check.stdout]).toEqual([2, expect.stringContaining("DTV_PLUGIN_PIN")]);
    expect(dativo(["discover", "--config", "job.yaml"], { cwd }).stderr).toContain("DTV_PLUGIN_PIN");
    expect(existsSync(join(cwd, RAN))).toBe(false);
  });

  it("may name the class as well", () => {
    const job = {
      source: { custom_reader: "./r.ts:R" },
      plugins: { pins: { "./r.ts:R": `sha256:${"0".repeat(64)}` } },
    };
    const cwd = jobFolder(job, { "r.ts": MARKED });
    expectRefused(cwd, runJob(cwd));
  });

  it("covers what the script imports: a file without a pin is not loaded", () => {
    const script = oneRecordReader(`import "./own.ts";`);
    const cwd = jobFolder(pinned("./r.ts", `sha256:${sha256(script)}`), {
      "r.ts": script,
      "own.ts": 'import { writeFileSync } from "node:fs"; writeFileSync("ran.txt", "");',
    });
    const done = runJob(cwd);
    expect([done.code, done.stderr]).toEqual([
      2,
      expect.stringMatching(/own\.ts is not pinned, while .*r\.ts, which imports it, is/),
    ]);
    expect(existsSync(join(cwd, RAN))).toBe(false);
  });

  it.each([
    [
      "of a plugin that is not there",
      { "./raeder.ts": `sha256:${"0".repeat(64)}` },
      /pins '\.\/raeder\.ts', which is neither a file nor a plugin/,
    ],
    ["that is no hash", { "./r.ts": "sha256:abc" }, /expected sha256: and 64 hexadecimal digits/],
  ])("%s is a fault", (_, pins, message) => {
    const cwd = jobFolder({ source: { custom_reader: "./r.ts:R" }, plugins: { pins } }, { "r.ts": MARKED });
    expect(runJob(cwd).stderr).toMatch(message);
    expect(existsSync(join(cwd, RAN))).toBe(false);
  });
});

describe("dativo plugin lock", () => {
  const FILES = {
    "readers/r.ts": oneRecordReader('import "../shared/own.js"; await import("./late.ts");'),
    "readers/late.ts": "export {};",
    "shared/own.ts":
      'import facts from "./facts.json"; import "node:fs"; import "dativo-ingest"; export const all = Object.keys(facts);',
    "shared/facts.json": "{}",
    "t.ts":
      'import { BaseTransform } from "dativo-ingest";\nexport class T extends BaseTransform { apply(batch) { return batch; } }',
  };
  const JOB = { source: { custom_reader: "readers/r.ts:R" }, transforms: [{ plugin: "./t.ts:T" }] };

  it("writes down every file of every plugin, sorted, and runs none", () => {
    const cwd = jobFolder(JOB, {
      ...FILES,
      "t.ts": `${FILES["t.ts"]}\nimport { writeFileSync } from "node:fs"; writeFileSync("ran.txt", "");`,
    });
    const done = lock(cwd);
    expect([done.code, done.stdout]).toEqual([
      0,
      expect.stringContaining("dativo.plugins.lock: 5 files pinned, written"),
    ]);
    const files = lockOf(cwd);
    expect(Object.keys(files)).toEqual([
      "readers/late.ts",
      "readers/r.ts",
      "shared/facts.json",
      "shared/own.ts",
      "t.ts",
    ]);
    for (const [file, hash] of Object.entries(files)) expect(hash).toBe(hashOf(cwd, file));
    expect(existsSync(join(cwd, RAN))).toBe(false);
    expect(lock(cwd).stdout).toContain("5 files pinned, up to date");
    expect(runJob(cwd).stderr).toContain("committed 1 record");
  });

  it.each(Object.keys(FILES))("lets no other %s run, until it is told to", (file) => {
    const cwd = jobFolder(JOB, FILES);
    lock(cwd);
    alter(cwd, file);
    expectRefused(cwd, runJob(cwd));
    const again = lock(cwd);
    expect([again.code, again.stdout]).toEqual([2, expect.stringMatching(/~ .*sha256:.* → sha256:.*\n.*not written/)]);
    expect(lock(cwd, "--check").code).toBe(2);
    expectRefused(cwd, runJob(cwd));
    expect(lock(cwd, "--update").code).toBe(0);
    expect(lock(cwd, "--check").code).toBe(0);
    expect(runJob(cwd).code).toBe(0);
  });

  it("takes in what is new, and drops what is gone with --update", () => {
    const cwd = jobFolder(JOB, FILES);
    lock(cwd);
    writeFileSync(join(cwd, "job.yaml"), readFileSync(join(cwd, "job.yaml"), "utf8").replace("./t.ts:T", "./u.ts:T"));
    copyFileSync(join(cwd, "t.ts"), join(cwd, "u.ts"));
    expect(lock(cwd, "--check").stdout).toContain("+ u.ts");
    expect(existsSync(join(cwd, "dativo.plugins.lock"))).toBe(true);
    expect(lockOf(cwd)["u.ts"]).toBeUndefined();
    expect(lock(cwd).code).toBe(0);
    expect(lockOf(cwd)["u.ts"]).toBe(hashOf(cwd, "u.ts"));
    expect(lock(cwd, "--json").stdout).toContain('"isWritten": false');
  });

  it("is found from the folder of the job up to the working directory", () => {
    const cwd = jobFolder({}, { "r.ts": MARKED, "jobs/deep/.keep": "" });
    const job = readFileSync(join(cwd, "job.yaml"), "utf8").replace(
      '"files":[{"path":"people.csv"}]',
      '"custom_reader":"r.ts:R"',
    );
    writeFileSync(join(cwd, "jobs/deep/job.yaml"), job);
    writeFileSync(
      join(cwd, "dativo.plugins.lock"),
      JSON.stringify({ version: 1, files: { "r.ts": `sha256:${"0".repeat(64)}` } }),
    );
    expectRefused(cwd, dativo(["run", "--config", "jobs/deep/job.yaml"], { cwd }));
  });

  it.each(["", "{}", '{ "version": 2, "files": {} }', '{ "version": 1, "files": { "r.ts": "md5:x" } }'])(
    "is never taken for an empty one: %s",
    (text) => {
      const cwd = jobFolder({ source: { custom_reader: "./r.ts:R" } }, { "r.ts": MARKED, "dativo.plugins.lock": text });
      expect(runJob(cwd).stderr).toMatch(/DTV_CONFIG_INVALID.*dativo\.plugins\.lock/);
      expect(existsSync(join(cwd, RAN))).toBe(false);
    },
  );

  it("holds a file that is imported under a computed name as well", () => {
    const script = oneRecordReader('const name = "./" + "own.ts"; await import(name);');
    const cwd = jobFolder(
      { source: { custom_reader: "./r.ts:R" } },
      {
        "r.ts": script,
        "own.ts": 'import { writeFileSync } from "node:fs"; writeFileSync("ran.txt", "");',
      },
    );
    lock(cwd);
    expect(runJob(cwd).stderr).toMatch(/DTV_PLUGIN_PIN.*own\.ts is not pinned/);
    expect(existsSync(join(cwd, RAN))).toBe(false);
  });
});

describe("a script in a process of its own", () => {
  const JOB = { plugins: { sandbox: { mode: "process" } } };
  const FILES = {
    "r.ts": oneRecordReader('import "./own.ts";'),
    "own.ts": 'console.error("own code ran");',
    "node_modules/pkg/package.json": '{ "name": "pkg", "type": "module", "exports": "./r.js" }',
    "node_modules/pkg/r.js": oneRecordReader('import "needed"; console.error("own code ran");'),
    "node_modules/needed/package.json": '{ "name": "needed", "type": "module", "exports": "./n.js" }',
    "node_modules/needed/n.js": "export {};",
  };

  it.each([
    ["./r.ts:R", "r.ts"],
    ["./r.ts:R", "own.ts"],
    ["pkg:R", "node_modules/pkg/r.js"],
  ])("is held to its pins there too: %s, %s", (custom, file) => {
    const cwd = jobFolder({ ...JOB, source: { custom_reader: custom } }, FILES);
    expect(lock(cwd).code).toBe(0);
    const done = runJob(cwd);
    expect([done.code, done.stderr]).toEqual([0, expect.stringMatching(/own code ran(.|\n)*committed 1 record/)]);
    alter(cwd, file);
    const refused = runJob(cwd);
    expectRefused(cwd, refused);
    expect(refused.stderr).not.toContain("own code ran");
  });
});

describe("a package", () => {
  const FILES = {
    "node_modules/@acme/p/package.json": '{ "name": "@acme/p", "type": "module", "exports": { "./r": "./dist/r.js" } }',
    "node_modules/@acme/p/dist/r.js": `import "./more.js";\n${MARKED}`,
    "node_modules/@acme/p/dist/more.js": "export {};",
  };

  it.each(["r.js", "more.js"])("is pinned with the files of its own: %s", (file) => {
    const cwd = jobFolder({ source: { custom_reader: "@acme/p/r:R" } }, FILES);
    expect(lock(cwd).code).toBe(0);
    expect(Object.keys(lockOf(cwd))).toEqual(["npm:@acme/p/dist/more.js", "npm:@acme/p/dist/r.js"]);
    alter(cwd, `node_modules/@acme/p/dist/${file}`);
    expectRefused(cwd, runJob(cwd));
  });

  it("may be pinned in the job by its name", () => {
    const job = {
      source: { custom_reader: "@acme/p/r:R" },
      plugins: { pins: { "@acme/p/r": `sha256:${"1".repeat(64)}` } },
    };
    const cwd = jobFolder(job, FILES);
    expectRefused(cwd, runJob(cwd));
  });
});

describeC("a library", () => {
  const library = markedLibrary();

  it.each(["in_process", "process"])("is refused before it is opened, in mode %s", (mode) => {
    const job = { source: { custom_reader: "./libmarked.so:create_reader" }, plugins: { sandbox: { mode } } };
    const cwd = jobFolder(job);
    copyFileSync(library, join(cwd, "libmarked.so"));
    lock(cwd);
    const done = runJob(cwd, ["--json"]);
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("committed 1 record")]);
    expect(JSON.parse(done.stdout).plugins[0].sha256).toBe(hashOf(cwd, "libmarked.so").slice(7));
    expect(existsSync(join(cwd, RAN))).toBe(true);
    const other = jobFolder(job);
    copyFileSync(library, join(other, "libmarked.so"));
    lock(other);
    alter(other, "libmarked.so");
    expectRefused(other, runJob(other));
  });
});

describe("a script of dativo map", () => {
  it("is held to the lock, as the plugins of a job are", () => {
    const script = `import { own } from "./own.js"; export const map = (row) => ({ ...row, own });\n`;
    const cwd = jobFolder({}, { "m.mjs": script, "own.js": "export const own = 1;\n" });
    const hashes = Object.fromEntries(["m.mjs", "own.js"].map((file) => [file, hashOf(cwd, file)]));
    writeFileSync(join(cwd, "dativo.plugins.lock"), JSON.stringify({ version: 1, files: hashes }));
    const map = () => dativo(["map", "m.mjs", "--from", "jsonl", "--to", "jsonl"], { cwd, input: '{"a":1}\n' });
    expect(map()).toMatchObject({ code: 0, stdout: '{"a":1,"own":1}\n' });
    alter(cwd, "own.js");
    expect(map()).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("DTV_PLUGIN_PIN") });
  });
});

describe("cloud mode", () => {
  it("refuses a plugin of any kind that is not pinned", () => {
    const files = { "r.ts": MARKED, "node_modules/pkg/index.js": MARKED };
    for (const custom of ["./r.ts:R", "pkg:R", "s3://bucket/r.ts:R", "gs://bucket/libr.so:create_reader"]) {
      const cwd = jobFolder({ source: { custom_reader: custom } }, files);
      const done = runJob(cwd, ["--mode", "cloud"]);
      expect([done.code, done.stderr]).toEqual([
        2,
        expect.stringMatching(/DTV_PLUGIN_PIN.*is not pinned, and in cloud mode each plugin is/),
      ]);
      expect(existsSync(join(cwd, RAN))).toBe(false);
    }
  });
});
