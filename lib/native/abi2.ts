/** ABI 2: calls on the structs of `dativo_plugin.h`, with their errors, cancellation and texts. */
import koffi, { type TypeObject } from "koffi";
import { DativoError } from "../contract/errors.ts";
import { parseJson, stringifyJson } from "../contract/json.ts";
import { callNative } from "./calls.ts";
import { clearError, failureIn, newError } from "./error-struct.ts";
import { BATCH, CALL } from "./layout.ts";
import type { NativeFunction, NativeLibrary } from "./library.ts";
import { addressOf, copyBytes, fixedBytes, fixedText, textAt } from "./memory.ts";

/** The version of the border that this host speaks. */
export const ABI = 2;

/** What calls return besides errors. */
export const OK = 0;
export const END = 1;
export const MORE = 2;

/** Far more than a position may have, and still nothing that a wrong length would let us read. */
const MAX_JSON_BYTES = 1024n * 1024n;

const FreeString = koffi.proto("void dativo_free_string(void *, void *)");
const Release = koffi.proto("void dativo_release(void *)");

/** How a kind of object lies in memory, and the types of its functions by the offset at which they stand. */
export interface Abi2Kind {
  readonly size: number;
  readonly release: number;
  readonly freeString?: number;
  readonly functions: Readonly<Record<number, TypeObject>>;
}

/** An object of a library behind its table of functions. Calls never overlap; it is released once, after the last. */
export class Abi2Object {
  readonly name: string;
  readonly #library: NativeLibrary;
  readonly #symbol: string;
  readonly #kind: Abi2Kind;
  readonly #table: Buffer;
  readonly #call = fixedBytes(CALL.size);
  readonly #cancel = fixedBytes(4);
  readonly #error = newError();
  readonly #functions = new Map<number, NativeFunction | undefined>();
  #forgetSignal = (): void => {};
  #self = 0n;
  #last: Promise<unknown> = Promise.resolve();

  constructor(library: NativeLibrary, symbol: string, kind: Abi2Kind) {
    this.name = `${library.file}:${symbol}`;
    this.#library = library;
    this.#symbol = symbol;
    this.#kind = kind;
    this.#table = fixedBytes(kind.size);
    this.#call.writeUInt32LE(CALL.size);
    this.#call.writeBigUInt64LE(addressOf(this.#cancel), CALL.cancel);
    this.#call.writeBigInt64LE(-1n, CALL.deadline);
  }

