import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, it } from "vitest";
import { SourceConfig } from "../../../lib/contract/config.ts";
import type { Position } from "../../../lib/contract/results.ts";
import { IncrementalStateManager } from "../../../lib/contract/state.ts";
import type { ColumnBatch } from "../../../lib/native/column-batch.ts";
import { findNativeReader } from "../../../lib/native/find-native.ts";
import { liveNativeArrays } from "../../../lib/native/native-rows.ts";
import { tempFolder } from "../../support/folder.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";

const ROWS = 100_000;

async function file(): Promise<string> {
  const path = join(tempFolder(), "rows.parquet");
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(
    `copy (select i::bigint id, 'n' || i word, (i / 4)::double half, date '2020-01-01' + i::int as day
     from range(${ROWS}) t(i)) to '${path}' (row_group_size 10240)`,
  );
  connection.closeSync();
  instance.closeSync();
  return path;
}

async function read(path: string, options: Record<string, unknown>, position?: Position) {
  const { playerClass } = findNativeReader(nativeLibrary("parquet_reader_plugin"), "create_reader");
  const reader = new playerClass(new SourceConfig({ files: [{ path }], engine: { options } }));
  const rows: Record<string, unknown>[] = [];
  const lengths: number[] = [];
  let last: Position | undefined;
  try {
    for await (const each of reader.extract(new IncrementalStateManager(position, {}))) {
      const batch = ("batch" in each ? each.batch : each) as ColumnBatch;
      if ("batch" in each) last = each.position;
      lengths.push(batch.length);
      rows.push(...batch.rows());
      batch.release();
    }
    return { rows, lengths, position: last, estimate: await reader.getTotalRecordsEstimate() };
  } finally {
    await reader.close();
    expect(liveNativeArrays()).toBe(0);
  }
}

describeNative("libparquet_reader_plugin.so:create_reader", () => {
  it("reads the columns that are asked for, in their order, and says where it ended", async () => {
    const path = await file();
    const { rows, lengths, position, estimate } = await read(path, { columns: ["day", "id"], batch_size: 30_000 });
    expect(Object.entries(rows[12_345] ?? {})).toEqual([
      ["day", "2053-10-19"],
      ["id", 12_345],
    ]);
    expect([rows.length, Math.max(...lengths), estimate]).toEqual([ROWS, 30_000, ROWS]);
    expect((await read(path, {}, position)).rows).toEqual([]);
  });

  it("leaves out row groups in which nothing can match", async () => {
    const path = await file();
    const prune = [{ column: "id", op: ">=", value: 95_000 }];
    const { rows } = await read(path, { prune });
    expect(rows.length).toBeLessThan(2 * 10_240);
    expect(rows.filter(({ id }) => (id as number) >= 95_000)).toHaveLength(5_000);
    expect((await read(path, { prune: [{ column: "half", op: "<", value: -1 }] })).rows).toEqual([]);
    expect((await read(path, { prune: [{ column: "word", op: "=", value: "z" }] })).rows).toEqual([]);
  });

  it.each([
    [{ columns: ["nope"] }, "the file has no column 'nope'"],
    [{ colums: [] }, "unknown option 'colums'"],
    [{ batch_size: 0 }, "batch_size is a number of 1 or more"],
    [{ prune: [{ column: "id", op: "~", value: 1 }] }, "is one of =, <, <=, >, >="],
    [{ prune: [{ column: "id", op: "=", value: "x" }] }, 'which "x" is not compared with'],
  ])("refuses %j", async (options, message) => {
    await expect(read(await file(), options)).rejects.toThrow(message);
  });
});
