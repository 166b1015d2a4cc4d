import { join } from "node:path";
import { expect, it } from "vitest";
import { writeFiles } from "../../support/cli.ts";
import { CrashFolder } from "../../support/crash-folder.ts";
import { tempFolder } from "../../support/folder.ts";

const ASSET = {
  name: "events",
  version: "1.0.0",
  schema: [
    { name: "id", type: "integer", required: true, primary_key: true },
    { name: "at", type: "timestamptz", required: true },
  ],
};

function folderOf(lookback: number): CrashFolder {
  const crash = new CrashFolder(join(tempFolder(), "work"), { mode: "append", layout: "flat", files: ["in/*.csv"] });
  const job = {
    tenant_id: "acme",
    source_connector: "csv",
    source: {
      files: [{ path: "in/*.csv" }],
      incremental: { strategy: "updated_at", cursor_field: "at", lookback_days: lookback },
    },
    target_connector: "jsonl",
    target: { connection: { path: "lake" } },
    asset_path: "asset.yaml",
  };
  writeFiles(crash.folder, { "asset.yaml": JSON.stringify(ASSET), "job.yaml": JSON.stringify(job) });
  return crash;
}

/** Ten events a day, each file as a whole export; the last ones of a day have one time. */
function exportOf(count: number): string {
  const lines = Array.from({ length: count }, (_, id) => {
    const day = String(1 + Math.floor(id / 10)).padStart(2, "0");
    return `${id},2026-03-${day}T0${Math.min(id % 10, 7)}:00:00Z`;
  });
  return `id,at\n${lines.join("\n")}\n`;
}

const ids = (crash: CrashFolder): number[] =>
  crash
    .rows()
    .map((row) => (JSON.parse(row) as { id: number }).id)
    .sort((a, b) => a - b);

// K04 before anything is written, K13 after the manifest, K18 after the decision, K19 before the state.
it.each(["K04", "K13", "K18", "K19"].flatMap((point) => [0, 2].map((lookback) => [point, lookback] as const)))(
  "a job with a cursor that is killed at %s, looking back %i days, neither loses nor doubles records",
  { timeout: 60_000 },
  async (point, lookback) => {
    const crash = folderOf(lookback);
    writeFiles(crash.folder, { "in/all.csv": exportOf(19) });
    expect((await crash.run()).code).toBe(0);
    writeFiles(crash.folder, { "in/all.csv": exportOf(29) });
    expect((await crash.run({ faults: `${point}:kill` })).signal).toBe("SIGKILL");
    expect(crash.faultsAlways()).toEqual([]);
    writeFiles(crash.folder, { "in/all.csv": exportOf(39) });
    expect((await crash.run()).code).toBe(0);
    expect(ids(crash)).toEqual(Array.from({ length: 39 }, (_, id) => id));
    writeFiles(crash.folder, { "in/again.csv": exportOf(39) });
    expect((await crash.run()).code).toBe(0);
    expect(ids(crash)).toHaveLength(39);
    expect([...crash.faultsAlways(), ...crash.litter()]).toEqual([]);
  },
);
