import { Socket } from "node:net";

/**
 * What a pipe of the system gives, put by the system where the chunks are: a stream makes a buffer for each 64 KiB, and V8
 * looks through all of its heap for such garbage every few megabytes. What is there at once goes together, and what
 * comes alone, as from `tail -f`, goes at once. Nothing is read before it is asked for, so that whoever writes has to wait.
 */
export class PipeReader {
  readonly #nextBuffer: () => Buffer;
  readonly #socket: Socket;
  /** Is filled from `#end` on; what stands between `#start` and there was not given yet. */
  #buffer: Buffer;
  #start = 0;
  #end = 0;
  /** The next one, where the last is full. */
  #following: Buffer | undefined;
  #hasEnded = false;
  #failure: Error | undefined;
  #wake = (): void => {};

  /** `nextBuffer` gives memory that nobody looks at any more. */
  constructor(descriptor: number, nextBuffer: () => Buffer) {
    this.#nextBuffer = nextBuffer;
    this.#buffer = nextBuffer();
    const onread = { buffer: () => this.#room(), callback: (length: number) => this.#take(length) };
    // `manualStart` is what Node opens its own standard input with: nothing is read before `resume`.
    const options = { fd: descriptor, readable: true, writable: false, manualStart: true, onread };
    this.#socket = new Socket(options);
    this.#socket.on("error", (error) => {
      this.#failure = error;
    });
    for (const end of ["end", "close"]) {
      this.#socket.on(end, () => {
        this.#hasEnded = true;
        this.#wake();
      });
    }
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        await this.#fill();
        if (this.#start < this.#end) yield this.#given();
        else break;
      }
      if (this.#failure) throw this.#failure;
    } finally {
      this.destroy();
    }
  }

  /** Ends a wait for bytes that nobody wants any more. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** Returns when there is something, and nothing more has come by the next turn of the event loop. */
  async #fill(): Promise<void> {
    if (this.#following) this.#turn(this.#following);
    this.#socket.resume();
    while (!this.#hasEnded && !this.#following) {
      const before = this.#end;
      if (this.#start === before) await new Promise<void>((resolve) => (this.#wake = resolve));
      else await new Promise((resolve) => setImmediate(resolve));
      if (this.#start < before && this.#end === before) break;
    }
    this.#socket.pause();
  }

  #given(): Uint8Array {
    const given = this.#buffer.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return given;
  }

  #turn(buffer: Buffer): void {
    this.#buffer = buffer;
    this.#following = undefined;
    this.#start = 0;
    this.#end = 0;
  }

  /** Where the system puts what comes next. */
  #room(): Buffer {
    return this.#following ?? this.#buffer.subarray(this.#end);
  }

  /** False when there is no more room. */
  #take(length: number): boolean {
    this.#end += length;
    const isFull = this.#end === this.#buffer.length;
    if (isFull) {
      this.#following = this.#nextBuffer();
      this.#socket.pause();
    }
    this.#wake();
    return !isFull;
  }
}
