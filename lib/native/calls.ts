/**
 * Calls into native libraries, off the main thread. They share libuv's pool with file access, so that pool must never
 * be full of them: a few calls that hang would stall every write and the abort as well.
 */

import { hold } from "./memory.ts";

/** The asynchronous form of a native function: arguments, then a callback. */
interface AsyncFunction {
  async(...args: unknown[]): void;
}

const POOL_THREADS = Number(process.env["UV_THREADPOOL_SIZE"] ?? 4) || 4;
const SLOTS = Math.max(1, POOL_THREADS - 2);

let inFlight = 0;
const waiting: (() => void)[] = [];

/** Calls that have not returned yet. While there is one, `process.exit` would wait for it. */
export function nativeCallsInFlight(): number {
  return inFlight;
}

/** Calls a native function on a thread of the pool. Its arguments live until it has returned. */
export async function callNative<T>(fn: AsyncFunction, ...args: unknown[]): Promise<T> {
  if (inFlight >= SLOTS) await new Promise<void>((resolve) => waiting.push(resolve));
  inFlight++;
  try {
    return await new Promise<T>((resolve, reject) => {
      const letGo = hold(args);
      fn.async(...args, (error: Error | null, result: T) => {
        letGo();
        if (error) reject(error);
        else resolve(result);
      });
    });
  } finally {
    inFlight--;
    waiting.shift()?.();
  }
}
