import { StringDecoder } from "node:string_decoder";

/** A line that never ends is told in pieces. */
const MAX_LINE = 8 * 1024;

/** Lines of a text that arrives in pieces. */
export class LineSplitter {
  readonly #decoder = new StringDecoder("utf8");
  readonly #onLine: (line: string) => void;
  #rest = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  write(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#tell(line);
    while (this.#rest.length > MAX_LINE) {
      this.#tell(this.#rest.slice(0, MAX_LINE));
      this.#rest = this.#rest.slice(MAX_LINE);
    }
  }

  end(): void {
    this.#tell(this.#rest + this.#decoder.end());
    this.#rest = "";
  }

  #tell(line: string): void {
    if (line.trim() !== "") this.#onLine(line.trimEnd());
  }
}
