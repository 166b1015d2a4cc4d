import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { BIN, NODE } from "../support/cli.ts";
import { tempFolder } from "../support/folder.ts";
import { describeNative } from "../support/native.ts";

const script = join(BIN, "..", "..", "bench", "limits.mjs");
const CASES = ["narrow", "large", "slow", "gzip", "partitions", "partitions-csv"];

/** `npm run bench:limits` runs the same at full size. */
describeNative("--memory 256M", () => {
  it.each(CASES)("is more than a run ever has: %s", { timeout: 300_000 }, (name) => {
    const { stdout, stderr } = spawnSync(NODE, [script, name, "--share", "0.1", "--data", tempFolder()], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    const [, peak, held] = /\| (\d+) MiB \| (yes|no) \|\n$/.exec(stdout) ?? [];
    expect([Number(peak) > 50, held]).toEqual([true, "yes"]);
  });
});
