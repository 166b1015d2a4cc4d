import { afterAll, expect, it } from "vitest";
import { describeNative, nativeLibrary } from "../support/native.ts";
import { sweepFiles } from "../support/sweep.ts";

const MODES = ["append", "overwrite", "incremental"] as const;
const LAYOUTS = ["flat", "run-dir"] as const;
const ACTIONS = ["kill", "term", "throw", "eio", "enospc", "plugin-exit"];

const ALL = MODES.flatMap((mode, m) =>
  LAYOUTS.flatMap((layout, l) =>
    ACTIONS.map((action, a) => ({ mode, layout, action, isPicked: (m + l + a) % 2 === 0 })),
  ),
);
/** Every two of mode, layout and action meet in half of all cases; DATIVO_TEST_SWEEP=all tries the other half, too. */
const CASES = ALL.filter(({ isPicked }) => isPicked || process.env["DATIVO_TEST_SWEEP"] === "all");

const matrix: string[] = [];

describeNative("a run that meets a fault at any of its steps", () => {
  afterAll(() => console.log(matrix.join("\n")));

  /** Sweeps, notes a line of the matrix, and wants a good end after each of so many deaths. */
  async function expectSurvival(how: Parameters<typeof sweepFiles>[0], deaths: number, what: string = how.mode) {
    const line = await sweepFiles(how);
    matrix.push(`${what.padEnd(20)}${how.layout.padEnd(9)}${line}`);
    expect(line).toContain(".".repeat(deaths));
  }

  it.each(CASES)(
    "loses and doubles nothing: $action, $mode, $layout",
    { timeout: 300_000 },
    ({ isPicked: _, ...one }) => {
      const { action } = one;
      // Its process is there to die.
      const plugin = action === "plugin-exit" ? `${nativeLibrary("csv_reader_plugin")}:create_reader` : undefined;
      return expectSurvival({ ...one, plugin, idle: action === "kill" }, 32);
    },
  );

  it.each([
    { mode: "append", layout: "flat" },
    { mode: "append", layout: "run-dir" },
    { mode: "overwrite", layout: "flat" },
  ] as const)("and takes back what is divided by columns: $mode, $layout", { timeout: 300_000 }, (one) =>
    expectSurvival({ ...one, action: "kill", isPartitioned: true, idle: false }, 32, `${one.mode}, divided`),
  );

  it.each([
    { action: "kill", layout: "flat" },
    { action: "kill", layout: "run-dir" },
    { action: "throw", layout: "flat" },
  ] as const)("and goes on behind its last checkpoint: $action, $layout", { timeout: 300_000 }, (one) =>
    expectSurvival({ ...one, mode: "append", hasCheckpoints: true, idle: false }, 54, "checkpoints"),
  );
});
