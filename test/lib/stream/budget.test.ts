import { describe, expect, it } from "vitest";
import { MemoryBudget } from "../../../lib/stream/budget.ts";

const signal = new AbortController().signal;
const MIB = 1024 * 1024;

describe("MemoryBudget", () => {
  it("leases at once while there is room, and in order of asking when there is none", async () => {
    const budget = new MemoryBudget(100);
    const first = await budget.lease(60, signal);
    const order: string[] = [];
    const second = budget.lease(50, signal).then(() => order.push("second"));
    const third = budget.lease(10, signal).then(() => order.push("third"));
    await Promise.resolve();
    expect(order).toEqual([]);
    first.release();
    await Promise.all([second, third]);
    expect(order).toEqual(["second", "third"]);
    expect(budget.usedBytes).toBe(60);
  });

  it("lets a batch larger than the whole budget pass alone", async () => {
    const budget = new MemoryBudget(100);
    const small = await budget.lease(1, signal);
    let granted = false;
    const huge = budget.lease(1000, signal).then((lease) => {
      granted = true;
      return lease;
    });
    await Promise.resolve();
    expect(granted).toBe(false);
    small.release();
    (await huge).release();
    expect(budget.usedBytes).toBe(0);
  });

  it("refuses a reservation instead of making a writer wait", async () => {
    const budget = new MemoryBudget(100);
    const held = budget.tryReserve(80);
    expect(budget.tryReserve(30)).toBeUndefined();
    held?.release();
    expect(budget.tryReserve(30)).toBeDefined();
  });

  it("grants buffers half of the budget, whatever is in flight", async () => {
    const budget = new MemoryBudget(100);
    await budget.lease(500, signal);
    expect(budget.tryReserve(50)).toBeDefined();
    expect(budget.tryReserve(1)).toBeUndefined();
  });

  it("never lets writers' buffers alone stop the reader that would fill them", async () => {
    const budget = new MemoryBudget(100);
    budget.tryReserve(100);
    await expect(budget.lease(50, signal)).resolves.toBeDefined();
  });

  it("gives a reservation back once, however often it is released", () => {
    const budget = new MemoryBudget(100);
    const held = budget.tryReserve(50);
    held?.release();
    held?.release();
    expect(budget.usedBytes).toBe(0);
  });

  it("ends a wait when the signal fires, and forgets the waiter", async () => {
    const budget = new MemoryBudget(100);
    const first = await budget.lease(100, signal);
    const controller = new AbortController();
    const waiting = budget.lease(10, controller.signal);
    controller.abort(new Error("stop"));
    await expect(waiting).rejects.toThrow("stop");
    first.release();
    expect(budget.usedBytes).toBe(0);
  });

  it("is half of what a limit for resident memory leaves above the floor", () => {
    expect(MemoryBudget.forResidentLimit(256 * MIB).limitBytes).toBe(80 * MIB);
    expect(() => MemoryBudget.forResidentLimit(96 * MIB)).toThrow("leaves no room");
  });
});
