import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { PEOPLE_ASSET, PEOPLE_CSV, writeFiles } from "../../support/cli.ts";
import { listTree, tempFolder } from "../../support/folder.ts";
import { shell } from "../../support/shell.ts";

const BAD_CSV = `${PEOPLE_CSV}x,Alan,1912-06-23\n`;

function folder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const cwd = tempFolder();
  writeFiles(cwd, { "people.csv": PEOPLE_CSV, "bad.csv": BAD_CSV, "people.yaml": PEOPLE_ASSET, ...files });
  return cwd;
}

const jsonLines = (...rows: object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

describe("a flag of the pipe commands", () => {
  it.each<[string, string, string]>([
    ["--from", "dativo pipe --from jsonl", '{"a":1}\n'],
    ["--to", "dativo pipe people.csv --to json --limit 1", '[\n{"id":"1","name":"Ada","born":"1815-12-10"}\n]\n'],
    [
      "--to-option",
      "dativo pipe people.csv -n 1 --to csv --to-option delimiter=';'",
      "id;name;born\n1;Ada;1815-12-10\n",
    ],
    ["--delimiter", "printf 'a,b;c\\n1,2;3\\n' | dativo pipe -d ';' -t jsonl", '{"a,b":"1,2","c":"3"}\n'],
    ["--no-header", "printf '1,2\\n' | dativo pipe --no-header -t jsonl", '{"column_1":"1","column_2":"2"}\n'],
    ["--encoding", "printf 'a\\n\\344\\n' | dativo pipe --encoding latin1", "a\nä\n"],
    [
      "--from-option",
      "printf 'a,b\\nNA,1\\n' | dativo pipe --from-option 'null_values=[\"NA\"]' -t jsonl",
      '{"a":null,"b":"1"}\n',
    ],
    [
      "--asset",
      "dativo pipe people.csv --asset people.yaml -t jsonl -n 1",
      jsonLines({ id: 1, name: "Ada", born: "1815-12-10" }),
    ],
    ["--where", "dativo pipe people.csv --where 'id >= 2 and born is not null'", "id,name,born\n2,Grace,1906-12-09\n"],
    ["--rename", "dativo pipe people.csv --rename name=who --select who", "who\nAda\nGrace\nEdsger\n"],
    ["--cast", "dativo pipe people.csv --cast id=integer --select id -t jsonl -n 1", '{"id":1}\n'],
    ["--select", "dativo pipe people.csv --select born,id -n 1", "born,id\n1815-12-10,1\n"],
    ["--map", "dativo pipe people.csv --map twice.ts:twice --map twice.ts -n 1 -t jsonl", '{"id":"4"}\n'],
    ["--limit", "dativo pipe people.csv --limit 0", "id,name,born\n"],
    ["--flush", "dativo pipe --flush < people.csv | tail -n 1", "3,Edsger,\n"],
    ["--memory", "dativo pipe people.csv --memory 200M -n 0", "id,name,born\n"],
    [
      "--out",
      "dativo pipe people.csv --out o.jsonl 2>/dev/null; head -n 1 o.jsonl",
      '{"id":"1","name":"Ada","born":"1815-12-10"}\n',
    ],
    [
      "--force",
      "echo x > o.csv; dativo pipe people.csv -n 0 --force -o o.csv 2>/dev/null; cat o.csv",
      "id,name,born\n",
    ],
    ["--quiet", "dativo pipe people.csv -q -n 0 -o o.csv 2>&1; cat o.csv", "id,name,born\n"],
  ])("%s: %s", (_, script, stdout) => {
    const cwd = folder({
      "twice.ts": "export function twice(row) { return { id: String(row.id * 2) }; }\nexport default twice;\n",
    });
    expect(shell(script, { cwd, input: '{"a":1}\n' })).toEqual({ code: 0, stdout, stderr: "" });
  });

  it.each([
    ["dativo pipe people.csv --limit x", "It is a whole number."],
    ["dativo pipe people.csv --rename name", "It looks like name=value."],
    ["dativo pipe people.csv --to xml", "DTV_OPTION_INVALID"],
    ["dativo pipe people.csv --from xml", "There is no format 'xml'"],
    ["dativo pipe people.csv --where 'id =='", "where, character 6"],
    ["dativo pipe people.csv --select nothing", "nothing"],
    ["dativo pipe people.csv --map none.ts", "none.ts"],
    ["dativo pipe people.csv --map empty.ts", "empty.ts exports no function and no transform"],
    ["dativo pipe people.csv - < people.csv", "Standard input (-) cannot be one of several sources"],
    ["dativo pipe people.csv --to-option nothing=1 --to csv", "nothing"],
    ["dativo pipe people.csv -o nowhere/o.csv", "DTV_TARGET_UNWRITABLE"],
    ["dativo pipe none.csv", "File not found: none.csv"],
    ["dativo convert people.csv o.xyz", "What o.xyz is to hold cannot be told from its name"],
    ["dativo write - < people.csv", "Standard output (-) is nothing that `dativo write` can do"],
    ["dativo write lake --where 'id > 1' < people.csv", "--where for the folder lake is nothing"],
    ["dativo write lake --map twice.ts < people.csv", "dativo map clean.ts | dativo write"],
    ["dativo write lake --limit 1 < people.csv", "--limit for the folder lake"],
    ["dativo write lake --rejects r.jsonl < people.csv", "--rejects for the folder lake"],
    ["dativo write lake --force < people.csv", "--overwrite replaces"],
    ["dativo write o.csv --name x < people.csv", "--name for the file o.csv"],
    ["dativo write o.csv --allow-duplicates < people.csv", "--allow-duplicates for the file o.csv"],
  ])("%s ends with 2", (script, message) => {
    const cwd = folder({ "empty.ts": "export const a = 1;\n" });
    const before = listTree(cwd);
    const { code, stdout, stderr } = shell(script, { cwd });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
    expect(listTree(cwd)).toEqual(before);
  });
});

describe("records that break their contract", () => {
  it("end a pipe with 2 at once, or with 1 when good ones are to pass", () => {
    const cwd = folder();
    const strict = shell("dativo pipe bad.csv --asset people.yaml", { cwd });
    expect([strict.code, strict.stderr]).toEqual([2, expect.stringContaining('"x" is not an integer')]);
    const warned = shell("dativo pipe bad.csv --asset people.yaml --validation warn --select id", { cwd });
    expect([warned.code, warned.stdout]).toEqual([1, "id\n1\n2\n3\n"]);
    expect(warned.stderr).toContain("1 record of 4 rejected, left out");
    const many = shell("dativo pipe bad.csv --asset people.yaml --validation warn --max-errors 0", { cwd });
    expect(many.code).toBe(2);
  });

  it.each([
    ["into a file", "--rejects r.jsonl", "r.jsonl"],
    ["into an open descriptor", "--rejects fd:3 3> r.jsonl", "fd:3"],
    [
      "into a pipe",
      "--rejects >(cat > r.jsonl); code=$?; until [ -s r.jsonl ]; do sleep 0.05; done; exit $code",
      "/dev/fd/",
    ],
  ])("go %s", (_, how, where) => {
    const cwd = folder();
    const { code, stdout, stderr } = shell(`dativo pipe bad.csv --asset people.yaml --select id ${how}`, { cwd });
    expect([code, stdout]).toEqual([1, "id\n1\n2\n3\n"]);
    expect(stderr).toContain(`1 record of 4 rejected, in ${where}`);
    const [reject, ...others] = readFileSync(join(cwd, "r.jsonl"), "utf8").trim().split("\n");
    expect(others).toEqual([]);
    expect(JSON.parse(reject ?? "")).toMatchObject({ source: "bad.csv", row: 4, column: "id", rule: "type" });
  });

  it("leave an empty file of rejects when there are none, and the pipe ends with 0", () => {
    const cwd = folder();
    expect(shell("dativo pipe people.csv --asset people.yaml --rejects r.jsonl", { cwd }).code).toBe(0);
    expect(readFileSync(join(cwd, "r.jsonl"), "utf8")).toBe("");
  });
});

describe("dativo convert", () => {
  it.each(["csv", "jsonl", "json", "parquet"])("makes a file of %s and of it the same records again", (format) => {
    const cwd = folder();
    const script = `dativo convert people.csv o.${format} && dativo convert o.${format} - --to csv`;
    expect(shell(script, { cwd }).stdout).toBe(PEOPLE_CSV);
    expect(listTree(cwd)).toEqual(["bad.csv", `o.${format}`, "people.csv", "people.yaml"]);
  });

  it("reads what is compressed, and - for standard input", () => {
    const cwd = folder({ "people.csv.gz": gzipSync(PEOPLE_CSV) });
    expect(shell("dativo convert people.csv.gz -", { cwd }).stdout).toBe(PEOPLE_CSV);
    expect(shell("dativo convert - - --accept-eof < people.csv.gz", { cwd }).stdout).toBe(PEOPLE_CSV);
  });

  it("replaces nothing unasked, and leaves nothing else behind, whatever the end", () => {
    const cwd = folder({ "o.csv": "mine\n" });
    const before = listTree(cwd);
    const refused = shell("dativo convert people.csv o.csv", { cwd });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("o.csv is there already")]);
    expect(shell("dativo convert bad.csv o.csv --force --asset people.yaml", { cwd }).code).toBe(2);
    expect(shell("head -c 20 people.csv | dativo convert - o.csv --force", { cwd }).code).toBe(2);
    expect(readFileSync(join(cwd, "o.csv"), "utf8")).toBe("mine\n");
    expect(shell("dativo convert people.csv o.csv --force", { cwd }).code).toBe(0);
    expect(readFileSync(join(cwd, "o.csv"), "utf8")).toBe(PEOPLE_CSV);
    expect(listTree(cwd)).toEqual(before);
  });
});

