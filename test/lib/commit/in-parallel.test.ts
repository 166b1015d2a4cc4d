import { expect, it } from "vitest";
import { inParallel } from "../../../lib/commit/in-parallel.ts";

it("does some at a time, and gives results in the order of the items", async () => {
  let now = 0;
  let most = 0;
  const results = await inParallel([5, 1, 3, 2, 4], 2, async (ms) => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, ms));
    now--;
    return ms * 10;
  });
  expect([results, most]).toEqual([[50, 10, 30, 20, 40], 2]);
});

it("begins nothing more after a fault, and waits for what is under way", async () => {
  const done: number[] = [];
  const work = inParallel([1, 2, 3, 4], 2, async (item) => {
    if (item === 1) throw new Error("one");
    await new Promise((resolve) => setTimeout(resolve, 5));
    done.push(item);
  });
  await expect(work).rejects.toThrow("one");
  expect(done).toEqual([2]);
});
