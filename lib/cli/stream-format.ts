/** A person gets a table, the next process of a pipe a stream that says whether it is whole. */
export function streamFormat(): string {
  return shownFormat() ?? "dativo";
}

/** A person gets a table; undefined where nobody looks. */
export function shownFormat(): string | undefined {
  return process.stdout.isTTY ? "table" : undefined;
}
