import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dativo, PEOPLE_ASSET, PEOPLE_CSV, smallJob, writeFiles } from "../support/cli.ts";
import { listTree, tempFolder } from "../support/folder.ts";

/** Secrets of every shape that has a spelling of its own somewhere. */
const CANARIES: Readonly<Record<string, string>> = {
  SIX: "zq7Xk9",
  SPACED: "canary one two",
  SLASHED: "canary/+&=?#77",
  QUOTED: `canary"'\\quoted`,
  PERCENT: "canary%41%2Fpercent",
  UNICODE: "kanárek-žlutý-☃",
  DOLLAR: "$" + "{HOME}canary$&$1",
  PATTERN: "canary(.*)[a-z]+$^",
  PEM: "-----BEGIN KEY-----\nMIIcanaryAAAABBBBCCCC\nDDDDcanaryEEEEFFFF\n-----END KEY-----\n",
  LONG: `canary${"0123456789abcdef".repeat(40)}`,
  BRACKETS: "<canary>&amp;</canary>",
  MARKS: "canary!*'()~.-_",
};

const SPELL = `
const spell = (value) => [value, JSON.stringify(value), encodeURIComponent(value), Buffer.from(value).toString("base64"),
  "https://user:" + encodeURIComponent(value) + "@host/", new URLSearchParams([["key", value]]).toString()].join(" ");
const all = (credentials) => Object.values(credentials).map((value) => spell(String(value))).join(" | ");
`;

/** What a plugin that says too much can do, by the place where it does it; `say` holds every secret in every spelling. */
const IN_READER: readonly string[] = [
  "throw new Error(say)",
  "throw say",
  "throw { message: say, config: credentials }",
  "throw Object.assign(new Error('bad auth'), { config: { headers: { authorization: say } } })",
  "throw new Error('bad host', { cause: new Error(say) })",
  "throw new AggregateError([new Error(say), new TypeError(say)], say)",
  "throw Object.assign(new Error(say), { code: say, name: say })",
  "throw Object.assign(new Error('x'), { stack: say })",
  "throw Object.assign(new Error('getaddrinfo ENOTFOUND ' + say), { code: 'ENOTFOUND' })",
  "throw new DOMException(say, 'AbortError')",
  "throw new DativoError('DTV_SOURCE_UNREADABLE', say, { hint: say, details: { say } })",
  "this.ctx.log.info(say)",
  "this.ctx.log.warn('trying', { say, credentials })",
  "this.ctx.log.error(say)",
  "this.ctx.log.debug(say)",
  "console.log(say)",
  "console.error(say)",
  "console.error(new Error(say))",
  "console.warn('%o', credentials)",
  "console.error(this.sourceConfig)",
  "console.log(JSON.stringify(this.sourceConfig))",
  "console.table(credentials)",
  "process.stderr.write(Buffer.from(say))",
  "process.emitWarning(say)",
  "setTimeout(() => { throw new Error(say) }, 1); await new Promise((done) => setTimeout(done, 50))",
  "void Promise.reject(new Error(say)); await new Promise((done) => setTimeout(done, 50))",
  "void Promise.reject(say); await new Promise((done) => setTimeout(done, 50))",
  "queueMicrotask(() => { throw say })",
  "JSON.parse(say)",
  "new URL(say)",
  "await fetch('http://127.0.0.1:1/', { headers: { authorization: encodeURIComponent(say) } })",
  "(await import('node:fs')).readFileSync('/no/such/' + say)",
  "(await import('node:fs')).readFileSync('/no/such/' + say.replaceAll('\\n', ' '))",
  "yield { batch: 7, position: say }",
];
const ELSEWHERE: readonly string[] = [
  "constructor(config) { super(config); throw new Error(all(config.credentials)); }",
  "plan() { throw new Error(all(this.sourceConfig.credentials)); }",
  "plan() { return [{ id: 7, say: all(this.sourceConfig.credentials) }]; }",
  "close() { throw new Error(all(this.sourceConfig.credentials)); }",
  "getTotalRecordsEstimate() { throw new Error(all(this.sourceConfig.credentials)); }",
  "checkConnection() { throw new Error(all(this.sourceConfig.credentials)); }",
  "discover() { throw new Error(all(this.sourceConfig.credentials)); }",
];

function leaking(body: string): string {
  return `import { BaseReader, DativoError } from "dativo-ingest";
${SPELL}
export class Leak extends BaseReader {
  async *extract() {
    const { credentials } = this.sourceConfig;
    const say = all(credentials);
    ${body};
    yield [{ id: 1, name: "x" }];
  }
}`;
}

function leakingElsewhere(method: string): string {
  return `import { BaseReader } from "dativo-ingest";
${SPELL}
export class Leak extends BaseReader { ${method} *extract() { yield [{ id: 1, name: "x" }]; } }`;
}

function spellings(secret: string): string[] {
  const lines = secret.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
  return [secret, ...lines].flatMap((value) => [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    Buffer.from(value).toString("base64"),
    new URLSearchParams([["", value]]).toString().slice(1),
  ]);
}

describe("twelve secrets", () => {
  const failures = [...IN_READER.map(leaking), ...ELSEWHERE.map(leakingElsewhere)];

  it.each([...IN_READER, ...ELSEWHERE].map((name, index) => [name, failures[index] as string]))(
    "stay secret: %s",
    (_name, code) => {
      const cwd = tempFolder();
      writeFiles(cwd, {
        "people.csv": PEOPLE_CSV,
        "people.yaml": PEOPLE_ASSET,
        "leak.mjs": code,
        "job.yaml": smallJob({
          source: {
            custom_reader: "./leak.mjs:Leak",
            credentials: Object.fromEntries(Object.keys(CANARIES).map((name) => [`key_${name}`, `\${CANARY_${name}}`])),
          },
        }),
      });
      const env = Object.fromEntries(Object.entries(CANARIES).map(([name, value]) => [`CANARY_${name}`, value]));
      const outputs = [
        dativo(["run", "--config", "job.yaml", "--verbose"], { cwd, env }),
        dativo(["run", "--config", "job.yaml", "--json", "--log-format", "json", "--verbose"], { cwd, env }),
        dativo(["check", "--config", "job.yaml", "--json", "--verbose"], { cwd, env }),
      ];
      expect(outputs.map(({ code: exit }) => exit).filter((exit) => ![0, 1, 2].includes(exit ?? -1))).toEqual([]);
      const files = listTree(cwd)
        .filter((path) => !path.endsWith("leak.mjs"))
        .map((path) => readFileSync(join(cwd, path), "utf8"));
      const everything = [...outputs.flatMap(({ stdout, stderr }) => [stdout, stderr]), ...files].join("\n");
      const leaked = Object.entries(CANARIES).filter(([, secret]) =>
        spellings(secret).some((form) => everything.includes(form)),
      );
      expect(leaked.map(([name]) => name)).toEqual([]);
    },
    60_000,
  );
});
