import fc from "fast-check";
import { expect, it } from "vitest";
import { contradictions, events } from "../../support/crash-model.ts";

/** The full tier tries many more. */
it("whatever happens to a job, its target holds what the model says", { timeout: 120_000 }, async () => {
  const holds = fc.asyncProperty(
    events,
    fc.constantFrom("flat" as const, "run-dir" as const),
    async (happening, layout) => {
      expect(await contradictions(happening, layout)).toEqual([]);
    },
  );
  await fc.assert(holds, { numRuns: 5, interruptAfterTimeLimit: 60_000 });
});
