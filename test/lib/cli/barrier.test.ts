import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeFiles } from "../../support/cli.ts";
import { askDuckDB } from "../../support/duckdb.ts";
import { listTree, tempFolder } from "../../support/folder.ts";
import { pidOf, shell, startShell, until } from "../../support/shell.ts";

const ROWS = 60_000;
/** More than two pipes hold, so that whoever writes has to wait for whoever reads. */
const MANY = `id,name\n${Array.from({ length: ROWS }, (_, id) => `${id},name ${id} ${"x".repeat(80)}\n`).join("")}`;
const SCRIPTS = {
  // Long enough to be killed in the middle of it.
  "slow.ts": `let seen = 0;
    export async function map(row) {
      if (++seen % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 30));
      return row;
    }`,
  "throws.ts": `export function map(row) { if (row.id === "50000") throw new Error("no more"); return row; }`,
};
const PEOPLE = JSON.stringify({
  name: "people",
  version: "1.0.0",
  schema: [
    { name: "id", type: "integer" },
    { name: "name", type: "string" },
  ],
});

function folder(): string {
  const cwd = tempFolder();
  writeFiles(cwd, {
    "many.csv": MANY,
    "bad.csv": `${MANY}x,y\n`,
    "few.csv": "id\n1\n2\n3\n",
    "people.yaml": PEOPLE,
    ...SCRIPTS,
  });
  return cwd;
}

/** Files of data, and anything that is half of one. */
const published = (cwd: string): string[] => listTree(cwd).filter((path) => /^out|\.out|\.parquet$/.test(path));

/** True as soon as the writer has begun to stage. */
function isStaging(cwd: string): boolean {
  if (readdirSync(cwd).some((name) => name.startsWith(".out.csv."))) return true;
  return existsSync(join(cwd, "lake")) && listTree(join(cwd, "lake")).some((path) => path.includes("staging"));
}

async function ids(cwd: string): Promise<string[]> {
  const found = await askDuckDB(`select id from '${cwd}/lake/*.parquet' order by id::bigint`);
  return found.map(({ id }) => String(id));
}

describe.each(["lake", "out.csv"])("a pipe into %s of which a process is killed", (target) => {
  it.each([
    ["read", [137, 2, 2]],
    ["map", [141, 137, 2]],
    ["write", [141, 141, 137]],
  ])("publishes nothing: %s", async (victim, codes) => {
    const cwd = folder();
    const run = startShell(
      `stage read read many.csv | stage map map slow.ts | stage write write ${target}; echo "\${PIPESTATUS[@]}"`,
      { cwd },
    );
    let said = "";
    run.stdout?.on("data", (chunk) => {
      said += chunk;
    });
    const pid = await pidOf(victim, cwd);
    await until(() => isStaging(cwd), "the first staged file");
    process.kill(pid, "SIGKILL");
    await until(() => run.exitCode !== null && said, "the end");
    expect(said.trim().split(" ").map(Number)).toEqual(codes);
    // Whom SIGKILL ends tidies nothing up, and what was staged is in no reader's way.
    const left = published(cwd).filter((path) => victim !== "write" || !path.startsWith(".out.csv."));
    expect(left).toEqual([]);
  });
});

describe("a pipe whose upstream fails", () => {
  it.each([
    ["dativo read bad.csv --asset people.yaml | dativo map slow.ts", "2 2 2", "DTV_"],
    ["dativo read many.csv | dativo map throws.ts", "141 2 2", "no more"],
    ["dativo read none.csv | dativo map slow.ts", "2 2 2", "File not found: none.csv"],
  ])("publishes nothing: %s", (upstream, codes, message) => {
    for (const target of ["lake", "out.csv"]) {
      const cwd = folder();
      const script = `${upstream.replace("slow.ts", "")} | dativo write ${target}; echo "\${PIPESTATUS[@]}"`;
      const { stdout, stderr } = shell(script, { cwd });
      expect(stdout.trim().replace(/^0 /, "141 ")).toBe(codes);
      expect(stderr).toContain(message);
      expect(stderr).toContain("DTV_UPSTREAM_INCOMPLETE");
      expect(published(cwd)).toEqual([]);
    }
  });
});

