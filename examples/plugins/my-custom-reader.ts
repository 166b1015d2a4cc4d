import {
  BaseReader,
  ConnectionTestResult,
  DiscoveryResult,
  type IncrementalStateManager,
  type SourceConfig,
  type Split,
} from "dativo-ingest";

/** Reads each object of a source by limit and offset, and goes on the next time after what was loaded. */
export class MyCustomReader extends BaseReader {
  readonly #endpoint: string;
  readonly #headers: Record<string, string>;

  constructor(sourceConfig: SourceConfig) {
    super(sourceConfig);
    this.#endpoint = String(sourceConfig.connection["endpoint"]);
    this.#headers = { "x-api-key": String(sourceConfig.credentials["api_key"]) };
  }

  /** Each object has a position of its own. */
  override plan(): Split[] {
    return this.sourceConfig.objects.map((id) => ({ id }));
  }

  async *extract(state?: IncrementalStateManager, split?: Split) {
    const limit = Number(this.sourceConfig.engine.options["batch_size"] ?? 1000);
    for (let offset = Number(state?.position ?? 0); ; ) {
      const records = (await this.#get(`${split?.id}?limit=${limit}&offset=${offset}`)) as {
        id: number;
        name: string;
      }[];
      if (records.length === 0) return;
      offset += records.length;
      yield { batch: records.map(({ id, name }) => ({ id, name })), position: offset };
    }
  }

  override async checkConnection() {
    await this.#get("");
    return new ConnectionTestResult(true, `${this.#endpoint} answers`);
  }

  override async discover() {
    const names = (await this.#get("")) as string[];
    return new DiscoveryResult(names.map((name) => ({ name, type: "object" })));
  }

  override async getTotalRecordsEstimate() {
    const counts = this.sourceConfig.objects.map((name) => this.#get(`${name}/count`) as Promise<number>);
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  async #get(path: string): Promise<unknown> {
    const reply = await fetch(`${this.#endpoint}/${path}`, { headers: this.#headers, signal: this.ctx.signal });
    if (!reply.ok) throw new Error(`Failed to connect to source: ${reply.status} for /${path}`);
    return reply.json();
  }
}
