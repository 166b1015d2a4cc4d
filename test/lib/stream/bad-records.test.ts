import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import { SourceConfig } from "../../../lib/contract/config.ts";
import type { BaseReader } from "../../../lib/contract/reader.ts";
import { STRICT_REPORT_LIMIT } from "../../../lib/stream/policy.ts";
import { toReadable } from "../../../lib/stream/to-readable.ts";
import { toWritable } from "../../../lib/stream/to-writable.ts";
import { CsvReader } from "../../../readers/csv.ts";
import { JsonlReader } from "../../../readers/jsonl.ts";
import { tempFolder } from "../../support/folder.ts";
import { MemoryWriter, RecordingCommitter, testEnvironment } from "../../support/players.ts";

describe.each([
  ["csv", "a,b\n1,2\n", CsvReader],
  ["jsonl", '{"a":1}\n', JsonlReader],
] as const)("a %s file of hardly anything but bad records", (type, head, Reader) => {
  it("ends a strict run at the limit of the report, and holds no more than it", async () => {
    const path = join(tempFolder(), `bad.${type}`);
    await writeFile(path, head + "bad\n".repeat(300_000));
    const environment = testEnvironment();
    const committer = new RecordingCommitter(new MemoryWriter());
    const reader: BaseReader = new Reader(new SourceConfig({ type, files: [{ path }] }));
    const running = pipeline(toReadable(reader, { environment }), toWritable({ environment, committer }));
    await expect(running).rejects.toThrow("reading stopped there");
    expect(committer.rejects.length).toBeGreaterThanOrEqual(STRICT_REPORT_LIMIT);
    expect(committer.rejects.length).toBeLessThan(STRICT_REPORT_LIMIT + 10_000);
  });
});
