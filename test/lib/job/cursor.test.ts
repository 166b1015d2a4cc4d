import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Receipt } from "../../../lib/job/receipt.ts";
import { CursorFolder } from "../../support/cursor-folder.ts";
import { tellDuckDB } from "../../support/duckdb.ts";

const HEADER = "id,at,text";
const sums = ({ counts, source }: Receipt): unknown => ({
  written: counts.written,
  filtered: counts.filtered,
  older: source.cursor?.older,
  loadedBefore: source.cursor?.loadedBefore,
});

// The reader holds the contract in native code, or the check does in JavaScript.
describe.each(["on", "off"])("reading by a cursor, native code %s", (native) => {
  beforeEach(() => void vi.stubEnv("DATIVO_NATIVE", native));
  afterEach(() => void vi.unstubAllEnvs());

  it("loads what a daily export under one name has that is new", async () => {
    const job = new CursorFolder();
    job.put("day.csv", HEADER, "1,2026-03-01 10:00,a", "2,2026-03-02 10:00,b");
    expect(sums(await job.run())).toEqual({ written: 2, filtered: 0, older: 0, loadedBefore: 0 });
    job.put("day.csv", HEADER, "1,2026-03-01 10:00,a", "2,2026-03-02 10:00,b", "3,2026-03-03 10:00,c");
    const second = await job.run();
    expect(sums(second)).toEqual({ written: 1, filtered: 2, older: 1, loadedBefore: 1 });
    expect(second.warnings).toEqual([]);
    expect(job.loaded()).toEqual(["1", "2", "3"]);
    expect((await job.run()).status).toBe("unchanged");
  });

  it("neither loses nor doubles records of the highest value", async () => {
    const job = new CursorFolder();
    job.put("a.csv", HEADER, "1,2026-03-01 10:00,a", "2,2026-03-01 10:00,b");
    await job.run();
    job.put("a.csv", HEADER, "2,2026-03-01 10:00,b", "3,2026-03-01 10:00,c", "1,2026-03-01 10:00,a");
    expect(sums(await job.run())).toMatchObject({ written: 1, loadedBefore: 2 });
    job.put("a.csv", HEADER, "4,2026-03-01 10:00,d", "3,2026-03-01 10:00,c", "1,2026-03-01 10:00,a");
    await job.run();
    expect(job.loaded()).toEqual(["1", "2", "3", "4"]);
  });

  it("counts equal records where the whole record is the identity", async () => {
    const job = new CursorFolder({
      fields: [
        ["at", "timestamp"],
        ["text", "string"],
      ],
    });
    const line = "2026-03-01 10:00,hit";
    job.put("log.csv", "at,text", line, line);
    await job.run();
    job.put("log.csv", "at,text", line, line, line);
    expect(sums(await job.run())).toMatchObject({ written: 1, loadedBefore: 2 });
    job.put("log.csv", "at,text", line, line, line, "2026-03-01 10:00,miss");
    job.put("other.csv", "at,text", line, line);
    expect(sums(await job.run())).toMatchObject({ written: 1, loadedBefore: 5 });
    expect(job.loaded("text")).toEqual(["hit", "hit", "hit", "miss"]);
  });

  it("lets a contract gain a field that its records do not have yet", async () => {
    const fields = [
      ["at", "timestamp"],
      ["text", "string"],
    ];
    const job = new CursorFolder({ fields });
    job.put("log.csv", "at,text", "2026-03-01 10:00,hit");
    await job.run();
    job.write({ fields: [["more", "string"], ...fields] });
    job.put("log.csv", "at,text,more", "2026-03-01 10:00,hit,", "2026-03-01 10:00,hit,x");
    expect(sums(await job.run())).toMatchObject({ written: 1, loadedBefore: 1 });
  });

  it("loads overlapping exports under new names once", async () => {
    const job = new CursorFolder({ incremental: { strategy: "created", cursor_field: "at", lookback_days: 3 } });
    const days = [1, 2, 3, 4, 5, 6, 7].map((day) => `${day},2026-03-0${day} 12:00,x`);
    for (const last of [3, 4, 6, 7]) {
      job.put(`to-${last}.csv`, HEADER, ...days.slice(Math.max(0, last - 4), last));
      await job.run();
    }
    expect(job.loaded()).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
  });

  it("loads late records within the look-back, and says when there are older ones", async () => {
    const job = new CursorFolder({ incremental: { strategy: "updated_at", cursor_field: "at", lookback_days: 2 } });
    job.put("a.csv", HEADER, "1,2026-03-10 00:00,a", "2,2026-03-09 00:00,b", "3,2026-03-01 00:00,c");
    await job.run();
    job.put("b.csv", HEADER, "4,2026-03-08 00:00,d", "2,2026-03-09 00:00,b", "5,2026-03-07 23:59:59.999999,e");
    const receipt = await job.run();
    expect(sums(receipt)).toEqual({ written: 1, filtered: 2, older: 1, loadedBefore: 1 });
    expect(receipt.source.cursor).toMatchObject({ from: "2026-03-08T00:00:00.000000", late: 1 });
    expect(receipt.warnings).toEqual([expect.stringContaining("lookback_days: 3 would reach the oldest")]);
    expect(job.loaded()).toEqual(["1", "2", "3", "4"]);
  });

  it("reaches back no further than it remembers when the look-back grows", async () => {
    const incremental = { strategy: "updated_at", cursor_field: "at" };
    const job = new CursorFolder({ incremental });
    job.put("a.csv", HEADER, "1,2026-03-10 00:00,a", "2,2026-03-09 00:00,b");
    await job.run();
    job.write({ incremental: { ...incremental, lookback_days: 5 } });
    job.put("a.csv", HEADER, "1,2026-03-10 00:00,a", "2,2026-03-09 00:00,b", "3,2026-03-11 00:00,c");
    expect((await job.run()).source.cursor).toMatchObject({ from: "2026-03-10T00:00:00.000000", loadedBefore: 1 });
    job.put("a.csv", HEADER, "1,2026-03-10 00:00,a", "3,2026-03-11 00:00,c", "4,2026-03-10 00:00,late");
    await job.run();
    expect(job.loaded()).toEqual(["1", "2", "3", "4"]);
    job.write({ incremental });
    job.put("b.csv", HEADER, "3,2026-03-11 00:00,c", "5,2026-03-11 00:00,e", "6,2026-03-10 00:00,f");
    await job.run();
    expect(job.loaded()).toEqual(["1", "2", "3", "4", "5"]);
  });

  it("compares times as times, whatever their zone, across a change of clocks", async () => {
    const job = new CursorFolder({
      fields: [
        ["id", "integer", "key"],
        ["at", "timestamptz"],
      ],
    });
    // Clocks in Berlin went back at 01:00 UTC: 02:30 came twice.
    job.put("a.csv", "id,at", "1,2025-10-26T02:30:00+02:00", "2,2025-10-26T02:30:00+01:00");
    expect((await job.run()).source.cursor?.high).toBe("2025-10-26T01:30:00.000000Z");
    job.put(
      "a.csv",
      "id,at",
      "1,2025-10-26T02:30:00+02:00",
      "2,2025-10-25T18:30:00-07:00",
      "3,2025-10-26T02:30:00.000001+01:00",
      "4,2025-10-26T02:59:00+02:00",
    );
    expect(sums(await job.run())).toEqual({ written: 1, filtered: 3, older: 2, loadedBefore: 1 });
    expect(job.loaded()).toEqual(["1", "2", "3"]);
  });

  it.each([
    ["integer", ["9007199254740992", "9007199254740993"], ["9007199254740994"], ["9007199254740991"]],
    ["integer", ["9", "10"], ["11", "100"], ["2", "-3"]],
    ["decimal(38,9)", ["9007199254740993.000000001", "1"], ["9007199254740993.000000002"], ["9007199254740993.0"]],
    ["date", ["2026-01-09", "2026-01-10"], ["2026-01-11"], ["2025-12-31"]],
    ["string", ["b", "ba"], ["bb", "é"], ["B", "a"]],
    ["double", ["1.5", "-2"], ["1.5000000000000002", "1e300"], ["1.4999999999999998"]],
  ])("orders values of type %s: after %j come %j, and not %j", async (type, first, after, before) => {
    const job = new CursorFolder({
      fields: [
        ["id", "integer", "key"],
        ["at", type],
      ],
    });
    const lines = [...first, ...before, ...after].map((value, id) => `${id},${value}`);
    job.put("a.csv", "id,at", ...lines.slice(0, first.length));
    await job.run();
    job.put("a.csv", "id,at", ...lines);
    const receipt = await job.run();
    expect(sums(receipt)).toEqual({
      written: after.length,
      filtered: first.length + before.length,
      older: first.length - 1 + before.length,
      loadedBefore: 1,
    });
    // The state says the highest value exactly: a third run finds nothing.
    job.put("a.csv", "id,at", ...lines.toReversed());
    expect((await job.run()).counts.written).toBe(0);
  });

  it.each([
    ["timestamp", ""],
    ["double", "NaN"],
    ["double", "inf"],
  ])("rejects a record of type %s whose cursor is '%s'", async (type, value) => {
    const fields = [
      ["id", "integer", "key"],
      ["at", type],
      ["text", "string"],
    ];
    const good = type === "double" ? "7" : "2026-03-01 10:00";
    const job = new CursorFolder({ fields, job: { schema_validation_mode: "warn" } });
    job.put("a.csv", HEADER, `1,${good},a`, `2,${value},b`, `3,${good},c`);
    const receipt = await job.run();
    expect(receipt.counts).toMatchObject({ read: 3, written: 2, rejected: 1, filtered: 0 });
    const [line = ""] = readFileSync(receipt.rejects.path as string, "utf8").split("\n");
    expect(JSON.parse(line)).toMatchObject({ row: 2, column: "at", rule: "cursor" });
    expect(job.loaded()).toEqual(["1", "3"]);
    job.write({ fields });
    job.put("b.csv", HEADER, `4,${value},d`);
    await expect(job.run()).rejects.toMatchObject({ code: "DTV_CONTRACT_VIOLATED" });
    expect(job.loaded()).toEqual(["1", "3"]);
  });

  it("begins anew with a full refresh, and goes on from there", async () => {
    const job = new CursorFolder();
    job.put("a.csv", HEADER, "1,2026-03-01 10:00,a", "2,2026-03-02 10:00,b");
    await job.run();
    job.put("a.csv", HEADER, "1,2026-03-01 10:00,a", "0,2026-02-01 10:00,z");
    const refresh = await job.run({ fullRefresh: true });
    expect(refresh.source.cursor).toMatchObject({ high: "2026-03-01T10:00:00.000000", older: 0 });
    expect(job.loaded()).toEqual(["0", "1"]);
    job.put("a.csv", HEADER, "1,2026-03-01 10:00,a", "0,2026-02-01 10:00,z", "2,2026-03-01 18:00,c");
    await job.run();
    expect(job.loaded()).toEqual(["0", "1", "2"]);
  });

  it.each([
    ["another field", { incremental: { strategy: "updated_at", cursor_field: "id" } }],
    [
      "another key",
      {
        fields: [
          ["id", "string", "key"],
          ["at", "timestamp"],
          ["text", "string"],
        ],
      },
    ],
    [
      "another type",
      {
        fields: [
          ["id", "integer", "key"],
          ["at", "timestamptz"],
          ["text", "string"],
        ],
      },
    ],
  ])("refuses to go on with %s", async (_, other) => {
    const job = new CursorFolder();
    job.put("a.csv", HEADER, "1,2026-03-01T10:00:00Z,a");
    await job.run();
    job.write(other);
    await expect(job.run()).rejects.toMatchObject({ code: "DTV_CURSOR_CHANGED" });
    expect((await job.run({ fullRefresh: true })).counts.written).toBe(1);
    expect((await job.run()).status).toBe("unchanged");
  });

  it("refuses to go on from what was loaded without a cursor, before it had one and after it", async () => {
    const incremental = { strategy: "file_modified_time" };
    const job = new CursorFolder({ incremental });
    job.put("a.csv", HEADER, "1,2026-03-01 10:00,a");
    await job.run();
    job.write({});
    await expect(job.run()).rejects.toMatchObject({ code: "DTV_CURSOR_CHANGED" });
    await job.run({ fullRefresh: true });
    job.write({ incremental });
    job.put("b.csv", HEADER, "2,2026-03-05 10:00,a");
    await job.run();
    job.write({});
    await expect(job.run()).rejects.toMatchObject({ code: "DTV_CURSOR_CHANGED" });
  });
});

