/** The ArrowArrayStream of a library: https://arrow.apache.org/docs/format/CStreamInterface.html. */
import { constants } from "node:os";
import { getSystemErrorName } from "node:util";
import koffi, { type TypeObject } from "koffi";
import { DativoError, type ErrorCode } from "../contract/errors.ts";
import { stringifyJson } from "../contract/json.ts";
import type { ArrowField, ArrowSchema } from "../formats/arrow/arrow-field.ts";
import { ABI, OK } from "./abi2.ts";
import { callNative } from "./calls.ts";
import { checkRecords } from "./check-array.ts";
import { failureIn, newError } from "./error-struct.ts";
import { NativeArray } from "./import-column.ts";
import { importSchema } from "./import-schema.ts";
import { ARROW_ARRAY, ARROW_SCHEMA, ARROW_STREAM } from "./layout.ts";
import type { NativeFunction, NativeLibrary } from "./library.ts";
import { fixedBytes, fixedText } from "./memory.ts";
import { NativeRows } from "./native-rows.ts";

const Get = koffi.proto("int32_t dativo_stream_get(void *, void *)");
const LastError = koffi.proto("str dativo_stream_last_error(void *)");
const Release = koffi.proto("void dativo_release_stream(void *)");

/** What an error number means for the run; others say that the library failed. */
const CODES_OF: Readonly<Record<number, ErrorCode>> = {
  [constants.errno.ENOENT]: "DTV_SOURCE_NOT_FOUND",
  [constants.errno.EACCES]: "DTV_SOURCE_UNREADABLE",
  [constants.errno.EPERM]: "DTV_SOURCE_UNREADABLE",
  [constants.errno.EIO]: "DTV_SOURCE_UNREADABLE",
  [constants.errno.ECONNREFUSED]: "DTV_CONNECTION_FAILED",
  [constants.errno.EHOSTUNREACH]: "DTV_CONNECTION_FAILED",
  [constants.errno.ECONNRESET]: "DTV_TRANSIENT",
  [constants.errno.ETIMEDOUT]: "DTV_TRANSIENT",
  [constants.errno.EAGAIN]: "DTV_TRANSIENT",
  [constants.errno.ECANCELED]: "DTV_CANCELLED",
};

/** One stream: made, asked and released here, by one owner. Calls never overlap. */
export class ArrayStream {
  readonly name: string;
  readonly #factory: NativeFunction;
  readonly #symbol: string;
  readonly #struct = fixedBytes(ARROW_STREAM.size);
  #last: Promise<unknown> = Promise.resolve();

  constructor(library: NativeLibrary, symbol: string) {
    this.name = `${library.file}:${symbol}`;
    this.#symbol = symbol;
    this.#factory = library.fn(symbol, "int32_t", ["uint32_t", "void *", "void *", "void *"]);
  }

  /** @throws DativoError with what the library says against its configuration */
  async create(config: Readonly<Record<string, unknown>>): Promise<void> {
    const error = newError();
    const code = await this.#run<number>(this.#factory, ABI, fixedText(stringifyJson(config)), this.#struct, error);
    if (code !== OK) throw failureIn(error, this.name, this.#symbol, code);
    if (!this.#isOpen) throw this.#misresult("gave no stream");
  }

  /** @throws DativoError with the error of the library, DTV_SCHEMA_INVALID for a type that no contract has */
  async schema(): Promise<ArrowSchema> {
    const schema = fixedBytes(ARROW_SCHEMA.size);
    await this.#get("get_schema", ARROW_STREAM.getSchema, schema);
    return importSchema(schema, this.name);
  }

  /** The next records of this schema; undefined at the end. @throws DativoError with the error of the library */
  async next({ fields }: ArrowSchema): Promise<NativeRows | undefined> {
    const array = fixedBytes(ARROW_ARRAY.size);
    await this.#get("get_next", ARROW_STREAM.getNext, array);
    const rows = NativeRows.takeFrom(array, 0);
    if (!rows) return undefined;
    try {
      this.#check(rows, fields);
      return rows;
    } catch (error) {
      rows.release();
      throw error;
    }
  }

  /** Gives the stream back, once, when the call under way has returned. */
  async close(): Promise<void> {
    await this.#last;
    if (!this.#isOpen) return;
    const release = this.#function(ARROW_STREAM.release, Release);
    const struct = fixedBytes(ARROW_STREAM.size);
    this.#struct.copy(struct);
    // Whoever closes a second time meanwhile finds nothing to give back.
    this.#struct.fill(0);
    await callNative(release, struct);
  }

  get #isOpen(): boolean {
    return this.#struct.readBigUInt64LE(ARROW_STREAM.release) !== 0n;
  }

  async #get(verb: string, offset: number, out: Buffer): Promise<void> {
    const errno = await this.#run<number>(this.#function(offset, Get), this.#struct, out);
    if (errno === OK) return;
    const text = await this.#run<string | null>(this.#function(ARROW_STREAM.getLastError, LastError), this.#struct);
    const code = CODES_OF[errno] ?? "DTV_PLUGIN_FAILED";
    throw new DativoError(code, `${verb}() of ${this.name} failed: ${text || describeErrno(errno)}`, {
      culprit: this.name,
      details: { errno },
    });
  }

  #check(rows: NativeRows, fields: readonly ArrowField[]): void {
    const children = Number(rows.struct.readBigInt64LE(ARROW_ARRAY.children));
    if (children !== fields.length) {
      const message = `${this.name} gave ${children} columns, where its schema has ${fields.length}`;
      throw new DativoError("DTV_SCHEMA_CHANGED", message, { culprit: this.name });
    }
    checkRecords(rows.struct, fields, this.name);
    if (new NativeArray(rows.struct).hasNulls) throw this.#misresult("gave a record that is null as a whole");
  }

  #function(offset: number, type: TypeObject): NativeFunction {
    const pointer = this.#struct.readBigUInt64LE(offset);
    if (pointer === 0n) throw this.#misresult("gave a stream that lacks a function");
    return koffi.decode(pointer, type);
  }

  #misresult(what: string): DativoError {
    return new DativoError("DTV_PLUGIN_RESULT", `${this.name} ${what}`, { culprit: this.name });
  }

  #run<T>(fn: NativeFunction, ...args: unknown[]): Promise<T> {
    const result = callNative<T>(fn, ...args);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

function describeErrno(errno: number): string {
  return errno > 0 ? getSystemErrorName(-errno) : `it returned ${errno}`;
}
