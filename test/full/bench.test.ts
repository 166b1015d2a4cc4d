import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { BIN, NODE } from "../support/cli.ts";
import { describeNative } from "../support/native.ts";
import { findPythonReaders, type PythonReaders } from "./parquet/python-readers.ts";

const script = join(BIN, "..", "..", "bench", "run.mjs");
const ROWS = 3000;
const folder = mkdtempSync(join(tmpdir(), "dativo-bench-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Entry {
  readonly label: string;
  readonly rows: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly sizeBytes: number;
}

interface Result {
  readonly name: string;
  readonly entries: readonly Entry[];
  readonly ratios: readonly { readonly what: string; readonly value: number }[];
}

function bench(suites: string) {
  const places = ["--data", join(folder, "data"), "--out", join(folder, "results")];
  const words = ["--only", suites, "--rows", `${ROWS}`, "--rounds", "1", "--json", ...places];
  return spawnSync(NODE, [script, ...words], { encoding: "utf8", timeout: 900_000 });
}

/** Nothing is said about how long anything took: that it was measured, and that the measured have done their work. */
describeNative("the benchmark", () => {
  let results: Result[];
  // Where those can be installed, the peers can.
  let python: PythonReaders;
  beforeEach(({ skip }) => {
    if ("reason" in python) skip(python.reason);
  });
  beforeAll(async () => {
    python = await findPythonReaders();
    if ("reason" in python) return;
    const { status, stdout, stderr } = bench("mixed,wide,lineitem,baseline,scale");
    expect(status, stderr).toBe(0);
    results = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Result);
  }, 1_000_000);

  it("measures everybody in every suite", () => {
    expect(results.map(({ name, entries }) => [name, entries.length])).toEqual([
      ["mixed", 7],
      ["wide", 5],
      ["lineitem", 5],
      ["baseline", 2],
      ["scale", 2],
    ]);
    for (const { entries, ratios } of results) {
      for (const { rows, wallSeconds, cpuSeconds, peakBytes, sizeBytes } of entries) {
        for (const value of [rows, wallSeconds, cpuSeconds, sizeBytes]) expect(value).toBeGreaterThan(0);
        expect(peakBytes).toBeGreaterThan(1024 * 1024);
      }
      for (const { value } of ratios) expect(Number.isFinite(value)).toBe(true);
    }
  });

  it("keeps results as JSON and as tables", () => {
    for (const result of results) {
      expect(JSON.parse(readFileSync(join(folder, "results", `${result.name}.json`), "utf8"))).toEqual(result);
      const page = readFileSync(join(folder, "results", `${result.name}.md`), "utf8");
      for (const { label } of result.entries) expect(page).toContain(`| ${label} |`);
      for (const { what } of result.ratios) expect(page).toContain(`| ${what} |`);
    }
  });

  it("makes the same data of the same seed", () => {
    const data = join(folder, "data", `mixed-${ROWS}-seed-1`, "data.csv");
    const before = readFileSync(data, "utf8");
    rmSync(join(data, "..", "facts.json"));
    expect(bench("baseline").status).toBe(0);
    expect(readFileSync(data, "utf8")).toBe(before);
  }, 1_000_000);

  it("ends with an error when a value is not what the data says", () => {
    const data = join(folder, "data", `mixed-${ROWS}-seed-1`, "data.csv");
    const text = readFileSync(data, "utf8");
    writeFileSync(data, text.replace("\n7,", "\n8,"));
    const { status, stderr } = bench("mixed");
    writeFileSync(data, text);
    expect(stderr).toContain("Dativo, contract on wrote other values into column id");
    expect(status).toBe(1);
  }, 1_000_000);
});
