import {
  type AssetDefinition,
  BaseWriter,
  type CommitToken,
  ConnectionTestResult,
  type FileMetadata,
  type Row,
  type TargetConfig,
} from "dativo-ingest";

/** Inserts batches into a target that keeps them aside until they are finalised, all at once. */
export class MyCustomWriter extends BaseWriter {
  readonly #endpoint: string;
  readonly #headers: Record<string, string>;

  constructor(assetDefinition: AssetDefinition, targetConfig: TargetConfig, outputBase: string) {
    super(assetDefinition, targetConfig, outputBase);
    this.#endpoint = String(targetConfig.connection["endpoint"]);
    this.#headers = { "x-api-key": String(targetConfig.connection["api_key"]), "content-type": "application/json" };
  }

  async writeBatch(records: Row[], fileCounter: number): Promise<FileMetadata[]> {
    const body = JSON.stringify({ table: this.assetDefinition.name, records });
    const { batch_id, bytes_written } = await this.#ask("POST", "batches", body);
    return [
      {
        path: `batch_${fileCounter}`,
        batchId: batch_id,
        sizeBytes: Number(bytes_written),
        recordCount: records.length,
      },
    ];
  }

  /** The target takes a commit of the same name once. */
  override async commitFiles(files: readonly FileMetadata[], token: CommitToken) {
    const batches = files.map(({ batchId }) => batchId);
    await this.#ask("PUT", commitOf(token), JSON.stringify({ run_id: token.runId, batches }));
    const totalRecords = files.reduce((sum, { recordCount = 0 }) => sum + recordCount, 0);
    return { status: "success", filesAdded: files.length, totalRecords };
  }

  override async committed(token: CommitToken) {
    const { run_id } = await this.#ask("GET", commitOf(token));
    return run_id === undefined ? undefined : { status: "success", runId: String(run_id) };
  }

  override async abortFiles(files: readonly FileMetadata[]) {
    for (const { batchId } of files) await this.#ask("DELETE", `batches/${batchId}`);
  }

  override async checkConnection() {
    await this.#ask("GET", "");
    return new ConnectionTestResult(true, `${this.#endpoint} answers`);
  }

  /** What is not there is an empty answer. A cancelled run still removes what it staged, so no signal is given. */
  async #ask(method: string, path: string, body: string | null = null): Promise<Record<string, number | undefined>> {
    const reply = await fetch(`${this.#endpoint}/${path}`, { method, headers: this.#headers, body });
    if (!reply.ok && reply.status !== 404) throw new Error(`Failed to connect to target: ${reply.status} for /${path}`);
    return (await reply.json()) as Record<string, number | undefined>;
  }
}

function commitOf({ jobKey, seq }: CommitToken): string {
  return `commits/${encodeURIComponent(JSON.stringify([jobKey, seq]))}`;
}
