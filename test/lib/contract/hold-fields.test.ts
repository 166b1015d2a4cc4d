import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holdFields } from "../../../lib/contract/hold-fields.ts";
import { Provenance } from "../../../lib/contract/provenance.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { Schema } from "../../../lib/contract/schema.ts";

const FIRST = Schema.lexical(["a", "b", "c"]);

describe("holdFields", () => {
  it("passes batches of the same fields as they are", () => {
    const hold = holdFields(FIRST);
    for (const schema of [FIRST, Schema.lexical(["a", "b", "c"]), FIRST]) {
      const batch = RowBatch.fromRows([{ a: 1 }], schema);
      expect(hold(batch)).toBe(batch);
    }
  });

  it("brings fields into their order, missing ones as null, and knows where records stood", () => {
    const provenance = Provenance.numbered("a.csv", 1);
    const names = fc.shuffledSubarray(["a", "b", "c"]);
    fc.assert(
      fc.property(fc.array(names, { minLength: 1, maxLength: 6 }), (batches) => {
        const hold = holdFields(FIRST);
        for (const fields of batches) {
          const row = Object.fromEntries(fields.map((name) => [name, `${name}!`]));
          const held = RowBatch.from(hold(RowBatch.fromRows([row], Schema.lexical(fields), { provenance })));
          expect(held.schema.names).toEqual(["a", "b", "c"]);
          expect([...held.rows()]).toEqual([{ a: null, b: null, c: null, ...row }]);
          expect(held.provenance).toBe(provenance);
        }
      }),
    );
  });

  it("refuses a field that comes later, again and again", () => {
    const hold = holdFields(FIRST);
    const late = RowBatch.fromRows([{ a: 1, d: 2 }], Schema.lexical(["a", "d"]));
    const refused = expect.objectContaining({
      code: "DTV_SCHEMA_CHANGED",
      culprit: "d",
      hint: expect.stringContaining("--select"),
    });
    expect(() => hold(late)).toThrow(refused);
    expect(() => hold(late)).toThrow(refused);
  });
});
