import type { RecordCounter } from "../../contract/format.ts";
import { ByteWindow, piecesOf } from "../text/byte-window.ts";
import { HEAD_BYTES, inspectHead } from "../text/text-head.ts";
import type { JsonlDecodeOptions } from "./jsonl-options.ts";
import { LineScanner } from "./line-scanner.ts";

/** Lines that are listed before they are counted. */
const CAPACITY = 10_000;

/** Bytes of JSON Lines → how many lines are not blank. What they hold is not looked at. */
export class JsonlCounter implements RecordCounter {
  readonly #source: string;
  readonly #maxBytes: number;
  readonly #window: ByteWindow;
  #scanner: LineScanner | undefined;
  #scanned = 0;
  #records = 0;

  constructor(options: JsonlDecodeOptions, { source }: { readonly source: string }) {
    this.#source = source;
    this.#maxBytes = options.max_record_bytes;
    this.#window = new ByteWindow(this.#maxBytes);
  }

  push(bytes: Uint8Array): void {
    for (const piece of piecesOf(bytes)) {
      this.#window.append(piece);
      if (this.#window.end >= HEAD_BYTES) this.#advance();
    }
  }

  end(): number {
    const scanner = this.#advance();
    scanner.finish(this.#window.view(scanner.needed, this.#window.end), scanner.needed);
    this.#take(scanner);
    return this.#records;
  }

  #advance(): LineScanner {
    this.#scanner ??= this.#start();
    const scanner = this.#scanner;
    for (;;) {
      const { needed } = scanner;
      const read = scanner.scan(this.#window.view(needed, this.#window.end), needed, this.#scanned - needed);
      this.#scanned = needed + read;
      const isDone = !scanner.isFull;
      this.#take(scanner);
      if (isDone) break;
    }
    this.#window.discard(scanner.needed);
    return scanner;
  }

  #start(): LineScanner {
    const head = this.#window.view(0, Math.min(HEAD_BYTES, this.#window.end));
    this.#scanned = inspectHead(head, this.#source, "utf-8", new Uint8Array());
    const init = { source: this.#source, capacity: CAPACITY, maxBytes: this.#maxBytes, position: this.#scanned };
    return new LineScanner(init);
  }

  #take(scanner: LineScanner): void {
    this.#records += scanner.takeLines().length;
    if (scanner.fault) throw scanner.fault;
  }
}
