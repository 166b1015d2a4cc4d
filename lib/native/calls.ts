/**
 * Calls into native libraries, off the main thread. They share libuv's pool with file access, so that pool must never
 * be full of them: a few calls that hang would stall every write and the abort as well.
 */

/** The asynchronous form of a native function: arguments, then a callback. */
interface AsyncFunction {
  async(...args: unknown[]): void;
}

const POOL_THREADS = Number(process.env["UV_THREADPOOL_SIZE"] ?? 4) || 4;
const SLOTS = Math.max(1, POOL_THREADS - 2);

/** Arguments of the calls that have not returned. What nobody holds would be collected while a library looks at it. */
const inFlight = new Set<readonly unknown[]>();
const waiting: (() => void)[] = [];

/** Calls that have not returned yet. While there is one, `process.exit` would wait for it. */
export function nativeCallsInFlight(): number {
  return inFlight.size;
}

/** Calls a native function on a thread of the pool. Its arguments live until it has returned. */
export async function callNative<T>(fn: AsyncFunction, ...args: unknown[]): Promise<T> {
  if (inFlight.size >= SLOTS) await new Promise<void>((resolve) => waiting.push(resolve));
  inFlight.add(args);
  try {
    return await new Promise<T>((resolve, reject) => {
      fn.async(...args, (error: Error | null, result: T) => {
        if (error) reject(error);
        else resolve(result);
      });
    });
  } finally {
    inFlight.delete(args);
    waiting.shift()?.();
  }
}
