import type { Unpacking } from "../../contract/compression.ts";
import type { Partition } from "../../contract/file-name.ts";
import type { ContentHash, SourceFile, StagedFile, Storage, StoredFile } from "../../contract/storage.ts";
import type { Frame, Header } from "../frame.ts";

/** Asks the other process for something. */
export type Ask = (verb: string, header?: Header, body?: Uint8Array) => Promise<Frame>;

/** Files that the other process opens and stages. */
export class AskedStorage implements Storage {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  async find(pattern: string): Promise<StoredFile[]> {
    return (await this.#ask("find", { pattern })).header["files"] as StoredFile[];
  }

  async open(path: string): Promise<SourceFile> {
    const { header } = await this.#ask("open", { path });
    return new AskedSource(this.#ask, header as unknown as StoredFile & { file: number });
  }

  async create(name: string, folders?: readonly (string | Partition)[]): Promise<StagedFile> {
    const { header } = await this.#ask("create", { name, folders });
    return new AskedFile(this.#ask, header as { file: number; path: string; sizeBytes: number });
  }
}

class AskedSource implements SourceFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeNs: string;
  readonly version?: string | undefined;
  readonly #ask: Ask;
  readonly #file: number;

  constructor(ask: Ask, { file, path, sizeBytes, mtimeNs, version }: StoredFile & { file: number }) {
    this.#ask = ask;
    this.#file = file;
    this.path = path;
    this.sizeBytes = sizeBytes;
    this.mtimeNs = mtimeNs;
    if (version !== undefined) this.version = version;
  }

  /** One chunk is on its way while the one before it is looked at. */
  async *bytes(unpacking?: Unpacking): AsyncGenerator<Uint8Array> {
    const { stream } = (await this.#ask("bytes", { file: this.#file, unpacking })).header;
    const next = (): Promise<Frame> => {
      const chunk = this.#ask("chunk", { stream });
      // One that fails after the last was taken is met by nobody.
      chunk.catch(() => {});
      return chunk;
    };
    try {
      for (let ahead = next(); ; ) {
        const { header, body } = await ahead;
        if (header["end"] === true) return;
        ahead = next();
        yield body;
      }
    } finally {
      await this.#ask("end", { stream });
    }
  }

  /** What came through a pipe is nobody else's. */
  lentBytes(_chunkBytes: number, _makeHash?: () => ContentHash, unpacking?: Unpacking): AsyncIterable<Uint8Array> {
    return this.bytes(unpacking);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return (await this.#ask("read", { file: this.#file, offset, length })).body;
  }

  async digest(upTo?: number): Promise<string> {
    return (await this.#ask("digest", { file: this.#file, upTo })).header["digest"] as string;
  }

  async digestSoFar(): Promise<{ readonly readBytes: number; readonly xxh128: string }> {
    const { readBytes, xxh128 } = (await this.#ask("digestSoFar", { file: this.#file })).header;
    return { readBytes: readBytes as number, xxh128: xxh128 as string };
  }

  async verifyUnchanged(): Promise<void> {
    await this.#ask("verifyUnchanged", { file: this.#file });
  }

  async close(): Promise<void> {
    await this.#ask("close", { file: this.#file });
  }
}

class AskedFile implements StagedFile {
  path: string;
  sizeBytes: number;
  readonly #ask: Ask;
  readonly #file: number;

  constructor(ask: Ask, { file, path, sizeBytes }: { file: number; path: string; sizeBytes: number }) {
    this.#ask = ask;
    this.#file = file;
    this.path = path;
    this.sizeBytes = sizeBytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { path, sizeBytes } = (await this.#ask("write", { file: this.#file }, bytes)).header;
    this.path = path as string;
    this.sizeBytes = sizeBytes as number;
  }

  async seal(): Promise<{ sizeBytes: number; sha256: string }> {
    const { path, sealed } = (await this.#ask("seal", { file: this.#file })).header;
    this.path = path as string;
    return sealed as { sizeBytes: number; sha256: string };
  }

  async discard(): Promise<void> {
    await this.#ask("discard", { file: this.#file });
  }
}
