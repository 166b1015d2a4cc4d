import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { StagingStorage } from "../../../../lib/commit/folder/folder-staging.ts";
import { AssetDefinition } from "../../../../lib/contract/asset.ts";
import { TargetConfig } from "../../../../lib/contract/config.ts";
import { INERT_CONTEXT } from "../../../../lib/contract/context.ts";
import type { FileMetadata } from "../../../../lib/contract/results.ts";
import { RowBatch } from "../../../../lib/index.ts";
import { LocalStorage } from "../../../../lib/storage/local.ts";
import { MemoryBudget } from "../../../../lib/stream/budget.ts";
import { JsonlWriter } from "../../../../writers/jsonl.ts";
import { ParquetWriter } from "../../../../writers/parquet.ts";
import { askDuckDB } from "../../../support/duckdb.ts";
import { tempFolder } from "../../../support/folder.ts";

const MIB = 1024 * 1024;

interface Written {
  readonly folder: string;
  readonly files: readonly FileMetadata[];
  readonly mostOpen: number;
  readonly budget: MemoryBudget;
}

/** Writes records of so many partitions, each batch with some of every one, or one partition after the other. */
async function write(
  writerClass: typeof ParquetWriter | typeof JsonlWriter,
  { partitions = 200, rows = 8000, limitBytes = 16 * MIB, isSorted = false },
): Promise<Written> {
  const folder = tempFolder();
  const target = new TargetConfig({ partitioning: ["part"] });
  const writer = new writerClass(AssetDefinition.unchecked("data"), target, folder);
  const budget = new MemoryBudget(limitBytes);
  writer.ctx = { ...INERT_CONTEXT, budget, storage: new StagingStorage(folder, new LocalStorage()) };
  const part = (id: number): number => (isSorted ? Math.floor((id * partitions) / rows) : (id * 7919) % partitions);
  const files: FileMetadata[] = [];
  let mostOpen = 0;
  for (let at = 0; at < rows; at += 500) {
    const batch = Array.from({ length: 500 }, (_, i) => ({
      id: at + i,
      part: part(at + i),
      text: `text of ${at + i}`,
    }));
    files.push(...(await writer.writeBatch(RowBatch.fromRows(batch) as never, 0)));
    mostOpen = Math.max(mostOpen, descriptorsBelow(folder));
  }
  files.push(...(await writer.seal()));
  expect(files.reduce((sum, { recordCount = 0 }) => sum + recordCount, 0)).toBe(rows);
  return { folder, files, mostOpen, budget };
}

function descriptorsBelow(folder: string): number {
  const paths = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(join("/proc/self/fd", fd));
    } catch {
      // The one of the list itself.
      return "";
    }
  });
  return paths.filter((path) => path.startsWith(folder)).length;
}

describe("partitions in any order", () => {
  it.each([ParquetWriter, JsonlWriter])("have a file each, and few descriptors: %o", async (writerClass) => {
    const { files, folder, mostOpen, budget } = await write(writerClass, { limitBytes: 6 * MIB, rows: 80_000 });
    expect(files).toHaveLength(200);
    expect(new Set(files.map(({ path }) => path.split("/").at(-2))).size).toBe(200);
    expect([mostOpen > 0, mostOpen <= 16]).toEqual([true, true]);
    expect(budget.usedBytes).toBe(0);
    if (writerClass === ParquetWriter) {
      const sql = `select count(*) n, count(distinct id) ids, count(distinct part) parts from read_parquet('${folder}/**/*.parquet.staged', hive_partitioning = true)`;
      expect(await askDuckDB(sql)).toEqual([{ n: "80000", ids: "80000", parts: "200" }]);
    }
  });

  it("still have a file each where memory refuses their records, in more row groups", async () => {
    const groups = async (limitBytes: number): Promise<number> => {
      const { files, folder } = await write(ParquetWriter, { limitBytes, rows: 80_000 });
      expect(files).toHaveLength(200);
      const sql = `select count(distinct file_name || row_group_id) n from parquet_metadata('${folder}/**/*.parquet.staged')`;
      return Number((await askDuckDB(sql))[0]?.["n"]);
    };
    expect(await groups(64 * MIB)).toBe(200);
    // Little more than what two hundred open files cost.
    expect(await groups(6 * MIB)).toBeGreaterThan(400);
  });

  it("end the files that are cold where memory refuses even open ones, and lose nothing", async () => {
    const little = { partitions: 100, rows: 10_000, limitBytes: MIB };
    const scattered = await write(JsonlWriter, little);
    expect(scattered.files.length).toBeGreaterThan(150);
    // The cold ones get no record any more.
    const sorted = await write(JsonlWriter, { ...little, isSorted: true });
    expect(sorted.files).toHaveLength(100);
  });
});
