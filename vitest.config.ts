import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: process.env["DATIVO_TEST_TIER"] === "full" ? [] : ["test/full/**"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
