import { describe, expect, it } from "vitest";
import { sweepFiles } from "../../support/sweep.ts";

/** The full tier tries the other faults and modes. */
describe("a run that is killed", () => {
  it.each(["flat", "run-dir"] as const)(
    "loses and doubles nothing at any step, %s",
    { timeout: 120_000 },
    async (layout) => {
      const line = await sweepFiles({ action: "kill", mode: "append", layout, idle: false });
      expect(line).toContain(".".repeat(32));
    },
  );
});
