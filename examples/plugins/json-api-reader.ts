import { BaseReader, type IncrementalStateManager } from "dativo-ingest";

/** Reads a paged JSON API: GET {base_url}/data?page&page_size with a bearer token. */
export class JSONAPIReader extends BaseReader {
  async *extract(_state?: IncrementalStateManager) {
    const { connection, credentials, engine } = this.sourceConfig;
    const headers = { authorization: `Bearer ${credentials["token"]}` };
    const pageSize = Number(engine.options["page_size"] ?? 100);
    for (let page = 1, more = true; more; page++) {
      const url = `${connection["base_url"]}/data?page=${page}&page_size=${pageSize}`;
      const response = await fetch(url, { headers, signal: this.ctx.signal });
      if (!response.ok) throw new Error(`Failed to connect to source: ${response.status} for page ${page}`);
      const { items, has_next } = (await response.json()) as { items: Record<string, unknown>[]; has_next: boolean };
      if (items.length > 0) yield items;
      more = has_next && items.length > 0;
    }
  }
}
