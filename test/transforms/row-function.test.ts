import { describe, expect, it } from "vitest";
import { INERT_CONTEXT } from "../../lib/contract/context.ts";
import { RowBatch } from "../../lib/contract/row-batch.ts";
import { MapRows, type RowFunction } from "../../transforms/row-function.ts";

const ROWS = [{ id: 1 }, { id: 2 }, { id: 3 }];

async function apply(map: RowFunction) {
  let filtered = 0;
  const transform = new MapRows("clean.ts", map);
  transform.ctx = {
    ...INERT_CONTEXT,
    filtered: (count) => {
      filtered += count;
    },
  };
  const batch = await transform.apply(RowBatch.fromRows(ROWS));
  return { rows: batch && [...batch.rows()], filtered };
}

describe("MapRows", () => {
  it.each<[string, RowFunction, unknown[] | undefined, number]>([
    ["changes records", ({ id }) => ({ id, twice: Number(id) * 2 }), ROWS.map(({ id }) => ({ id, twice: id * 2 })), 0],
    ["waits for promises, in order", async ({ id }) => ({ id }), ROWS, 0],
    ["leaves out null", ({ id }) => (id === 2 ? null : { id }), [{ id: 1 }, { id: 3 }], 1],
    ["leaves out nothing at all", () => undefined, undefined, 3],
    ["leaves out an empty list", ({ id }) => (id === 1 ? [] : { id }), [{ id: 2 }, { id: 3 }], 1],
    ["makes several of one", ({ id }) => (id === 1 ? [{ id }, { id: 10 }] : null), [{ id: 1 }, { id: 10 }], 2],
  ])("%s", async (_, map, rows, filtered) => {
    expect(await apply(map)).toEqual({ rows, filtered });
  });

  it.each<[unknown, string]>([
    [7, "7"],
    ["x", '"x"'],
    [[7], "7"],
    [[[]], "an array"],
  ])("refuses %j in place of a record", async (result, what) => {
    await expect(apply(() => result as never)).rejects.toMatchObject({
      code: "DTV_PLUGIN_RESULT",
      culprit: "clean.ts",
      message: `clean.ts returned ${what} in place of a record`,
    });
  });

  it("makes lists of any length", async () => {
    const many = Array.from({ length: 300_000 }, (_, id) => ({ id }));
    expect((await apply(({ id }) => (id === 1 ? many : null))).rows).toHaveLength(300_000);
  });

  it("passes on what the function throws", async () => {
    const apply3 = apply(() => {
      throw new TypeError("no city");
    });
    await expect(apply3).rejects.toThrow("no city");
  });
});