describe("a file's name", () => {
  it.each([
    "dativo pipe people.csv -n 1 -o o.tsv",
    "dativo convert people.csv o.tsv -n 1",
    "dativo read people.csv -n 1 | dativo write o.tsv",
  ])("says how its fields are parted: %s", (script) => {
    const cwd = folder();
    expect(shell(script, { cwd })).toMatchObject({ code: 0 });
    expect(readFileSync(join(cwd, "o.tsv"), "utf8")).toBe("id\tname\tborn\n1\tAda\t1815-12-10\n");
  });

  it.each([
    ["o.csv.gz", "gzip -dc", ""],
    ["o.csv.GZ", "gzip -dc", "--to-option compression=gzip --to-option compression_level=1"],
    ["o.csv.zst", "dativo pipe --to csv", ""],
  ])("says how it is compressed: %s", (name, unpack, options) => {
    const cwd = folder();
    expect(shell(`dativo convert people.csv ${name} ${options}`, { cwd })).toMatchObject({ code: 0 });
    expect(readFileSync(join(cwd, name)).subarray(0, 2).toString("hex")).toMatch(/^(1f8b|28b5)$/);
    expect(shell(`${unpack} < ${name}`, { cwd })).toMatchObject({ code: 0, stdout: PEOPLE_CSV });
    expect(shell(`dativo count ${name}`, { cwd }).stdout).toBe("3\n");
  });

  it.each([
    ["o.csv.br", "", "brotli is read and not written"],
    ["o.parquet.gz", "", "parquet is compressed inside"],
    ["o.jsonl.zst", "--to-option compression=gzip", "its compression is to be gzip"],
    ["o.jsonl.gz", "--to-option compression=none", "its compression is to be none"],
  ])("is not given to something else: %s %s", (name, options, message) => {
    const cwd = folder();
    const before = listTree(cwd);
    const { code, stderr } = shell(`dativo convert people.csv ${name} ${options}`, { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(listTree(cwd)).toEqual(before);
  });

  it.each([
    ["people.csv lines.jsonl", "people.csv is csv, and lines.jsonl is jsonl"],
    ["people.csv tabs.tsv", 'people.csv is plain csv, and tabs.tsv is csv with delimiter "\\t"'],
    ["'data/*'", "data/a is csv, and data/b is jsonl"],
  ])("is not read as if it were another: %s", (sources, message) => {
    const cwd = folder({
      "lines.jsonl": '{"id":1}\n',
      "tabs.tsv": "id\n1\n",
      "data/a": "id\n1\n",
      "data/b": '{"id":1}\n',
    });
    const { code, stdout, stderr } = shell(`dativo pipe ${sources}`, { cwd });
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining(message)]);
    expect(stderr).toContain("read them one after another");
    expect(shell("dativo pipe lines.jsonl data/b --to csv", { cwd })).toMatchObject({ code: 0, stdout: "id\n1\n1\n" });
    expect(shell("dativo pipe people.csv tabs.tsv -d , --select id", { cwd })).toMatchObject({ code: 0 });
  });

  it("says nothing where the format is given", () => {
    const cwd = folder();
    expect(shell("dativo convert people.csv o.tsv -n 1 --select id --to jsonl", { cwd })).toMatchObject({ code: 0 });
    expect(readFileSync(join(cwd, "o.tsv"), "utf8")).toBe('{"id":"1"}\n');
  });
});

