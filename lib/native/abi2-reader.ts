import type { SourceConfig } from "../contract/config.ts";
import { Provenance } from "../contract/provenance.ts";
import { BaseReader, type ReaderClass, WHOLE_SOURCE } from "../contract/reader.ts";
import {
  ConnectionTestResult,
  type DiscoveredObject,
  DiscoveryResult,
  type Position,
  type Split,
} from "../contract/results.ts";
import type { IncrementalStateManager } from "../contract/state.ts";
import type { ArrowSchema } from "../formats/arrow/arrow-field.ts";
import { type Abi2Kind, Abi2Object, END, jsonIn, newBatch, OK, tableFunction } from "./abi2.ts";
import { checkRecords } from "./check-array.ts";
import { ColumnBatch } from "./column-batch.ts";
import { rowsOf } from "./import-rejects.ts";
import { importSchema } from "./import-schema.ts";
import { ARROW_SCHEMA, BATCH, READER } from "./layout.ts";
import type { NativeLibrary } from "./library.ts";
import { fixedBytes, fixedText } from "./memory.ts";
import { NativeRows } from "./native-rows.ts";
import { readerConfigOf } from "./plugin-config.ts";
import { tellOf } from "./tell.ts";

const Ask = tableFunction("reader_ask", 1);

/** A reader of a library, as `dativo_plugin.h` has it. */
export const READER_KIND: Abi2Kind = {
  size: READER.size,
  release: READER.release,
  freeString: READER.freeString,
  functions: {
    [READER.open]: tableFunction("reader_open", 4),
    [READER.next]: tableFunction("reader_next", 1),
    [READER.plan]: Ask,
    [READER.check]: Ask,
    [READER.discover]: Ask,
    [READER.estimate]: Ask,
  },
};

/** The class of a reader that speaks ABI 2. */
export function abi2ReaderClass(library: NativeLibrary, symbol: string): ReaderClass {
  return class extends Abi2Reader {
    constructor(sourceConfig: SourceConfig) {
      super(sourceConfig, () => new Abi2Object(library, symbol, READER_KIND));
    }
  };
}

/** Reads the batches of a library. Each split has an object of its own; questions go to another. */
class Abi2Reader extends BaseReader {
  static override readonly output = "columns";
  readonly #make: () => Abi2Object;
  readonly #objects = new Set<Abi2Object>();

  constructor(sourceConfig: SourceConfig, make: () => Abi2Object) {
    super(sourceConfig);
    this.#make = make;
  }

  override async plan(): Promise<Split[]> {
    const splits = await this.#question("plan", READER.plan);
    return Array.isArray(splits) ? (splits as Split[]) : super.plan();
  }

  async *extract(state?: IncrementalStateManager, split?: Split) {
    const object = await this.#open();
    try {
      const schema = await openSplit(object, state?.position, split);
      const source = split === undefined || split.id === WHOLE_SOURCE ? object.name : split.id;
      for (let row = 1; ; ) {
        const raw = newBatch();
        if ((await object.call("next", READER.next, raw)) === END) return;
        const { batch, position } = this.#take(raw, object.name, schema, { source, row });
        row += Number(raw.readBigUInt64LE(BATCH.rowsRead));
        yield position === undefined ? batch : { batch, position };
      }
    } finally {
      await this.#close(object);
    }
  }

  override async checkConnection(): Promise<ConnectionTestResult> {
    const answer = (await this.#question("check", READER.check)) as { message?: unknown } | undefined;
    return answer === undefined ? super.checkConnection() : new ConnectionTestResult(true, String(answer.message));
  }

  override async discover(): Promise<DiscoveryResult> {
    const answer = (await this.#question("discover", READER.discover)) as
      | { objects?: readonly DiscoveredObject[] }
      | undefined;
    return answer === undefined ? super.discover() : new DiscoveryResult(answer.objects ?? []);
  }

  override async getTotalRecordsEstimate(): Promise<number | undefined> {
    return this.#using(async (object) => {
      const rows = fixedBytes(8);
      const code = object.has(READER.estimate) ? await object.call("estimate", READER.estimate, rows) : END;
      return code === OK ? Number(rows.readBigInt64LE()) : undefined;
    });
  }

  override async close(): Promise<void> {
    for (const object of this.#objects) await this.#close(object);
  }

  #take(raw: Buffer, owner: string, schema: ArrowSchema, first: { readonly source: string; readonly row: number }) {
    const rejects = tellOf(raw, owner, this.ctx);
    const rows = NativeRows.takeFrom(raw, BATCH.rows);
    const position = jsonIn(raw, BATCH.position, BATCH.positionLength);
    if (!rows) return { batch: [], position };
    rows.check(() => checkRecords(rows.struct, schema.fields, owner));
    const provenance = Provenance.numbered(first.source, first.row, rowsOf(rejects));
    return { batch: new ColumnBatch(schema, rows, provenance), position };
  }

  #question(verb: string, offset: number): Promise<unknown> {
    return this.#using((object) => object.ask(verb, offset));
  }

  async #using<T>(work: (object: Abi2Object) => Promise<T>): Promise<T> {
    const object = await this.#open();
    try {
      return await work(object);
    } finally {
      await this.#close(object);
    }
  }

  async #open(): Promise<Abi2Object> {
    const object = this.#make();
    this.#objects.add(object);
    await object.create(readerConfigOf(this.sourceConfig, this.ctx), this.ctx.signal);
    return object;
  }

  async #close(object: Abi2Object): Promise<void> {
    this.#objects.delete(object);
    await object.close();
  }
}

/** The schema of what a reader that was opened gives. */
export async function openSplit(
  object: Abi2Object,
  position: Position,
  split: Split | undefined,
): Promise<ArrowSchema> {
  const schema = fixedBytes(ARROW_SCHEMA.size);
  const json = (value: unknown) => (value === undefined ? null : fixedText(JSON.stringify(value)));
  await object.call("open", READER.open, null, json(position), json(split), schema);
  return importSchema(schema, object.name);
}
