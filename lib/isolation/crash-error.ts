import { DativoError } from "../contract/errors.ts";

/** How the process of a plugin ended. */
export interface Death {
  readonly plugin: string;
  /** What it was asked for; undefined when it died unasked. */
  readonly hook: string | undefined;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it was ended by us. */
  readonly killed: string | undefined;
  /** The last lines that it wrote. */
  readonly lastWords: readonly string[];
}

/** The error of whoever waits for the plugin. */
export function crashError({ plugin, hook, exitCode, signal, killed, lastWords }: Death): DativoError {
  const at = hook === undefined ? "between two calls" : `in ${hook}()`;
  const message =
    killed === undefined
      ? `${plugin} ended its process ${at}, ${signal === null ? `with exit code ${exitCode}` : `by ${signal}`}`
      : `${plugin} was ended in its process ${at}: ${killed}`;
  const told = lastWords.findLast((line) => line.trim() !== "");
  return new DativoError(
    "DTV_PLUGIN_CRASHED",
    told === undefined ? message : `${message}; the last it wrote: ${told}`,
    {
      culprit: plugin,
      hint: hintFor(signal, killed, lastWords),
      details: { hook, exitCode, signal, killed, lastWords },
    },
  );
}

/** Of V8, and of the allocators of Rust and C++. */
const OUT_OF_MEMORY = /out of memory|memory allocation of \d+ bytes failed|bad_alloc/i;

function hintFor(signal: NodeJS.Signals | null, killed: string | undefined, lastWords: readonly string[]): string {
  if (killed !== undefined)
    return "Look for a call that waits for ever; plugins.sandbox.timeout sets how long one may take.";
  if (lastWords.some((line) => OUT_OF_MEMORY.test(line)))
    return "Its memory was full. In the sandbox plugins.sandbox.memory_limit says how much it has.";
  if (signal === "SIGXCPU")
    return "It used up the processor time that plugins.sandbox.cpu_seconds gives it for all of its life.";
  if (signal === "SIGKILL")
    return "Somebody else ended it: the system does when memory runs out, and then says so in its log.";
  if (signal === null)
    return "A plugin reports errors to its caller and never exits: look for exit() in it and in what it uses.";
  return "The fault is in the library. Build it with debug information and run it under a debugger; with RUST_BACKTRACE=1 a panic says where.";
}
