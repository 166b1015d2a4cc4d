import fc from "fast-check";
import { expect, it } from "vitest";
import { INERT_CONTEXT } from "../../lib/contract/context.ts";
import { RowBatch } from "../../lib/contract/row-batch.ts";
import { Limit } from "../../transforms/limit.ts";
import { numbered } from "../support/players.ts";

it("passes the first records, counts the others, and says once it has enough", () => {
  fc.assert(
    fc.property(fc.nat({ max: 20 }), fc.array(fc.nat({ max: 8 }), { maxLength: 6 }), (records, sizes) => {
      let filtered = 0;
      let isEnough = false;
      const limit = new Limit(records, () => {
        isEnough = true;
      });
      limit.ctx = {
        ...INERT_CONTEXT,
        filtered: (count) => {
          filtered += count;
        },
      };
      const rows = numbered(
        0,
        sizes.reduce((a, b) => a + b, 0),
      );
      const passed: unknown[] = [];
      let at = 0;
      for (const size of sizes) {
        passed.push(...limit.apply(RowBatch.fromRows(rows.slice(at, at + size))).rows());
        at += size;
        expect(isEnough).toBe(at >= records);
      }
      expect(passed).toEqual(rows.slice(0, records));
      expect(filtered).toBe(rows.length - passed.length);
    }),
  );
});

it("passes a whole batch as it is", () => {
  const batch = RowBatch.fromRows(numbered(0, 3));
  expect(new Limit(3).apply(batch)).toBe(batch);
});
