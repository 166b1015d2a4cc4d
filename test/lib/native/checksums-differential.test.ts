import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Receipt } from "../../../lib/job/receipt.ts";
import { dativo, smallJob, writeFiles } from "../../support/cli.ts";
import { tempFolder } from "../../support/folder.ts";
import { describeNative } from "../../support/native.ts";

const ROWS = 5000;

/** Columns of every type that text can become, with values from all over it. */
const COLUMNS: Readonly<Record<string, readonly [type: string, value: (row: number) => string]>> = {
  id: ["integer", (row) => String(row)],
  wide: ["integer", (row) => (BigInt(row) * 1_844_674_407_370_955n - 2n ** 62n).toString()],
  name: ["string", (row) => "näme🦀-of-some-length".slice(0, row % 18) + (row % 7 === 0 ? "" : row)],
  ratio: [
    "double",
    (row) => (row % 50 === 0 ? "NaN" : row % 51 === 0 ? "-0" : String(Math.sin(row) * 10 ** (row % 30))),
  ],
  price: ["decimal(12,2)", (row) => (((row * 7919) % 100_000) / 100 - 300).toFixed(2)],
  long: [
    "decimal(38,9)",
    (row) => `${row % 2 ? "-" : ""}${"9".repeat((row % 29) + 1)}.${String(row).padStart(9, "0")}`,
  ],
  active: ["boolean", (row) => String(row % 3 === 0)],
  born: ["date", (row) => new Date(row * 86_400_000 * 37 - 6e13).toISOString().slice(0, 10)],
  at: ["time", (row) => `${String(row % 24).padStart(2, "0")}:${String(row % 60).padStart(2, "0")}:07.${row % 1000}`],
  seen: ["timestamp", (row) => new Date(row * 1e10).toISOString().slice(0, -1)],
  told: ["timestamptz", (row) => `${new Date(row * 1e9 - 1e12).toISOString().slice(0, -1)}+02:00`],
  raw: ["binary", (row) => Buffer.from(String(row).repeat(row % 5)).toString("base64")],
  tags: ["array", (row) => `"[${row}, ""x""]"`],
};

function sourceText(): string {
  const lines = [Object.keys(COLUMNS).join(",")];
  for (let row = 0; row < ROWS; row++) {
    const cells = Object.values(COLUMNS).map(([, value], i) =>
      i > 0 && (row * 31 + i * 7) % 11 === 0 ? "" : value(row),
    );
    lines.push(cells.join(","));
  }
  return `${lines.join("\n")}\n`;
}

/** What a run says of the columns that it wrote. */
function load(cwd: string, target: string, native: "on" | "off", options: Record<string, unknown> = {}): Receipt {
  const name = `${target}-${native}`;
  const job = { target_connector: target, target: { connection: { path: name }, engine: { options } } };
  writeFiles(cwd, { [`${name}.yaml`]: smallJob(job) });
  const env = { DATIVO_NATIVE: native };
  const done = dativo(["run", "--config", `${name}.yaml`, "--receipt", `${name}.json`], { cwd, env });
  expect([done.code, done.stderr.includes("error")]).toEqual([0, false]);
  return JSON.parse(readFileSync(join(cwd, `${name}.json`), "utf8")) as Receipt;
}

describeNative("checksums", () => {
  it("are the same from Rust and from TypeScript, of every format and of any number of files", () => {
    const cwd = tempFolder();
    const schema = Object.entries(COLUMNS).map(([name, [type]]) => ({ name, type }));
    const asset = { name: "people", version: "1.0.0", source_type: "csv", object: "people", schema };
    writeFiles(cwd, { "people.csv": sourceText(), "people.yaml": JSON.stringify(asset) });
    const native = load(cwd, "parquet", "on", { target_size_mb: 0.1 });
    const others = [
      load(cwd, "parquet", "off"),
      load(cwd, "csv", "on"),
      load(cwd, "jsonl", "off", { non_finite: "string" }),
    ];
    expect(native.files.length).toBeGreaterThan(1);
    for (const receipt of others) expect(receipt.checksums).toEqual(native.checksums);
    expect(native.checksums?.map(({ name, type }) => [name, type])).toEqual(
      schema.map(({ name, type }) => [name, type === "array" ? undefined : type]),
    );
    for (const { name, values, nulls, sum } of native.checksums ?? []) {
      expect([name, values + nulls]).toEqual([name, ROWS]);
      expect([name, nulls === 0]).toEqual([name, name === "id"]);
      expect([name, sum === undefined]).toEqual([name, name === "tags"]);
    }
  });
});
