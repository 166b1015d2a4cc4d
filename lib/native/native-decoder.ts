import type { AssetDefinition } from "../contract/asset.ts";
import type { Batch } from "../contract/batch.ts";
import type { Format, SourceContext } from "../contract/format.ts";
import type { NativeDecoder } from "../contract/native-codecs.ts";
import { Provenance } from "../contract/provenance.ts";
import type { Reject } from "../contract/reject.ts";
import { Schema } from "../contract/schema.ts";
import type { ContentHash } from "../contract/storage.ts";
import { jsonIn, warningsIn } from "./abi2.ts";
import { Abi2Transform } from "./abi2-transform.ts";
import { ColumnBatch } from "./column-batch.ts";
import { hashNatively } from "./content-hash.ts";
import { explainRejects } from "./explain-rejects.ts";
import type { FoundColumns } from "./found-columns.ts";
import { importRejects, rowsOf } from "./import-rejects.ts";
import { BATCH } from "./layout.ts";
import { lendBytes } from "./lent-bytes.ts";
import type { NativeLibrary } from "./library.ts";
import { NativeRows } from "./native-rows.ts";
import { contractConfigOf } from "./plugin-config.ts";

/** Name of the source, in the metadata of the schema that a decoder is opened with. */
const SOURCE = "dativo.source";

/** What goes into a decoder: bytes, with the name of where they come from and whatever else it is told. */
export function bytesFrom(source: string, told: Readonly<Record<string, string>> = {}): Schema {
  return new Schema([{ name: "bytes", type: { kind: "binary" }, nullable: false }], { [SOURCE]: source, ...told });
}

/** The columns of the source there, where no contract names them. */
const COLUMNS = "dativo.columns";
/** Their types, where the first records have shown them. */
const TYPES = "dativo.types";

/** What a format calls a decoder by, and how it reads. */
export interface DecoderInit {
  readonly library: NativeLibrary;
  readonly symbol: string;
  readonly format: Format;
  /** Those of the format, and `batch_rows`. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * A decoder of a library, opened anew for each source. It holds the contract's records to the contract; without one it
 * is told what was found of the columns of each source.
 */
export class LibraryDecoder implements NativeDecoder {
  readonly #transform: Abi2Transform;
  readonly #init: DecoderInit;
  readonly #contract: AssetDefinition | undefined;

  /** @throws DativoError with what the library says against its configuration */
  static async create(
    init: DecoderInit,
    contract: AssetDefinition | undefined,
    signal: AbortSignal,
  ): Promise<LibraryDecoder> {
    const { library, symbol, options } = init;
    const transform = new Abi2Transform(library, symbol);
    await transform.create({ engine: { options }, contract: contract ? contractConfigOf(contract) : null }, signal);
    return new LibraryDecoder(transform, init, contract);
  }

  private constructor(transform: Abi2Transform, init: DecoderInit, contract: AssetDefinition | undefined) {
    this.#transform = transform;
    this.#init = init;
    this.#contract = contract;
  }

  async *decode(
    bytes: AsyncIterable<Uint8Array>,
    context: SourceContext,
    columns?: FoundColumns,
  ): AsyncGenerator<Batch> {
    const made = await this.#open(context.source, columns);
    const counter = { rows: 0 };
    for await (const chunk of bytes) {
      const lent = lendBytes(this.#init.library, chunk);
      for await (const out of this.#transform.apply(lent)) yield* this.#take(out, made, context, counter);
    }
    for await (const out of this.#transform.flush()) yield* this.#take(out, made, context, counter);
  }

  contentHash(): ContentHash {
    return hashNatively(this.#init.library);
  }

  close(): Promise<void> {
    return this.#transform.close();
  }

  /** Tells of the source, and gives what makes batches of its records. */
  async #open(source: string, columns: FoundColumns | undefined): Promise<Pick<FoundColumns, "batchOf">> {
    const output = await this.#transform.open(bytesFrom(source, columns && toldOf(columns)));
    if (columns) return columns;
    const schema = this.#contract?.targetSchema() ?? output.schema;
    return { batchOf: (rows, provenance) => new ColumnBatch({ ...output, schema }, rows, provenance) };
  }

  *#take(
    out: Buffer,
    made: Pick<FoundColumns, "batchOf">,
    context: SourceContext,
    counter: { rows: number },
  ): Generator<Batch> {
    for (const warning of warningsIn(out)) context.warn(warning);
    const rejects = this.#rejectsIn(out);
    for (const reject of rejects) context.reject(reject);
    const rows = NativeRows.takeFrom(out, BATCH.rows);
    const first = counter.rows + 1;
    counter.rows += Number(out.readBigUInt64LE(BATCH.rowsRead));
    if (!rows) return;
    const provenance = Provenance.numbered(context.source, first, rowsOf(rejects));
    yield made.batchOf(rows, provenance, jsonIn(out, BATCH.position, BATCH.positionLength));
  }

  #rejectsIn(out: Buffer): readonly Reject[] {
    const lines = NativeRows.takeFrom(out, BATCH.rejects);
    if (!lines) return [];
    const { batch_rows: _, ...options } = this.#init.options;
    return explainRejects(importRejects(lines, this.#transform.name), this.#init.format, options);
  }
}

function toldOf({ names, types }: FoundColumns): Record<string, string> {
  return { [COLUMNS]: JSON.stringify(names), ...(types ? { [TYPES]: JSON.stringify(types) } : {}) };
}
