/**
 * ABI 1: JSON text across the border. A factory makes an object from its configuration, one function is called on it
 * again and again, one frees it; every text that the library returns goes back to it once.
 */
import { isUtf8 } from "node:buffer";
import { DativoError } from "../contract/errors.ts";
import { parseJson, stringifyJson } from "../contract/json.ts";
import { callNative } from "./calls.ts";
import type { NativeFunction, NativeLibrary } from "./library.ts";
import { bytesOfText } from "./memory.ts";

/** Names of the symbols that one kind of object has besides its factory. */
export interface Abi1Verbs {
  readonly call: "extract_batch" | "write_batch";
  readonly free: "free_reader" | "free_writer";
}

/** What a library says when it returns null: an error with its text, or nothing that could be told. */
export type NullReason = { readonly known: true; readonly error: string | undefined } | { readonly known: false };

/** One object of a library: made, called and freed here, by one owner. */
export class Abi1Object {
  readonly name: string;
  readonly #factory: NativeFunction;
  readonly #call: NativeFunction;
  readonly #free: NativeFunction;
  readonly #freeString: NativeFunction;
  readonly #lastError: NativeFunction | undefined;
  #pointer: bigint | undefined;
  #pending: Promise<unknown> = Promise.resolve();

  constructor(library: NativeLibrary, factory: string, verbs: Abi1Verbs) {
    this.name = `${library.file}:${factory}`;
    this.#factory = library.fn(factory, "void *", ["str"]);
    this.#call = library.fn(verbs.call, "void *", verbs.call === "write_batch" ? ["void *", "str"] : ["void *"]);
    this.#free = library.fn(verbs.free, "void", ["void *"]);
    this.#freeString = library.fn("free_string", "void", ["void *"]);
    this.#lastError = library.has("last_error") ? library.fn("last_error", "void *", ["void *"]) : undefined;
  }

  /** @throws DativoError DTV_PLUGIN_FAILED when the factory returns null. */
  async open(config: Readonly<Record<string, unknown>>): Promise<void> {
    const pointer = await this.#run<bigint | null>(this.#factory, stringifyJson(config));
    if (pointer) {
      this.#pointer = pointer;
      return;
    }
    throw new DativoError("DTV_PLUGIN_FAILED", `${this.name} returned null: it does not take its configuration`, {
      culprit: this.name,
      hint: "What it misses it may have written to stderr; look at the `connection` and `engine.options` of the job.",
    });
  }

  /** The JSON that a call returns, or undefined for null. @throws DativoError DTV_PLUGIN_RESULT when it is none. */
  async call(input?: string): Promise<unknown> {
    const text = await this.#text(this.#call, this.#pointer, ...(input === undefined ? [] : [input]));
    if (text === undefined) return undefined;
    if (!isUtf8(text)) throw this.#misresult("UTF-8");
    try {
      return parseJson(text.toString("utf8"));
    } catch (cause) {
      throw this.#misresult("JSON", cause);
    }
  }

  #misresult(what: string, cause?: unknown): DativoError {
    const message = `${this.name} returned text that is not ${what}`;
    return new DativoError("DTV_PLUGIN_RESULT", message, { culprit: this.name, cause });
  }

  /** Why the last call returned null. */
  async nullReason(): Promise<NullReason> {
    if (!this.#lastError) return { known: false };
    return { known: true, error: (await this.#text(this.#lastError, this.#pointer))?.toString("utf8") };
  }

  /** Frees the object, once, after the last call has returned. */
  async close(): Promise<void> {
    await this.#pending;
    const pointer = this.#pointer;
    this.#pointer = undefined;
    if (pointer) await callNative(this.#free, pointer);
  }

  async #text(fn: NativeFunction, ...args: unknown[]): Promise<Buffer | undefined> {
    const pointer = await this.#run<bigint | null>(fn, ...args);
    if (!pointer) return undefined;
    try {
      return bytesOfText(pointer);
    } finally {
      this.#freeString(pointer);
    }
  }

  /** Calls never overlap, and `close` waits for the one that is under way. */
  #run<T>(fn: NativeFunction, ...args: unknown[]): Promise<T> {
    const result = callNative<T>(fn, ...args);
    this.#pending = result.catch(() => undefined);
    return result;
  }
}
