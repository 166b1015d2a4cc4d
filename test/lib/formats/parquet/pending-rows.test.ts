import { expect, test } from "vitest";
import { RowBatch } from "../../../../lib/contract/row-batch.ts";
import { Schema } from "../../../../lib/contract/schema.ts";
import { PendingRows } from "../../../../lib/formats/parquet/encode/pending-rows.ts";

const SCHEMA = new Schema([{ name: "n", type: { kind: "integer" }, nullable: false }]);

function batchOf(...cells: number[]): RowBatch {
  return RowBatch.fromColumns(SCHEMA, [cells], cells.length);
}

test("records are taken in order, and counted with the memory of their batches", () => {
  const pending = new PendingRows();
  const [first, second] = [batchOf(1, 2, 3), batchOf(4, 5)];
  pending.add(first);
  pending.add(batchOf());
  pending.add(second);
  expect([pending.rows, pending.sizeBytes]).toEqual([5, first.sizeBytes + second.sizeBytes]);
  expect(pending.take(2)).toEqual([{ batch: first, start: 0, end: 2, firstRow: 1 }]);
  expect([pending.rows, pending.sizeBytes]).toEqual([3, first.sizeBytes + second.sizeBytes]);
  expect(pending.take(2)).toEqual([
    { batch: first, start: 2, end: 3, firstRow: 1 },
    { batch: second, start: 0, end: 1, firstRow: 4 },
  ]);
  expect([pending.rows, pending.sizeBytes]).toEqual([1, second.sizeBytes]);
  expect(pending.take(1)).toEqual([{ batch: second, start: 1, end: 2, firstRow: 4 }]);
  expect([pending.rows, pending.sizeBytes]).toEqual([0, 0]);
});
