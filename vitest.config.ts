import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { FailedTests } from "./test/support/failed-tests.ts";

// Who looks at the log of CI wants to know what failed, and not what was slow.
const reporters = process.env["CI"] ? ["dot", new FailedTests()] : ["default"];

/** The slow tests, and no others: who runs them has run the fast ones. */
const isFull = process.env["DATIVO_TEST_TIER"] === "full";

export default defineConfig({
  test: {
    include: [isFull ? "test/full/**/*.test.ts" : "test/**/*.test.ts"],
    exclude: isFull ? [] : ["test/full/**"],
    reporters,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Most of a fast test is a wait for a process that it started. On two cores there would be one worker, and one core idle.
    ...(isFull ? {} : { maxWorkers: Math.max(2, availableParallelism() - 1) }),
  },
});
