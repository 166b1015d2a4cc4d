import { defineConfig } from "vitest/config";
import { FailedTests } from "./test/support/failed-tests.ts";

// Who looks at the log of CI wants to know what failed, and not what was slow.
const reporters = process.env["CI"] ? ["dot", new FailedTests()] : ["default"];

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: process.env["DATIVO_TEST_TIER"] === "full" ? [] : ["test/full/**"],
    reporters,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
