import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { dativo } from "../../support/cli.ts";
import { askDuckDB } from "../../support/duckdb.ts";
import { tempFolder } from "../../support/folder.ts";
import { describeNative } from "../../support/native.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

it("the guide shows the reader that is built", () => {
  const [, code] = /```rust\n([\s\S]*?)```/.exec(read("rust/README.md")) ?? [];
  const [, ...lines] = read("examples/plugins/rust/counting/src/lib.rs").split("\n");
  expect(lines.join("\n")).toBe(code);
  expect(lines.length).toBeLessThan(40);
});

describeNative("a reader in Rust", () => {
  it("runs from a job, and goes on where it stopped", async () => {
    const cwd = tempFolder();
    for (const name of ["examples", "rust"]) symlinkSync(join(root, name), join(cwd, name));
    const job = ["run", "--config", "examples/plugins/rust/job.yaml"];
    const done = dativo(job, { cwd });
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("committed 1,000,000 records")]);
    const sums = `select count(*) n, sum(n) sum from read_parquet('${cwd}/lake/counting/*.parquet')`;
    expect(await askDuckDB(sums)).toEqual([{ n: "1000000", sum: "499999500000" }]);
    expect(dativo(job, { cwd }).stderr).toContain("nothing new");
  });
});