describe("what is looked at", () => {
  it("is counted as far as it is good, where bad records are spoken of", () => {
    const cwd = folder({ "lines.jsonl": '{"a":1}\nno\n{"a":2}\n' });
    expect(shell("dativo count lines.jsonl", { cwd })).toMatchObject({ code: 0, stdout: "3\n" });
    const good = shell("dativo count lines.jsonl --rejects bad.jsonl", { cwd });
    expect([good.code, good.stdout]).toEqual([1, "2\n"]);
    expect(readFileSync(join(cwd, "bad.jsonl"), "utf8")).toContain("lines.jsonl");
  });

  it("is counted, with and without its values", () => {
    const cwd = folder({ "more.jsonl": jsonLines({ a: 1 }, { a: 2 }) });
    expect(shell("dativo count people.csv", { cwd }).stdout).toBe("3\n");
    expect(shell("dativo count < people.csv", { cwd }).stdout).toBe("3\n");
    expect(shell("dativo count people.csv --where 'id > 1'", { cwd }).stdout).toBe("2\n");
    expect(shell("dativo read people.csv | dativo count", { cwd }).stdout).toBe("3\n");
    expect(shell("dativo count people.csv more.jsonl", { cwd }).stdout).toBe(
      "3  people.csv\n2  more.jsonl\n5  total\n",
    );
    expect(JSON.parse(shell("dativo count people.csv more.jsonl --json", { cwd }).stdout)).toMatchObject({
      records: 5,
    });
  });

  it("is described", () => {
    const cwd = folder();
    expect(shell("dativo schema-of people.csv", { cwd }).stdout.replace(/ +/g, " ").replace(/ $/gm, "")).toBe(
      "id integer\nname string\nborn date nullable\n",
    );
    const { columns, rows } = JSON.parse(shell("dativo stats people.csv --json", { cwd }).stdout);
    expect(rows).toBe(3);
    expect(columns).toEqual([
      { name: "id", type: "integer", count: 3, nulls: 0, distinct: 3, min: 1, max: 3, mean: 2, longest: 1 },
      { name: "name", type: "string", count: 3, nulls: 0, distinct: 3, min: "Ada", max: "Grace", longest: 6 },
      {
        name: "born",
        type: "date",
        count: 3,
        nulls: 1,
        distinct: 2,
        min: "1815-12-10",
        max: "1906-12-09",
        longest: 10,
      },
    ]);
    expect(shell("dativo read people.csv | dativo stats --where 'id > 1'", { cwd }).stdout).toMatch(
      /^id +integer +2 +0 +2 +2 +3 +2\.5 +1$/m,
    );
  });

  it("is shown from its beginning", () => {
    const cwd = folder({ "many.csv": `n\n${Array.from({ length: 50 }, (_, n) => `${n}\n`).join("")}` });
    expect(shell("dativo head many.csv | wc -l", { cwd }).stdout.trim()).toBe("11");
    expect(shell("dativo head - -n 2 < many.csv", { cwd }).stdout).toBe("n\n0\n1\n");
    expect(shell("dativo head people.csv -n 1 --to table", { cwd }).stdout).toContain("Ada");
  });
});

