import type { AssetDefinition } from "../contract/asset.ts";
import type { SourceContext } from "../contract/format.ts";
import type { NativeDecoder } from "../contract/native-codecs.ts";
import { Provenance } from "../contract/provenance.ts";
import { Schema } from "../contract/schema.ts";
import type { ContentHash } from "../contract/storage.ts";
import type { ArrowSchema } from "../formats/arrow/arrow-field.ts";
import { warningsIn } from "./abi2.ts";
import { Abi2Transform } from "./abi2-transform.ts";
import { ColumnBatch } from "./column-batch.ts";
import { hashNatively } from "./content-hash.ts";
import { importRejects, rowsOf } from "./import-rejects.ts";
import { BATCH } from "./layout.ts";
import { lendBytes } from "./lent-bytes.ts";
import type { NativeLibrary } from "./library.ts";
import { NativeRows } from "./native-rows.ts";
import { contractConfigOf } from "./plugin-config.ts";

/** Name of the source, in the metadata of the schema that a decoder is opened with. */
const SOURCE = "dativo.source";

/** A decoder of a library, opened anew for each source. It holds the contract's records to the contract. */
export class LibraryDecoder implements NativeDecoder {
  readonly #transform: Abi2Transform;
  readonly #library: NativeLibrary;
  readonly #contract: AssetDefinition;

  /** @throws DativoError with what the library says against its configuration */
  static async create(
    library: NativeLibrary,
    symbol: string,
    options: Readonly<Record<string, unknown>>,
    contract: AssetDefinition,
    signal: AbortSignal,
  ): Promise<LibraryDecoder> {
    const transform = new Abi2Transform(library, symbol);
    await transform.create({ engine: { options }, contract: contractConfigOf(contract) }, signal);
    return new LibraryDecoder(transform, library, contract);
  }

  private constructor(transform: Abi2Transform, library: NativeLibrary, contract: AssetDefinition) {
    this.#transform = transform;
    this.#library = library;
    this.#contract = contract;
  }

  async *decode(bytes: AsyncIterable<Uint8Array>, context: SourceContext): AsyncGenerator<ColumnBatch> {
    const schema = await this.#open(context.source);
    const counter = { rows: 0 };
    for await (const chunk of bytes) {
      const lent = lendBytes(this.#library, chunk);
      for await (const out of this.#transform.apply(lent)) yield* this.#take(out, schema, context, counter);
    }
    for await (const out of this.#transform.flush()) yield* this.#take(out, schema, context, counter);
  }

  contentHash(): ContentHash {
    return hashNatively(this.#library);
  }

  close(): Promise<void> {
    return this.#transform.close();
  }

  async #open(source: string): Promise<ArrowSchema> {
    const input = new Schema([{ name: "bytes", type: { kind: "binary" }, nullable: false }], { [SOURCE]: source });
    const output = await this.#transform.open(input);
    return { ...output, schema: this.#contract.targetSchema() };
  }

  *#take(out: Buffer, arrow: ArrowSchema, context: SourceContext, counter: { rows: number }): Generator<ColumnBatch> {
    for (const warning of warningsIn(out)) context.warn(warning);
    const lines = NativeRows.takeFrom(out, BATCH.rejects);
    const rejects = lines ? importRejects(lines, this.#transform.name) : [];
    for (const reject of rejects) context.reject(reject);
    const rows = NativeRows.takeFrom(out, BATCH.rows);
    const first = counter.rows + 1;
    counter.rows += Number(out.readBigUInt64LE(BATCH.rowsRead));
    if (rows) yield new ColumnBatch(arrow, rows, Provenance.numbered(context.source, first, rowsOf(rejects)));
  }
}
