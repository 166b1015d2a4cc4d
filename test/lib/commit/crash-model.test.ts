import { it } from "vitest";
import { tryHistories } from "../../support/crash-model.ts";

/** The full tier tries many more. */
it("whatever happens to a job, its target holds what the model says", { timeout: 120_000 }, () =>
  tryHistories(5, 60_000),
);
