import { describe, expect, it } from "vitest";
import { tempFolder } from "../../support/folder.ts";
import { deathsBy, SweepFolder, sweep } from "../../support/sweep.ts";

/** The full tier tries the other faults and modes. */
describe("a run that is killed", () => {
  it.each(["flat", "run-dir"] as const)(
    "loses and doubles nothing at any step, %s",
    { timeout: 120_000 },
    async (layout) => {
      const folders = [0, 1].map(() => SweepFolder.create(tempFolder(), { mode: "append", layout }));
      const found = await sweep(await Promise.all(folders), deathsBy("kill"), { runsOnce: true });
      expect(Object.keys(found)).toHaveLength(32);
      expect(Object.entries(found).filter(([, faults]) => faults.length > 0)).toEqual([]);
    },
  );
});
