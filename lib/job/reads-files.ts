import { FileReader } from "../contract/files/file-reader.ts";
import type { ReaderClass } from "../contract/reader.ts";

/** Whether a plugin leaves the reading to Dativo, and thereby to native code where that can do it. */
export function readsFiles({ prototype }: ReaderClass): boolean {
  return prototype instanceof FileReader && prototype.extract === FileReader.prototype.extract;
}
