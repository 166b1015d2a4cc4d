import { describe, expect, it } from "vitest";
import { RecordProgress } from "../../../../lib/contract/files/record-progress.ts";
import { Provenance } from "../../../../lib/contract/provenance.ts";
import { RowBatch } from "../../../../lib/contract/row-batch.ts";

const batchOf = (first: number, rows: readonly number[]): RowBatch => {
  const last = rows.at(-1) ?? first;
  const missing = Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((row) => !rows.includes(row));
  const provenance = Provenance.numbered("a.csv", first, missing);
  return RowBatch.fromRows(
    rows.map((id) => ({ id })),
    undefined,
    { provenance },
  );
};

const reject = (row: number) => ({ source: "a.csv", row, faults: [{ column: null, rule: "type", reason: "bad" }] });
const idsOf = (batch: Iterable<unknown> | undefined) => batch && [...batch].map((row) => (row as { id: number }).id);

describe("RecordProgress", () => {
  it("stands behind the last record that was given out or rejected", () => {
    const progress = new RecordProgress(0);
    progress.take(batchOf(1, [1, 2]));
    expect(progress.cut).toBe(2);
    expect(progress.rejects(reject(3))).toBe(true);
    expect(progress.cut).toBe(3);
    progress.rejects(reject(5));
    progress.take(batchOf(4, [4, 6]));
    progress.rejects(reject(7));
    expect([progress.cut, progress.records]).toEqual([7, 7]);
  });

  it("cannot be cut where a record was rejected that stands behind one which is still to come", () => {
    const progress = new RecordProgress(0);
    progress.take(batchOf(1, [1, 2]));
    progress.rejects(reject(4));
    expect(progress.cut).toBeUndefined();
    progress.take(batchOf(3, [3]));
    expect(progress.cut).toBe(4);
  });

  it("passes over what was loaded before, rejected records too, and gives the rest of a batch", () => {
    const progress = new RecordProgress(4);
    expect(idsOf(progress.take(batchOf(1, [1, 2])))).toBeUndefined();
    expect([progress.rejects(reject(3)), progress.cut]).toEqual([false, 4]);
    expect(idsOf(progress.take(batchOf(4, [4, 5, 6])))).toEqual([5, 6]);
    expect([progress.rejects(reject(7)), progress.cut]).toEqual([true, 7]);
  });

  it("cannot tell where it stands among records without numbers, and passes over none of them", () => {
    const unnumbered = RowBatch.fromRows([{ id: 1 }]);
    const progress = new RecordProgress(0);
    expect(progress.take(unnumbered)).toBe(unnumbered);
    expect(progress.cut).toBeUndefined();
    expect(() => new RecordProgress(1).take(unnumbered)).toThrow("without numbers");
  });
});
