import { spawnSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { dativo, NODE } from "./support/cli.ts";
import { askDuckDB } from "./support/duckdb.ts";
import { tempFolder, visibleFiles } from "./support/folder.ts";

const root = join(import.meta.dirname, "..");

/** The project as its examples see it, with a lake of its own. */
function checkout(): string {
  const cwd = tempFolder();
  for (const name of ["assets", "examples", "node_modules", "package.json", "dist"])
    symlinkSync(join(root, name), join(cwd, name));
  return cwd;
}

it.each([
  ["zipcodes", 0, "committed 42,049 records"],
  ["airports", 1, "committed 3,364 records, 12 rejected"],
  ["plugins", 0, "committed 406 records"],
])("examples/%s runs, ends with %i and says: %s", (name, code, said) => {
  const cwd = checkout();
  const job = `examples/${name}/job.yaml`;
  expect(dativo(["check", "--config", job], { cwd }).code).toBe(0);
  const done = dativo(["run", "--config", job], { cwd });
  expect([done.code, done.stderr]).toEqual([code, expect.stringContaining(said)]);
  const again = dativo(["run", "--config", job], { cwd });
  expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("nothing new, all of it was loaded before")]);
});

it("examples/plugins writes pages that show every car", () => {
  const cwd = checkout();
  dativo(["run", "--config", "examples/plugins/job.yaml"], { cwd });
  expect(visibleFiles(join(cwd, "lake", "cars"))).toEqual([expect.stringMatching(/^page-0.*\.html$/)]);
});

it("examples/program loads and counts", async () => {
  const cwd = checkout();
  const program = join("examples", "program", "airports-by-state.mjs");
  const { status, stdout, stderr } = spawnSync(NODE, ["--preserve-symlinks-main", program], { cwd, encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("3364 airports are published");
  expect(await askDuckDB(`select count(*) n from read_parquet('${cwd}/lake/airports-by-program/*.parquet')`)).toEqual([
    { n: "3364" },
  ]);
});
