import { readFile } from "node:fs/promises";
import { BaseReader, type IncrementalStateManager, type SourceConfig } from "dativo-ingest";

/** Reads one file that is a JSON array of records, which may grow at its end, and names its fields in lower case. */
export class JsonArrayReader extends BaseReader {
  static override replay = 3 as const; // the same rows for the same position
  readonly #path: string;

  constructor(sourceConfig: SourceConfig) {
    super(sourceConfig);
    this.#path = String(sourceConfig.connection["path"]);
  }

  async *extract(state?: IncrementalStateManager) {
    const records: Record<string, unknown>[] = JSON.parse(await readFile(this.#path, "utf8"));
    const fresh = records.slice(Number(state?.position ?? 0));
    const lowerCase = ([name, value]: [string, unknown]): [string, unknown] => [name.toLowerCase(), value];
    const batch = fresh.map((record) => Object.fromEntries(Object.entries(record).map(lowerCase)));
    // Kept after the commit; the next run gets it back and goes on from there.
    if (batch.length > 0) yield { batch, position: records.length };
  }
}
