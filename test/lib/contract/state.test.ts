import { describe, expect, it } from "vitest";
import { StagedValues } from "../../../lib/contract/staged-values.ts";
import { IncrementalStateManager } from "../../../lib/contract/state.ts";

describe("IncrementalStateManager", () => {
  it("works on a copy of what was committed, whether or not it is set again", () => {
    const committed = { seen: { ids: [1] }, other: { a: 1 } };
    const state = new IncrementalStateManager(7, committed);
    (state.get("seen") as { ids: number[] }).ids.push(2);
    state.set("cursor", 3);
    expect(state.position).toBe(7);
    expect(state.values()).toEqual({ seen: { ids: [1, 2] }, other: { a: 1 }, cursor: 3 });
    expect(committed).toEqual({ seen: { ids: [1] }, other: { a: 1 } });
  });

  it("gives the next split what the last one noted, and keeps what it does to it out of earlier checkpoints", () => {
    const staged = new StagedValues({ seen: [1] });
    const first = new IncrementalStateManager(undefined, staged);
    (first.get("seen") as number[]).push(2);
    first.updateFileState("a", "2024-01-01T00:00:00Z", "files");
    const checkpoint = staged.snapshot();
    const second = new IncrementalStateManager(undefined, staged);
    (second.get("seen") as number[]).push(3);
    second.updateFileState("b", "2024-01-01T00:00:00Z", "files");
    second.updateFileState("a", "2024-01-02T00:00:00Z", "files");
    const entry = (file_id: string, day: number) => ({ last_modified: `2024-01-0${day}T00:00:00Z`, file_id });
    expect(checkpoint()).toEqual({ seen: [1, 2], files: { file_a: entry("a", 1) } });
    expect(second.values()).toEqual({ seen: [1, 2, 3], files: { file_a: entry("a", 2), file_b: entry("b", 1) } });
  });

  it("holds what is written by path and what is noted of single files together", () => {
    const state = new IncrementalStateManager();
    state.writeState("s", { cursor: 1 });
    state.updateFileState("__proto__", "2024-01-02T00:00:00Z", "s");
    const read = state.readState("s");
    read["cursor"] = 2;
    expect(Object.keys(state.readState("s"))).toEqual(["cursor", "file___proto__"]);
    expect(state.readState("s")["cursor"]).toBe(1);
    expect(state.get("s")).toEqual(state.readState("s"));
    expect(state.shouldSkipFile("__proto__", "2024-01-02T00:00:00.000Z", "s")).toBe(true);
    expect(state.shouldSkipFile("__proto__", "2024-01-02T00:00:00Z", "s", 1)).toBe(false);
    expect(state.shouldSkipFile("toString", "2024-01-02T00:00:00Z", "s")).toBe(false);
    expect(() => state.shouldSkipFile("__proto__", "soon", "s")).toThrow(RangeError);
    state.writeState("s", {});
    expect(state.shouldSkipFile("__proto__", "2024-01-02T00:00:00Z", "s")).toBe(false);
  });

  it("notes ten thousands of files, with a checkpoint for each, in no time", () => {
    const staged = new StagedValues();
    const checkpoints = [];
    const start = performance.now();
    for (let file = 0; file < 50_000; file++) {
      new IncrementalStateManager(undefined, staged).updateFileState(`f${file}`, "2024-01-01T00:00:00Z", "files");
      checkpoints.push(staged.snapshot());
    }
    expect(Object.keys(checkpoints.at(-1)?.()["files"] as object)).toHaveLength(50_000);
    expect(Object.keys(checkpoints[99]?.()["files"] as object)).toHaveLength(100);
    expect(performance.now() - start).toBeLessThan(3_000);
  });
});
