import { describe, expect, it } from "vitest";
import { describeProgress } from "../../../lib/cli/progress-line.ts";

const progress = {
  rowsRead: 42_049,
  rowsWritten: 40_000,
  rejected: 0,
  bytesRead: 2_097_152,
  rowsTotal: undefined,
  bytesTotal: 4_194_304,
  elapsedMs: 1000,
  slowestStage: "write",
};

describe("describeProgress", () => {
  it("says everything where there is room", () => {
    expect(describeProgress(progress)).toBe(
      "42,049 rows · 42,049 rows/s · 2.0 MiB of 4.0 MiB · 0 rejected · 1.0 s left · slowest: write",
    );
  });

  it.each([
    [88, "42,049 rows · 42,049 rows/s · 2.0 MiB of 4.0 MiB · 0 rejected · 1.0 s left"],
    [60, "42,049 rows · 42,049 rows/s · 2.0 MiB of 4.0 MiB"],
    [5, "42,049 rows"],
  ])("leaves parts out to fit %s columns", (columns, line) => {
    expect(describeProgress(progress, columns)).toBe(line);
  });

  it("tells the time left from the records that the reader expects, where bytes say nothing", () => {
    const rows = { ...progress, bytesTotal: undefined, rowsTotal: 84_098 };
    expect(describeProgress(rows)).toContain("1.0 s left");
  });

  it("counts one row as one", () => {
    expect(describeProgress({ ...progress, rowsRead: 1 })).toMatch(/^1 row · /);
  });
});
