/** What stands for standard input or output. */
export const STANDARD = "-";

/** Whether a source is standard input: it is named, or nothing is. */
export function isStandard(sources: readonly string[]): boolean {
  return sources.length === 0 || sources.includes(STANDARD);
}
