import type { DiscoveredObject } from "../contract/results.ts";

/** A delimiter that a file seems to have, in place of the one that it was read with. */
export interface DelimiterGuess {
  /** As the option `delimiter` takes it. */
  readonly delimiter: string;
  /** What is odd, as the end of a sentence: `one column whose name holds ';' 3 times`. */
  readonly found: string;
}

const USUAL: readonly (readonly [character: string, option: string])[] = [
  [",", ","],
  [";", ";"],
  ["\t", "tab"],
  ["|", "|"],
];

/** A table of one column, whose name holds another delimiter, was most likely cut at the wrong one. */
export function guessDelimiter({ format, columns = [] }: DiscoveredObject): DelimiterGuess | undefined {
  const [only, second] = columns;
  if (format !== "csv" || only === undefined || second !== undefined) return undefined;
  for (const [character, delimiter] of USUAL) {
    const times = only.name.split(character).length - 1;
    if (times === 0) continue;
    const found = `one column whose name holds '${delimiter}' ${times === 1 ? "once" : `${times} times`}`;
    return { delimiter, found };
  }
  return undefined;
}

/** The guess as a question, with the option to give. */
export function askForDelimiter({ delimiter, found }: DelimiterGuess): string {
  const option = `source: { engine: { options: { delimiter: ${JSON.stringify(delimiter)} } } }`;
  return `${found}: is the delimiter '${delimiter}'? Then the job needs ${option}`;
}
