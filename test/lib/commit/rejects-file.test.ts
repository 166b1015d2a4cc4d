import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { RejectsFile } from "../../../lib/commit/rejects-file.ts";
import type { Reject } from "../../../lib/contract/reject.ts";
import { tempFolder } from "../../support/folder.ts";

describe("RejectsFile", () => {
  it("keeps every reject, however many come at a time, and facts that JSON.stringify refuses", async () => {
    const file = new RejectsFile(join(tempFolder(), "rejects"), { run_id: "r" });
    const reject = (row: number): Reject => ({ source: "a", row, ...{ key: 2n ** 60n }, faults: [] });
    const rejects = Array.from({ length: 1000 }, (_, row) => reject(row));
    await file.append(rejects);
    await file.append([reject(1000)]);
    await file.seal();
    const lines = readFileSync(file.path, "utf8").trimEnd().split("\n");
    expect(lines).toEqual(
      Array.from({ length: 1001 }, (_, row) => `{"source":"a","row":${row},"key":1152921504606846976,"run_id":"r"}`),
    );
    expect(file.count).toBe(1001);
  });
});
