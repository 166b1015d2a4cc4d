import { describe, expect, it } from "vitest";
import { defineAsset } from "../../../lib/contract/asset.ts";
import { INERT_CONTEXT } from "../../../lib/contract/context.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { SkipLoaded, type SkipLoadedOptions } from "../../../transforms/skip-loaded/skip-loaded.ts";

const asset = defineAsset({
  name: "events",
  schema: [
    { name: "id", type: "integer", primaryKey: true },
    { name: "at", type: "date" },
  ],
});

const days = (from: number, to: number): RowBatch => {
  const rows = Array.from({ length: to - from }, (_, i) => ({
    id: from + i,
    at: new Date((from + i) * 86_400_000).toISOString().slice(0, 10),
  }));
  return RowBatch.fromRows(rows, asset.targetSchema());
};

async function skip(init: Partial<SkipLoadedOptions>): Promise<SkipLoaded> {
  const stage = new SkipLoaded({ asset, field: "at", lookbackDays: 5, ...init });
  await stage.open(asset.targetSchema());
  return stage;
}

describe("SkipLoaded", () => {
  it("passes on the very batch of which nothing is left out", async () => {
    const stage = await skip({});
    const batch = days(0, 3);
    expect([...stage.apply(batch)]).toEqual([batch]);
    expect([...stage.apply(batch)][0]).toBe(batch);
  });

  it("remembers what a window holds and no more, however long it runs", async () => {
    const stage = await skip({ limit: 7 });
    for (let day = 0; day < 100; day += 2) expect([...stage.apply(days(day, day + 2))]).toHaveLength(1);
    expect(Object.keys(stage.state().identities)).toHaveLength(6);
  });

  it("ends where more lies in the window than it may remember, and says what to do", async () => {
    const stage = await skip({ limit: 5 });
    const error = { code: "DTV_CURSOR_LIMIT", hint: expect.stringContaining("a smaller lookback_days, or a finer") };
    expect(() => [...stage.apply(days(0, 6))]).toThrow(expect.objectContaining(error));
    const exact = await skip({ limit: 2, lookbackDays: 0 });
    const same = RowBatch.fromRows(
      [1, 2, 3].map((id) => ({ id, at: "2026-01-01" })),
      asset.targetSchema(),
    );
    expect(() => [...exact.apply(same)]).toThrow("have the highest value of 'at'");
  });

  it("ends where the run has no memory for more", async () => {
    const stage = await skip({});
    stage.ctx = { ...INERT_CONTEXT, budget: { tryReserve: () => undefined } };
    expect(() => [...stage.apply(days(0, 1))]).toThrow(expect.objectContaining({ code: "DTV_CURSOR_LIMIT" }));
  });
});
