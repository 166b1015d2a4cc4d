import { describe, expect, it } from "vitest";
import { tempFolder } from "../../support/folder.ts";
import { deathsBy, type Layout, SweepFolder, sweep } from "../../support/sweep.ts";

/** The full tier tries the other faults and modes. */
describe("a run that is killed", () => {
  it.each(["flat", "run-dir"] as const)(
    "loses and doubles nothing at any step, %s",
    { timeout: 120_000 },
    async (layout: Layout) => {
      const folders = [0, 1].map(() => new SweepFolder(tempFolder(), "append", layout));
      const found = await sweep(folders, deathsBy("kill"));
      expect(Object.keys(found)).toHaveLength(32);
      expect(Object.entries(found).filter(([, faults]) => faults.length > 0)).toEqual([]);
    },
  );
});
