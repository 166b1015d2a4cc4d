import koffi from "koffi";

let trim: ((pad: number) => number) | undefined;

/**
 * Gives back to the system what libraries have freed and glibc keeps: batches of a wide table are thousands of small
 * pieces, and leave five times what is in use. Costs some ms, and page faults afterwards. Elsewhere it does nothing.
 */
export function trimHeaps(): void {
  trim ??= findTrim();
  trim(0);
}

function findTrim(): (pad: number) => number {
  try {
    return koffi.load(null).func("int malloc_trim(size_t)");
  } catch {
    return () => 0;
  }
}
