import koffi from "koffi";
import { DativoError } from "../contract/errors.ts";
import { ARROW_ARRAY } from "./layout.ts";
import { fixedBytes } from "./memory.ts";

const Release = koffi.proto("void dativo_release_array(void *)");

let live = 0;

/** Arrays of libraries that are held and not given back; none is left when a run has settled. */
export function liveNativeArrays(): number {
  return live;
}

/** Whoever forgets a batch keeps its memory for ever; this is the net under that. */
const net = new FinalizationRegistry<Buffer>((struct) => releaseStruct(struct));

/**
 * An array of a library that is held here. It has one owner: it is given back once, or moved once to another library,
 * which gives it back then. What is moved by copying the struct.
 */
export class NativeRows {
  readonly length: number;
  readonly #struct: Buffer;
  #holders = 1;
  #gone: "released" | "moved" | undefined;

  /** Takes over the struct at a place; undefined when there is none. */
  static takeFrom(bytes: Buffer, at: number): NativeRows | undefined {
    if (bytes.readBigUInt64LE(at + ARROW_ARRAY.release) === 0n) return undefined;
    const struct = fixedBytes(ARROW_ARRAY.size);
    bytes.copy(struct, 0, at, at + ARROW_ARRAY.size);
    bytes.writeBigUInt64LE(0n, at + ARROW_ARRAY.release);
    return new NativeRows(struct);
  }

  private constructor(struct: Buffer) {
    this.#struct = struct;
    this.length = Number(struct.readBigInt64LE(ARROW_ARRAY.length));
    live++;
    net.register(this, struct, this);
  }

  /** The struct, to be read now. @throws DativoError DTV_BATCH_MOVED */
  get struct(): Buffer {
    if (this.#gone) throw moved(this.#gone);
    return this.#struct;
  }

  retain(): void {
    if (this.#gone) throw moved(this.#gone);
    this.#holders++;
  }

  release(): void {
    if (this.#gone || --this.#holders > 0) return;
    this.#leave("released");
    releaseStruct(this.#struct);
  }

  /** Looks at the array; one that does not pass goes back to its library. */
  check(look: () => void): void {
    try {
      look();
    } catch (cause) {
      this.release();
      throw cause;
    }
  }

  /** True when nobody else holds the array, so that it can be moved. */
  get isAlone(): boolean {
    return this.#holders === 1;
  }

  /** Moves the array into the struct at a place of a library's memory. @throws DativoError DTV_BATCH_MOVED */
  moveTo(bytes: Buffer, at: number): void {
    this.struct.copy(bytes, at);
    this.#leave("moved");
    live--;
  }

  #leave(how: "released" | "moved"): void {
    this.#gone = how;
    net.unregister(this);
  }
}

function releaseStruct(struct: Buffer): void {
  live--;
  koffi.call(struct.readBigUInt64LE(ARROW_ARRAY.release), Release, struct);
}

function moved(how: string): DativoError {
  return new DativoError("DTV_BATCH_MOVED", `The batch was ${how} and is used once more`, {
    hint: "A batch has one owner: who hands it on gives it up. Call retain() first to keep it as well.",
  });
}
