import { afterAll, expect, it } from "vitest";
import { describeNative, nativeLibrary } from "../support/native.ts";
import { sweepFiles } from "../support/sweep.ts";

const MODES = ["append", "overwrite", "incremental"] as const;
const LAYOUTS = ["flat", "run-dir"] as const;
const ACTIONS = ["kill", "term", "throw", "eio", "enospc", "plugin-exit"];

const CASES = MODES.flatMap((mode) => LAYOUTS.flatMap((layout) => ACTIONS.map((action) => ({ mode, layout, action }))));

const matrix: string[] = [];

describeNative("a run that meets a fault at any of its steps", () => {
  afterAll(() => console.log(matrix.join("\n")));

  it.each(CASES)("loses and doubles nothing: $action, $mode, $layout", { timeout: 300_000 }, async (one) => {
    const { mode, layout, action } = one;
    // Its process is there to die.
    const plugin = action === "plugin-exit" ? `${nativeLibrary("csv_reader_plugin")}:create_reader` : undefined;
    const line = await sweepFiles({ action, mode, layout, plugin, idle: action === "kill" });
    matrix.push(`${mode.padEnd(20)}${layout.padEnd(9)}${line}`);
    expect(line).toContain(".".repeat(32));
  });

  it.each([
    { mode: "append", layout: "flat" },
    { mode: "append", layout: "run-dir" },
    { mode: "overwrite", layout: "flat" },
  ] as const)(
    "and takes back what is divided by columns: $mode, $layout",
    { timeout: 300_000 },
    async ({ mode, layout }) => {
      const line = await sweepFiles({ action: "kill", mode, layout, isPartitioned: true, idle: false });
      matrix.push(`${`${mode}, divided`.padEnd(20)}${layout.padEnd(9)}${line}`);
      expect(line).toContain(".".repeat(32));
    },
  );

  it.each([
    { action: "kill", layout: "flat" },
    { action: "kill", layout: "run-dir" },
    { action: "throw", layout: "flat" },
  ] as const)(
    "and goes on behind its last checkpoint: $action, $layout",
    { timeout: 300_000 },
    async ({ layout, action }) => {
      const line = await sweepFiles({ action, mode: "append", layout, hasCheckpoints: true, idle: false });
      matrix.push(`${"checkpoints".padEnd(20)}${layout.padEnd(9)}${line}`);
      expect(line).toContain(".".repeat(54));
    },
  );
});
