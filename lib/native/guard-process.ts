import koffi, { type LibraryHandle } from "koffi";
import { configureCalls } from "./library.ts";

const PR_SET_PDEATHSIG = 1;
const PR_SET_DUMPABLE = 4;
const SIGKILL = 9;

/**
 * For a process that does nothing but run a plugin: it ends with the process that started it, even while a call keeps
 * it from noticing, and it leaves no core file, which would hold the records and credentials that were in its memory.
 */
export function guardProcess(): void {
  configureCalls();
  if (process.platform !== "linux") return;
  const system = koffi.load(null);
  const prctl = system.func("prctl", "int", ["int", "ulong", "ulong", "ulong", "ulong"]);
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  exitAtOnce(system);
}

/**
 * A library that calls exit() does so on a thread of the pool, where the destructors of Node abort and hide what it was.
 * Handlers run last first: what was printed is flushed, then the process ends with the library's own exit code.
 */
function exitAtOnce(system: LibraryHandle): void {
  const find = system.func("dlsym", "void *", ["void *", "str"]);
  const [onExit, atExit, end, flush] = ["on_exit", "__cxa_atexit", "_exit", "fflush"].map((name) => find(null, name));
  // Other C libraries than glibc have no on_exit.
  if (!onExit || !atExit || !end || !flush) return;
  system.func("on_exit", "int", ["void *", "void *"])(end, null);
  system.func("__cxa_atexit", "int", ["void *", "void *", "void *"])(flush, null, null);
}
