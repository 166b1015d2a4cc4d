import koffi from "koffi";
import type { Reject } from "../contract/reject.ts";
import { Schema } from "../contract/schema.ts";
import { type Abi2Kind, Abi2Object, END, MORE, newBatch, OK } from "./abi2.ts";
import { encodeRecords } from "./encode-column.ts";
import { exportArray } from "./export-array.ts";
import { exportSchema } from "./export-schema.ts";
import { importRejects } from "./import-rejects.ts";
import { type ArrowSchema, importSchema } from "./import-schema.ts";
import { ARROW_SCHEMA, BATCH, TRANSFORM } from "./layout.ts";
import type { NativeLibrary } from "./library.ts";
import { fixedBytes } from "./memory.ts";
import { NativeRows } from "./native-rows.ts";

const P = "void *";
const proto = (name: string, ...args: string[]) => koffi.proto(`dativo_transform_${name}`, "int32_t", args);

const KIND: Abi2Kind = {
  size: TRANSFORM.size,
  release: TRANSFORM.release,
  functions: {
    [TRANSFORM.open]: proto("open", P, P, P, P, P),
    [TRANSFORM.apply]: proto("apply", P, P, P, P, P),
    [TRANSFORM.flush]: proto("flush", P, P, P, P),
  },
};

/** A decoder takes one column of bytes. */
const BYTES = new Schema([{ name: "bytes", type: { kind: "binary" }, nullable: false }]);

/** What a library made of some bytes. */
export interface Decoded {
  readonly rows: NativeRows | undefined;
  readonly rejects: readonly Reject[];
  /** Records taken from the bytes, rejected ones included. */
  readonly rowsRead: number;
}

/** A decoder of a library: bytes are pushed, batches come out. */
export class NativeDecoder {
  readonly schema: ArrowSchema;
  readonly #object: Abi2Object;

  /** @throws DativoError with what the library says against its configuration */
  static async open(
    library: NativeLibrary,
    symbol: string,
    config: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<NativeDecoder> {
    const object = new Abi2Object(library, symbol, KIND);
    if (signal.aborted) object.cancel();
    else signal.addEventListener("abort", () => object.cancel(), { once: true });
    try {
      await object.create(config);
      const input = exportSchema(BYTES.fields);
      const output = fixedBytes(ARROW_SCHEMA.size);
      await object.call("open", TRANSFORM.open, input.struct, output);
      void input.memory;
      return new NativeDecoder(object, importSchema(output, object.name));
    } catch (error) {
      await object.close();
      throw error;
    }
  }

  private constructor(object: Abi2Object, schema: ArrowSchema) {
    this.#object = object;
    this.schema = schema;
  }

  /** The bytes are read in place, and only during this call. */
  async *push(bytes: Uint8Array): AsyncGenerator<Decoded> {
    const input = newBatch();
    const types = BYTES.fields.map(({ type }) => type);
    exportArray(encodeRecords(types, [[bytes]], 1)).copy(input, BATCH.rows);
    try {
      for (let next: Buffer | null = input; ; next = null) {
        const out = newBatch();
        if ((await this.#object.call("apply", TRANSFORM.apply, next, out)) === MORE) return;
        yield decodedIn(out);
      }
    } finally {
      NativeRows.takeFrom(input, BATCH.rows)?.release();
    }
  }

  async *end(): AsyncGenerator<Decoded> {
    for (;;) {
      const out = newBatch();
      const code = await this.#object.call("flush", TRANSFORM.flush, out);
      if (code === END) return;
      if (code === OK) yield decodedIn(out);
    }
  }

  close(): Promise<void> {
    return this.#object.close();
  }
}

function decodedIn(out: Buffer): Decoded {
  const rejects = NativeRows.takeFrom(out, BATCH.rejects);
  return {
    rows: NativeRows.takeFrom(out, BATCH.rows),
    rejects: rejects ? importRejects(rejects) : [],
    rowsRead: Number(out.readBigUInt64LE(BATCH.rowsRead)),
  };
}
