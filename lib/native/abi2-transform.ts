import { DativoError } from "../contract/errors.ts";
import type { Schema } from "../contract/schema.ts";
import type { ArrowSchema } from "../formats/arrow/arrow-field.ts";
import { type Abi2Kind, Abi2Object, END, MORE, newBatch, OK, tableFunction } from "./abi2.ts";
import { exportSchema } from "./export-schema.ts";
import { importSchema } from "./import-schema.ts";
import { ARROW_SCHEMA, BATCH, TRANSFORM } from "./layout.ts";
import type { NativeLibrary } from "./library.ts";
import { fixedBytes } from "./memory.ts";
import { NativeRows } from "./native-rows.ts";

const KIND: Abi2Kind = {
  size: TRANSFORM.size,
  release: TRANSFORM.release,
  functions: {
    [TRANSFORM.open]: tableFunction("transform_open", 2),
    [TRANSFORM.apply]: tableFunction("transform_apply", 2),
    [TRANSFORM.flush]: tableFunction("transform_flush", 1),
  },
};

/** A transform of a library, as `dativo_plugin.h` has it: a dtv_batch goes in, any number of them come out. */
export class Abi2Transform {
  readonly #object: Abi2Object;

  constructor(library: NativeLibrary, symbol: string) {
    this.#object = new Abi2Object(library, symbol, KIND);
  }

  get name(): string {
    return this.#object.name;
  }

  /** @throws DativoError with what the library says against its configuration */
  create(config: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void> {
    return this.#object.create(config, signal);
  }

  /** Tells what goes in, and is told what comes out. */
  async open(input: Schema): Promise<ArrowSchema> {
    const output = fixedBytes(ARROW_SCHEMA.size);
    await this.#object.call("open", TRANSFORM.open, exportSchema(input), output);
    return importSchema(output, this.name);
  }

  /** Moves the rows of a dtv_batch to the library; one that it did not take is given back. */
  async *apply(input: Buffer): AsyncGenerator<Buffer> {
    try {
      for (let next: Buffer | null = input; ; next = null) {
        const out = newBatch();
        const code = await this.#object.call("apply", TRANSFORM.apply, next, out);
        if (code === MORE) return;
        if (code !== OK) throw this.#misresult("apply", code);
        yield out;
      }
    } finally {
      NativeRows.takeFrom(input, BATCH.rows)?.release();
    }
  }

  /** What is still held when the input has ended. */
  async *flush(): AsyncGenerator<Buffer> {
    for (;;) {
      const out = newBatch();
      const code = await this.#object.call("flush", TRANSFORM.flush, out);
      if (code === END) return;
      if (code !== OK) throw this.#misresult("flush", code);
      yield out;
    }
  }

  close(): Promise<void> {
    return this.#object.close();
  }

  /** Taken for anything else, it would be asked again and again. */
  #misresult(verb: string, code: number): DativoError {
    return new DativoError("DTV_PLUGIN_RESULT", `${verb}() of ${this.name} returned ${code}`, { culprit: this.name });
  }
}
