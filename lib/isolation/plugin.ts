/** A native plugin that is to run in a process of its own. */
export interface Plugin {
  readonly file: string;
  readonly symbol: string;
  readonly role: "reader" | "writer";
}

/** What its process is held to. */
export interface Limits {
  /** How long a stage may take to stop once the run is cancelled; its plugin is ended well before. */
  readonly graceMs: number;
  /** How long one call may take; undefined for as long as it likes. */
  readonly timeoutMs: number | undefined;
}

export function nameOf({ file, symbol }: Plugin): string {
  return `${file}:${symbol}`;
}
