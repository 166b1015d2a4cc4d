import { fstatSync, read, readFileSync, type Stats } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { DativoError, toDativoError } from "../contract/errors.ts";
import type { InputStream } from "../contract/standard-streams.ts";
import type { ContentHash, SourceFile } from "../contract/storage.ts";
import { unwritable } from "../contract/unwritable.ts";
import { hashInWebAssembly } from "./content-hash.ts";
import { decompress } from "./decompress.ts";
import { LocalStorage } from "./local.ts";
import { pipeChunks } from "./pipe-chunks.ts";
import { PipeReader } from "./pipe-reader.ts";
import type { StandardOptions } from "./standard-streams.ts";

const readFrom = promisify(read);

const STDIN = 0;
const CHUNK_BYTES = 1024 * 1024;

/** Standard input, whatever stands there: a pipe, a file, a terminal. */
export class StandardInput implements InputStream {
  readonly name = "stdin";
  readonly #options: StandardOptions;
  readonly #content: AsyncIterator<Uint8Array>;
  #hash: Promise<ContentHash> | undefined;
  #head: Uint8Array = new Uint8Array(0);
  #isLent = false;
  readonly #lent: [Buffer?, Buffer?] = [];
  #turn: 0 | 1 = 0;
  #pipe: PipeReader | undefined;
  #isClosed = false;

  constructor(options: StandardOptions = {}) {
    this.#options = options;
    this.#content = decompress(this.#stored(), this.name, { isLent: true })[Symbol.asyncIterator]();
  }

  async head(count: number): Promise<Uint8Array> {
    while (this.#head.length < count) {
      const { value, done } = await this.#content.next();
      if (done) break;
      this.#head = this.#head.length === 0 ? value : Buffer.concat([this.#head, value]);
    }
    return this.#head;
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    try {
      const head = this.#head;
      this.#head = new Uint8Array(0);
      if (head.length > 0) yield head;
      for (let next = await this.#content.next(); !next.done; next = await this.#content.next()) yield next.value;
    } finally {
      await this.#content.return?.();
    }
  }

  lentBytes(): AsyncGenerator<Uint8Array> {
    this.#isLent = true;
    return this.bytes();
  }

  async spool(folder: string, maxBytes: number): Promise<SourceFile> {
    const path = join(folder, "stdin.spooled");
    const file = await open(path, "wx", 0o600).catch((cause: unknown) => {
      throw unwritable(path, cause);
    });
    let size = 0;
    try {
      for await (const bytes of this.bytes()) {
        size += bytes.length;
        if (size > maxBytes) throw tooLarge(maxBytes);
        await file.appendFile(bytes).catch((cause: unknown) => {
          throw unwritable(path, cause);
        });
      }
    } finally {
      await file.close();
    }
    return new LocalStorage(folder).open(path);
  }

  async digest(): Promise<string | undefined> {
    return (await this.#hash)?.digest();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#pipe) {
      this.#pipe.destroy();
      return;
    }
    const facts = fstatSync(STDIN);
    if (!facts.isFile() && !facts.isFIFO()) process.stdin.destroy();
  }

  async *#stored(): AsyncGenerator<Uint8Array> {
    const observe = this.#options.observe ?? (() => {});
    if (this.#options.isHashed) this.#hash = hashInWebAssembly();
    const hash = await this.#hash;
    try {
      for await (const bytes of this.#open()) {
        hash?.update(bytes);
        observe(bytes.length);
        yield bytes;
      }
    } catch (error) {
      throw toDativoError(error, "DTV_SOURCE_UNREADABLE", "Cannot read standard input", { culprit: this.name });
    }
  }

  #open(): AsyncIterable<Uint8Array> {
    const facts = fstatSync(STDIN);
    refuseUnreadable(facts);
    if (facts.isFile()) return fileChunks(() => this.#nextBuffer());
    if (!facts.isFIFO()) return pipeChunks(process.stdin, CHUNK_BYTES);
    this.#pipe = new PipeReader(STDIN, () => this.#nextBuffer());
    if (this.#isClosed) this.#pipe.destroy();
    return this.#pipe.chunks();
  }

  /** Once the bytes are lent, so is the memory of what is read from then on. */
  #nextBuffer(): Buffer {
    if (!this.#isLent) return Buffer.allocUnsafeSlow(CHUNK_BYTES);
    this.#turn = this.#turn === 0 ? 1 : 0;
    this.#lent[this.#turn] ??= Buffer.allocUnsafeSlow(CHUNK_BYTES);
    return this.#lent[this.#turn] as Buffer;
  }
}

function refuseUnreadable(facts: Stats): void {
  if (wasClosed()) {
    throw new DativoError("DTV_SOURCE_UNREADABLE", "Standard input is closed", {
      culprit: "stdin",
      hint: "Pipe data into the command, or name a file.",
    });
  }
  if (facts.isDirectory()) {
    throw new DativoError("DTV_SOURCE_UNREADABLE", "Standard input is a folder", { culprit: "stdin" });
  }
}

/** Node opens /dev/null in place of a descriptor that was closed, for reading and writing, which nobody else does. */
function wasClosed(): boolean {
  try {
    const facts = fstatSync(STDIN);
    const isNull = facts.isCharacterDevice() && facts.rdev === NULL_DEVICE;
    return isNull && /^flags:\s*0*\d*2$/m.test(readFileSync("/proc/self/fdinfo/0", "utf8"));
  } catch {
    return false;
  }
}

/** Major 1, minor 3 on Linux. */
const NULL_DEVICE = 0x103;

/** From where the descriptor stands: another process may have read the beginning. */
async function* fileChunks(nextBuffer: () => Buffer): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { bytesRead, buffer } = await readFrom(STDIN, nextBuffer(), 0, CHUNK_BYTES, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

function tooLarge(maxBytes: number): DativoError {
  return new DativoError("DTV_RECORD_TOO_LARGE", `Standard input has more than ${maxBytes} bytes to spool`, {
    culprit: "stdin",
    hint: "This format is read from its end, so the whole stream is kept in a temporary file first. Raise max_spool_bytes, or name the file.",
  });
}