describe("a stream of somebody else", () => {
  const few = ["1", "2", "3"];

  it.each([
    ["cat few.csv | dativo write lake", "DTV_UPSTREAM_UNPROVEN"],
    ["cat few.csv | dativo map | dativo write lake", "DTV_UPSTREAM_UNPROVEN"],
    ["cat few.csv | dativo pipe --to jsonl | dativo write lake", "DTV_UPSTREAM_UNPROVEN"],
    ["cat few.csv | dativo write lake --expect-rows 4", "DTV_UPSTREAM_INCOMPLETE"],
    ["cat few.csv | dativo write lake --expect-rows 4 --accept-eof", "DTV_UPSTREAM_INCOMPLETE"],
    ["cat few.csv | dativo write lake --done-marker '#done'", "DTV_UPSTREAM_INCOMPLETE"],
    ["dativo read few.csv | dativo write lake --done-marker '#done'", "DTV_OPTION_INVALID"],
    ["dativo read few.csv --to parquet | dativo write lake --done-marker '#done'", "DTV_OPTION_INVALID"],
    ["dativo read few.csv --to json | head -c 20 | dativo write lake", "DTV_"],
    ["dativo read few.csv | head -c 700 | dativo write lake --accept-eof", "DTV_UPSTREAM_INCOMPLETE"],
    ["cat few.csv | dativo write out.csv", "DTV_UPSTREAM_UNPROVEN"],
    ["cat few.csv | dativo write out.csv --expect-rows 2", "DTV_UPSTREAM_INCOMPLETE"],
  ])("is refused where nothing proves it: %s", (script, code) => {
    const cwd = folder();
    const end = shell(script, { cwd });
    expect([end.code, end.stderr]).toEqual([2, expect.stringContaining(code)]);
    expect(published(cwd)).toEqual([]);
  });

  it.each([
    ["--accept-eof", "cat few.csv | dativo write lake --accept-eof"],
    ["--expect-rows", "cat few.csv | dativo write lake --expect-rows 3"],
    ["--done-marker", "(cat few.csv; echo '#done') | dativo write lake --done-marker '#done'"],
    ["passed on and accepted", "cat few.csv | dativo map | dativo write lake --accept-eof"],
    ["a document of JSON", `echo '[{"id":1},{"id":2},{"id":3}]' | dativo write lake`],
    ["Parquet", "dativo read few.csv --to parquet | dativo write lake"],
  ])("is published once where something does, and not again: %s", async (_, script) => {
    const cwd = folder();
    expect(shell(script, { cwd })).toMatchObject({ code: 0 });
    expect(await ids(cwd)).toEqual(few);
    const before = listTree(join(cwd, "lake"));
    const again = shell(script, { cwd });
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("nothing new, this very stream")]);
    expect(listTree(join(cwd, "lake"))).toEqual(before);
  });
});

describe("a stream of our own", () => {
  const script = "dativo read many.csv | dativo map | dativo write lake";

  it("brings every record once, however often it is sent", async () => {
    const cwd = folder();
    expect(shell(script, { cwd })).toMatchObject({ code: 0 });
    const wanted = Array.from({ length: ROWS }, (_, id) => String(id));
    expect(await ids(cwd)).toEqual(wanted);
    expect(shell(script, { cwd }).stderr).toContain("nothing new");
    expect(await ids(cwd)).toEqual(wanted);
    expect(shell(`${script} --allow-duplicates`, { cwd }).code).toBe(0);
    expect(await ids(cwd)).toHaveLength(2 * ROWS);
    expect(shell(`${script} --overwrite --allow-duplicates --receipt r.json`, { cwd }).code).toBe(0);
    expect(await ids(cwd)).toEqual(wanted);
  });
});
