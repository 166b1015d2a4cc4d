import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { CURSOR_KEY, type CursorState } from "../../../lib/contract/cursor-state.ts";
import { liveNativeArrays } from "../../../lib/native/native-rows.ts";
import { CursorFolder } from "../../support/cursor-folder.ts";
import { askDuckDB } from "../../support/duckdb.ts";
import { describeNative } from "../../support/native.ts";

afterEach(() => void vi.unstubAllEnvs());

const FIELDS = [
  ["id", "integer"],
  ["at", "timestamptz"],
  ["amount", "decimal(12,2)"],
  ["text", "string"],
];
const HEADER = "id,at,amount,text";

/** One record a minute. */
const rows = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => {
    const id = from + index;
    const at = new Date(Date.UTC(2026, 0, 1) + id * 60_000).toISOString();
    return `${id},${at},${id % 97}.5,${id % 7 === 0 ? "" : `text ${id}`}`;
  });

async function folderOf(native: string): Promise<CursorFolder> {
  vi.stubEnv("DATIVO_NATIVE", native);
  const job = new CursorFolder({
    fields: FIELDS,
    incremental: { strategy: "updated_at", cursor_field: "at", lookback_days: 1 },
    job: { target_connector: "parquet", source: { engine: { options: { batch_size: 700 } } } },
  });
  job.put("all.csv", HEADER, ...rows(0, 6000));
  expect((await job.run()).counts).toMatchObject({ written: 6000, filtered: 0 });
  job.put("all.csv", HEADER, ...rows(0, 9000));
  // Within the look-back, and before records that this run finds.
  job.put("late.csv", HEADER, ...rows(5500, 6100).reverse(), ...rows(4000, 4001).map((row) => row.replace(/^4/, "99")));
  expect((await job.run()).source.cursor).toMatchObject({
    loadedBefore: 1440 + 1 + 500,
    older: 6000 - 1441 + 1,
    late: 1,
  });
  return job;
}

function cursorStateOf({ folder }: CursorFolder): CursorState {
  const states = join(folder, "state", "acme");
  const [name = ""] = readdirSync(states).filter((each) => each.endsWith(".state.json"));
  return JSON.parse(readFileSync(join(states, name), "utf8")).values[CURSOR_KEY];
}

function hashesOf({ identities }: CursorState): string[] {
  const hex = Object.values(identities).map((text) => Buffer.from(text, "base64").toString("hex"));
  return hex.flatMap((text) => text.match(/.{32}/g) ?? []);
}

describeNative("a cursor over columns in native memory", () => {
  it("remembers what a cursor over rows does, within the window", { timeout: 60_000 }, async () => {
    const job = await folderOf("on");
    const { identities: _, ...place } = cursorStateOf(job);
    const other = cursorStateOf(await folderOf("off"));
    expect(other).toMatchObject(place);
    // Rows are identified when they come, so that the day on which the window begins may be there as a whole.
    const known = new Set(hashesOf(other));
    const hashes = hashesOf(cursorStateOf(job));
    expect(new Set(hashes).size).toBe(1441);
    expect(hashes.filter((hash) => !known.has(hash))).toEqual([]);
    const lake = `read_parquet('${job.folder}/lake/*.parquet')`;
    // Without a key nothing says that two files have the same records: those of one run are all loaded.
    expect(await askDuckDB(`select count(*) as n, count(distinct id) as ids from ${lake}`)).toEqual([
      { n: "9100", ids: "9000" },
    ]);
    expect(liveNativeArrays()).toBe(0);
  });

  it("gives back what waits when a run fails", async () => {
    vi.stubEnv("DATIVO_NATIVE", "on");
    const incremental = { strategy: "updated_at", cursor_field: "at", lookback_days: 30 };
    const job = new CursorFolder({ fields: FIELDS, incremental, job: { target_connector: "parquet" } });
    job.put("all.csv", HEADER, ...rows(0, 3000), "x,2026-01-05,1,broken");
    await expect(job.run()).rejects.toMatchObject({ code: "DTV_CONTRACT_VIOLATED" });
    expect(liveNativeArrays()).toBe(0);
  });
});
