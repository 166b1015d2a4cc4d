import { closeSync, openSync, readSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import koffi, { type LibraryHandle } from "koffi";
import { DativoError, systemCode } from "../contract/errors.ts";
import { createSha256 } from "../contract/sha256.ts";

/** A function of a library: called as it is on this thread, with `.async` on another. */
export type NativeFunction = ReturnType<LibraryHandle["func"]>;

/** A shared library that stays loaded until the process ends. */
export class NativeLibrary {
  /** Absolute, symbolic links resolved. */
  readonly file: string;
  readonly #handle: LibraryHandle;
  /** By their declarations: some are asked for with every file, and koffi takes 14 µs to make one. */
  readonly #functions = new Map<string, NativeFunction>();
  #sha256: string | undefined;

  constructor(file: string, handle: LibraryHandle) {
    this.file = file;
    this.#handle = handle;
  }

  /** Of the file's bytes, hex. */
  get sha256(): string {
    this.#sha256 ??= hashFile(this.file);
    return this.#sha256;
  }

  has(symbol: string): boolean {
    try {
      this.#handle.symbol(symbol);
      return true;
    } catch {
      return false;
    }
  }

  /** Where a symbol stands in memory; undefined when the library does not export it. */
  addressOf(symbol: string): bigint | undefined {
    return this.has(symbol) ? koffi.address(this.#handle.symbol(symbol)) : undefined;
  }

  /** @throws DativoError DTV_PLUGIN_CLASS when the library does not export the symbol. */
  fn(symbol: string, result: string, args: string[]): NativeFunction {
    const declaration = `${result} ${symbol}(${args.join(", ")})`;
    const known = this.#functions.get(declaration);
    if (known) return known;
    if (!this.has(symbol)) {
      throw new DativoError("DTV_PLUGIN_CLASS", `Symbol '${symbol}' not found in library: ${this.file}`, {
        culprit: this.file,
        hint: `Export it with C linkage: #[unsafe(no_mangle)] pub extern "C" fn ${symbol}(…). \`nm -D ${this.file}\` lists what there is.`,
      });
    }
    const made = this.#handle.func(symbol, result, args);
    this.#functions.set(declaration, made);
    return made;
  }
}

const HASH_BYTES = 256 * 1024;

/** A library without references is unloaded, and one that has threads of its own then takes the process with it. */
const loaded = new Map<string, NativeLibrary>();

/**
 * Loads a shared library and keeps it.
 *
 * @throws DativoError DTV_PLUGIN_NOT_FOUND, DTV_PLUGIN_LOAD
 */
export function openLibrary(path: string): NativeLibrary {
  const file = locate(path);
  const known = loaded.get(file);
  if (known) return known;
  configureCalls();
  try {
    pin(file);
    const library = new NativeLibrary(file, koffi.load(file));
    loaded.set(file, library);
    return library;
  } catch (cause) {
    throw new DativoError("DTV_PLUGIN_LOAD", `Library ${path} could not be loaded: ${(cause as Error).message}`, {
      culprit: path,
      hint: `Is it built for ${process.platform}-${process.arch}, and are the libraries it needs here? \`ldd ${file}\` tells.`,
      cause,
    });
  }
}

/** In pieces: a library with its debug information is large. */
function hashFile(path: string): string {
  const hash = createSha256();
  const piece = Buffer.allocUnsafeSlow(HASH_BYTES);
  const file = openSync(path, "r");
  try {
    for (let length = -1; length !== 0; ) {
      length = readSync(file, piece);
      hash.update(piece.subarray(0, length));
    }
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}

function locate(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    if (systemCode(cause) !== "ENOENT") throw cause;
    throw new DativoError("DTV_PLUGIN_NOT_FOUND", `Rust plugin library not found: ${path}`, {
      culprit: path,
      hint: `It was looked for at ${resolve(path)}. A Rust library is there after \`cargo build --release\`.`,
      cause,
    });
  }
}

const SETTINGS = { async_stack_size: 8 * 1024 * 1024, resident_async_pools: 32 };

let configured = false;

/** Once, before anything is loaded: the default stack of an async call, 128 KiB, overflows at one large local. */
export function configureCalls(): void {
  if (configured) return;
  configured = true;
  // The command line has said the same before, for another reason; once more is an error.
  if (koffi.config()["async_stack_size"] === SETTINGS.async_stack_size) return;
  koffi.config(SETTINGS);
}

const RTLD_NOW = 2;
const RTLD_NODELETE: Readonly<Partial<Record<NodeJS.Platform, number>>> = { linux: 0x1000, darwin: 0x80 };

/** Even when the last handle is closed at exit, the code of a library with threads must stay where it is. */
function pin(file: string): void {
  const noDelete = RTLD_NODELETE[process.platform];
  if (noDelete === undefined) return;
  const system = koffi.load(null);
  const open = system.func("dlopen", "void *", ["str", "int"]);
  // Looked up first: looking a symbol up forgets the error of the call before.
  const lastError = system.func("dlerror", "str", []);
  if (open(file, RTLD_NOW | noDelete)) return;
  throw new Error(String(lastError()));
}