describe("a cursor over other formats", () => {
  it("reads JSON Lines", async () => {
    const job = new CursorFolder({ job: { source_connector: "jsonl" } });
    const line = (id: number, at: string | null): string => JSON.stringify({ id, at, text: "x" });
    job.put("a.jsonl", line(1, "2026-03-01T10:00:00"), line(2, "2026-03-02T10:00:00"));
    await job.run();
    job.put("a.jsonl", line(1, "2026-03-01T10:00:00"), line(2, "2026-03-02T10:00:00"), line(3, "2026-03-02T10:00:00"));
    expect(sums(await job.run())).toEqual({ written: 1, filtered: 2, older: 1, loadedBefore: 1 });
  });

  it("reads Parquet", async () => {
    const job = new CursorFolder({ job: { source_connector: "parquet" } });
    const write = (ids: string): Promise<unknown> =>
      tellDuckDB(
        `copy (select id, timestamp '2026-03-01' + to_days(id::int) as at, 'x' as text from (select unnest([${ids}])::bigint as id)) to '${job.folder}/in/a.parquet'`,
      );
    job.put("none");
    rmSync(join(job.folder, "in", "none"));
    await write("1, 2");
    await job.run();
    await write("1, 2, 3, 0");
    expect(sums(await job.run())).toEqual({ written: 1, filtered: 3, older: 2, loadedBefore: 1 });
    expect(job.loaded()).toEqual(["1", "2", "3"]);
  });
});

describe("a look-back over files", () => {
  const forged = async (lookback: number): Promise<Receipt> => {
    const job = new CursorFolder({ incremental: { strategy: "file_modified_time", lookback_days: lookback } });
    job.put("a.csv", HEADER, "1,2026-03-01 10:00,a");
    job.date("a.csv", 1_700_000_000);
    await job.run();
    job.put("a.csv", HEADER, "2,2026-03-01 10:00,a");
    job.date("a.csv", 1_700_000_000);
    return job.run();
  };

  it("looks at files by their content that size and time say nothing new of", async () => {
    expect((await forged(0)).status).toBe("unchanged");
    await expect(forged(1)).rejects.toMatchObject({ code: "DTV_SOURCE_CHANGED" });
  });
});