  /**
   * Makes the object. When the signal fires, the call under way is asked to return, and every later one.
   *
   * @throws DativoError with what the library says against its configuration
   */
  async create(config: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void> {
    const cancel = (): void => void this.#cancel.writeInt32LE(1);
    if (signal.aborted) cancel();
    signal.addEventListener("abort", cancel);
    this.#forgetSignal = () => signal.removeEventListener("abort", cancel);
    const factory = this.#library.fn(this.#symbol, "int32_t", ["uint32_t", "void *", "void *", "void *"]);
    this.#table.writeUInt32LE(this.#kind.size);
    const code = await this.#run<number>(factory, ABI, fixedText(stringifyJson(config)), this.#table, this.#error);
    if (code !== OK) throw failureIn(this.#error, this.name, this.#symbol, code);
    this.#self = this.#table.readBigUInt64LE(8);
    if (this.#self !== 0n && this.#table.readBigUInt64LE(this.#kind.release) !== 0n) return;
    this.#self = 0n;
    throw new DativoError("DTV_PLUGIN_RESULT", `${this.name} said that it made an object, and left NULL in its place`, {
      culprit: this.name,
      hint: "The factory fills `self` and `release` of the struct that it is given.",
    });
  }

  get isOpen(): boolean {
    return this.#self !== 0n;
  }

  has(offset: number): boolean {
    return this.#function(offset) !== undefined;
  }

  /** Calls a function of the table. @throws DativoError for a result below zero */
  async call(verb: string, offset: number, ...args: unknown[]): Promise<number> {
    const fn = this.#function(offset);
    if (!fn) {
      throw new DativoError("DTV_PLUGIN_RESULT", `${this.name} has no ${verb}()`, { culprit: this.name });
    }
    clearError(this.#error);
    const code = await this.#run<number>(fn, this.#self, this.#call, ...args, this.#error);
    if (code < 0) throw failureIn(this.#error, this.name, verb, code);
    return code;
  }

  /** Calls a function that gives a JSON text; undefined when it has nothing to say or does not exist. */
  async ask(verb: string, offset: number, ...args: unknown[]): Promise<unknown> {
    return this.has(offset) ? (await this.answer(verb, offset, ...args)).value : undefined;
  }

  /** The same with what was returned: yes and no can be told without a text. */
  async answer(verb: string, offset: number, ...args: unknown[]): Promise<{ code: number; value: unknown }> {
    const out = fixedBytes(8);
    const code = await this.call(verb, offset, ...args, out);
    return { code, value: code === OK ? this.#takeJson(verb, out.readBigUInt64LE()) : undefined };
  }

  /** From now on nothing is asked to return early: what is decided, or taken back, is done to its end. */
  insist(): void {
    this.#forgetSignal();
    this.#cancel.writeInt32LE(0);
  }

  /** A number of the table. */
  fact(offset: number): number {
    return this.#table.readUInt32LE(offset);
  }

  /** Ends the object: the call under way is waited for, then the library gets it back. */
  async close(): Promise<void> {
    await this.#last;
    this.#forgetSignal();
    const self = this.#self;
    if (self === 0n) return;
    this.#self = 0n;
    await callNative(koffi.decode(this.#table.readBigUInt64LE(this.#kind.release), Release), self);
  }

  #takeJson(verb: string, pointer: bigint): unknown {
    const text = textAt(pointer);
    if (text === undefined) return undefined;
    const free = this.#table.readBigUInt64LE(this.#kind.freeString ?? 0);
    koffi.call(free, FreeString, this.#self, pointer);
    try {
      return parseJson(text);
    } catch (cause) {
      throw new DativoError("DTV_PLUGIN_RESULT", `${verb}() of ${this.name} gave text that is not JSON`, {
        culprit: this.name,
        cause,
      });
    }
  }

  #function(offset: number): NativeFunction | undefined {
    if (!this.#functions.has(offset)) {
      const pointer = this.#table.readBigUInt64LE(offset);
      const type = this.#kind.functions[offset];
      this.#functions.set(offset, pointer === 0n || !type ? undefined : koffi.decode(pointer, type));
    }
    return this.#functions.get(offset);
  }

  #run<T>(fn: NativeFunction, ...args: unknown[]): Promise<T> {
    const result = callNative<T>(fn, ...args);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** A function of a table: the object, the call, pointers of its own, the error. `name` is koffi's, and stands once. */
export function tableFunction(name: string, pointers: number): TypeObject {
  const args = new Array<string>(3 + pointers).fill("void *");
  return koffi.proto(`dativo_${name}`, "int32_t", args);
}

/** An empty dtv_batch of the host. */
export function newBatch(): Buffer {
  const batch = fixedBytes(BATCH.size);
  batch.writeUInt32LE(BATCH.size);
  return batch;
}

/** A JSON text that a dtv_batch points to; undefined for none. */
export function jsonIn(batch: Buffer, at: number, lengthAt: number): unknown {
  const address = batch.readBigUInt64LE(at);
  if (address === 0n) return undefined;
  const length = batch.readBigUInt64LE(lengthAt);
  if (length <= MAX_JSON_BYTES) return parseJson(copyBytes(address, Number(length)).toString("utf8"));
  throw new DativoError("DTV_PLUGIN_RESULT", `A batch came with a position or warnings of ${length} bytes`, {
    hint: "A position has at most 64 KiB.",
  });
}

/** What the library wants the user to know. */
export function warningsIn(batch: Buffer): readonly string[] {
  const warnings = jsonIn(batch, BATCH.warnings, BATCH.warningsLength);
  return Array.isArray(warnings) ? warnings.map(String) : [];
}
