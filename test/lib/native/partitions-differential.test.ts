import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Receipt } from "../../../lib/job/receipt.ts";
import { dativo, smallJob, writeFiles } from "../../support/cli.ts";
import { tempFolder } from "../../support/folder.ts";
import { describeNative } from "../../support/native.ts";

const COLUMNS = {
  text: { type: "string", values: ["a", "", null, "ü/%", "null", "x".repeat(300)] },
  whole: { type: "integer", values: [0, -1, "9223372036854775807", "-9223372036854775808", null] },
  price: { type: "decimal(12,2)", values: ["0.00", "-0.05", "1.5", "1234567890.12", null] },
  huge: { type: "decimal(38,10)", values: ["0.0000000001", "-9999999999999999999999999999.9999999999", null] },
  flag: { type: "boolean", values: [true, false, null] },
  day: { type: "date", values: ["1970-01-01", "0001-01-01", "9999-12-31", "1969-12-31", "2024-02-29", null] },
  clock: { type: "time", values: ["00:00:00", "23:59:59.999999", "12:30", null] },
  local: { type: "timestamp", values: ["1969-12-31T23:59:59.999999", "0001-01-01T00:00:00", "2024-02-29 12:00", null] },
  zoned: { type: "timestamptz", values: ["2024-01-01T00:30:00+02:00", "1900-02-28T23:59:59Z", null] },
} as const;

const ROWS = 240;

type Column = keyof typeof COLUMNS;

/** What a run puts into each partition: records, and the checksum of every column. */
function partitionsOf(native: "on" | "off", partitioning: readonly Column[], memory: string): Record<string, unknown> {
  const cwd = tempFolder();
  const rows = Array.from({ length: ROWS }, (_, id) => ({
    id,
    ...Object.fromEntries(Object.entries(COLUMNS).map(([name, { values }]) => [name, values[id % values.length]])),
  }));
  writeFiles(cwd, {
    "in.jsonl": rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
    "all.yaml": JSON.stringify({
      name: "all",
      version: "1.0.0",
      schema: [
        { name: "id", type: "integer", required: true },
        ...Object.entries(COLUMNS).map(([name, { type }]) => ({ name, type })),
      ],
    }),
    "job.yaml": smallJob({
      source_connector: "jsonl",
      source: { files: [{ path: "in.jsonl" }] },
      target: { connection: { path: "lake" }, partitioning },
      asset_path: "all.yaml",
    }),
  });
  const args = ["run", "-c", "job.yaml", "--receipt", "r.json", "--memory", memory];
  expect(dativo(args, { cwd, env: { DATIVO_NATIVE: native } })).toMatchObject({ code: 0 });
  expect(dativo(["verify", "r.json", "--full"], { cwd })).toMatchObject({ code: 0 });
  const { files } = JSON.parse(readFileSync(join(cwd, "r.json"), "utf8")) as Receipt;
  return Object.fromEntries(
    files.map(({ path, rows: count, checksums }) => [path.split("/").slice(0, -1).join("/"), { count, checksums }]),
  );
}

describeNative("partitions of the library and of the writer in TypeScript", () => {
  it.each([...Object.keys(COLUMNS).map((name) => [name]), ["text", "flag", "day"]] as Column[][])(
    "have the same names and hold the same: %s %s %s",
    (...partitioning) => {
      const columns = partitioning.filter((name) => name !== undefined);
      const [native, script] = (["on", "off"] as const).map((how) => partitionsOf(how, columns, "256M"));
      expect(native).toEqual(script);
      expect(Object.keys(native ?? {}).length).toBeGreaterThan(2);
    },
  );
});
