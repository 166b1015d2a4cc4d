import { afterAll, expect, it } from "vitest";
import { tempFolder } from "../support/folder.ts";
import { describeNative, nativeLibrary } from "../support/native.ts";
import { deathsBy, SweepFolder, sweep } from "../support/sweep.ts";

const MODES = ["append", "overwrite", "incremental"] as const;
const LAYOUTS = ["flat", "run-dir"] as const;
const ACTIONS = ["kill", "term", "throw", "eio", "enospc", "plugin-exit"];

const CASES = MODES.flatMap((mode) => LAYOUTS.flatMap((layout) => ACTIONS.map((action) => ({ mode, layout, action }))));

/** One line per case, one sign per step. */
const matrix: string[] = [];

describeNative("a run that meets a fault at any of its steps", () => {
  afterAll(() => {
    const steps = deathsBy("kill").map(({ name }) => name);
    console.log([`Steps ${steps[0]} to K28, then ${steps.slice(-3).join(", ")}; x is wrong:`, ...matrix].join("\n"));
  });

  it.each(CASES)("loses and doubles nothing: $action, $mode, $layout", { timeout: 300_000 }, async (one) => {
    const { mode, layout, action } = one;
    // Its process is there to die.
    const plugin = action === "plugin-exit" ? `${nativeLibrary("csv_reader_plugin")}:create_reader` : undefined;
    const folders = [0, 1].map(() => SweepFolder.create(tempFolder(), { mode, layout, plugin }));
    const found = await sweep(await Promise.all(folders), deathsBy(action), { runsOnce: action !== "kill" });
    const signs = deathsBy(action).map(({ name }) => (found[`${action} ${name}`]?.length === 0 ? "." : "x"));
    matrix.push(`${[action, mode, layout].map((word) => word.padEnd(12)).join("")}${signs.join("")}`);
    expect(Object.entries(found).filter(([, faults]) => faults.length > 0)).toEqual([]);
  });
});
