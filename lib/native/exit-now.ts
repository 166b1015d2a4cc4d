import koffi from "koffi";

/**
 * Ends the process at once, with everything that hangs on its end done. `process.exit` waits for calls into libraries
 * that are under way, which may be for ever.
 */
export function exitNow(code: number): void {
  process.emit("exit", code);
  koffi.load(null).func("_exit", "void", ["int"])(code);
}