describe("an empty input", () => {
  it.each([
    ["dativo pipe --from jsonl < /dev/null", 0, ""],
    ["dativo pipe --from json < /dev/null", 2, "DTV_JSON"],
    ["dativo pipe < /proc/self/mem", 2, "DTV_SOURCE_UNREADABLE Cannot read standard input: EIO"],
    ["dativo pipe < /dev/null", 2, "DTV_CSV_EMPTY stdin has no header line"],
    ["dativo write lake < /dev/null", 2, "DTV_UPSTREAM_INCOMPLETE Nothing came on standard input"],
    ["dativo write o.csv < /dev/null", 2, "DTV_UPSTREAM_INCOMPLETE Nothing came on standard input"],
    ["dativo write lake --from jsonl < /dev/null", 2, "DTV_UPSTREAM_UNPROVEN"],
    ["dativo write o.jsonl --from jsonl --expect-rows 0 < /dev/null", 0, "o.jsonl: 0 records"],
  ])("%s ends with %d", (script, code, message) => {
    const cwd = folder();
    const end = shell(script, { cwd });
    expect([end.code, end.stdout]).toEqual([code, ""]);
    expect(end.stderr).toContain(message);
    expect(listTree(cwd).filter((path) => path.endsWith(".parquet"))).toEqual([]);
  });

  it.each(["csv", "jsonl", "json", "parquet"])("of columns alone becomes a whole file of %s", (format) => {
    const cwd = folder();
    const script = `dativo read people.csv -n 0 | dativo write o.${format} && dativo count o.${format}`;
    expect(shell(script, { cwd })).toMatchObject({ code: 0, stdout: "0\n" });
  });
});
