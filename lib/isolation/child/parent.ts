import type { Frame, Header } from "../frame.ts";
import { parseError } from "../wire-error.ts";
import type { Ask } from "./asked-storage.ts";

interface Waiting {
  resolve(answer: Frame): void;
  reject(error: unknown): void;
}

/** What this process asks of the one that started it. */
export class Parent {
  readonly #send: (header: Header, body?: Uint8Array) => void;
  readonly #waiting = new Map<unknown, Waiting>();
  #last = 0;

  constructor(send: (header: Header, body?: Uint8Array) => void) {
    this.#send = send;
  }

  readonly ask: Ask = (verb, header = {}, body) =>
    new Promise((resolve, reject) => {
      const serve = ++this.#last;
      this.#waiting.set(serve, { resolve, reject });
      this.#send({ ...header, serve, verb }, body);
    });

  /** Takes an answer; false for a frame that is none. */
  take(frame: Frame): boolean {
    const { served, error } = frame.header;
    if (served === undefined) return false;
    const waiting = this.#waiting.get(served);
    this.#waiting.delete(served);
    if (error === undefined) waiting?.resolve(frame);
    else waiting?.reject(parseError(error as Header));
    return true;
  }
}
