import type { Unpacking } from "../contract/compression.ts";
import type { Partition } from "../contract/file-name.ts";
import type { SourceFile, StagedFile, Storage, StoredFile } from "../contract/storage.ts";
import type { Header, Reply } from "./frame.ts";
import type { NamedFiles } from "./named-files.ts";
import { Streams } from "./streams.ts";

/**
 * The storage of a stage, asked by its plugin in another process. Files are opened and staged here, by whoever opens and
 * stages them for a plugin in this process: commits, digests and stores are the same.
 */
export class ServedStorage {
  readonly #storage: Storage;
  readonly #named: NamedFiles;
  readonly #sources = new Map<unknown, SourceFile>();
  readonly #staged = new Map<unknown, StagedFile>();
  readonly #chunks = new Streams<Uint8Array>();
  #last = 0;

  constructor(storage: Storage, named: NamedFiles) {
    this.#storage = storage;
    this.#named = named;
  }

  async answer(verb: string, header: Header, body: Uint8Array): Promise<Reply> {
    const { file } = header;
    switch (verb) {
      case "find":
        return { header: { files: await this.#find(String(header["pattern"])) } };
      case "open":
        return { header: await this.#open(String(header["path"])) };
      case "bytes":
        return { header: { stream: this.#chunks.add(chunksOf(this.#source(file), header["unpacking"])) } };
      case "chunk":
        return this.#chunk(header["stream"]);
      case "end":
        await this.#chunks.end(header["stream"]);
        return { header: {} };
      case "read":
        return { header: {}, body: await this.#source(file).read(Number(header["offset"]), Number(header["length"])) };
      case "digest":
        return { header: { digest: await this.#source(file).digest(header["upTo"] as number | undefined) } };
      case "digestSoFar":
        return { header: { ...(await this.#source(file).digestSoFar()) } };
      case "verifyUnchanged":
        await this.#source(file).verifyUnchanged();
        return { header: {} };
      case "close":
        await this.#closeSource(file);
        return { header: {} };
      case "create":
        return { header: await this.#create(header) };
      case "write":
        await this.#stagedFile(file).write(body);
        return { header: this.#facts(file) };
      case "seal":
        return { header: await this.#seal(file) };
      case "discard":
        await this.#discard(file);
        return { header: {} };
      default:
        throw new RangeError(`A storage is not asked to ${verb}`);
    }
  }

  /** Gives back what the plugin has not. */
  async close(): Promise<void> {
    for (const file of [...this.#sources.keys()]) await this.#closeSource(file);
    for (const file of [...this.#staged.keys()]) await this.#discard(file);
  }

  async #find(pattern: string): Promise<StoredFile[]> {
    this.#named.require(pattern);
    const files = await this.#storage.find(pattern);
    for (const { path } of files) this.#named.add(path, pattern);
    return files;
  }

  async #open(path: string): Promise<Header> {
    this.#named.require(path);
    const source = await this.#storage.open(path);
    this.#sources.set(++this.#last, source);
    const { sizeBytes, mtimeNs, version } = source;
    return { file: this.#last, path: source.path, sizeBytes, mtimeNs, version };
  }

  async #chunk(stream: unknown): Promise<Reply> {
    const { value, done } = await this.#chunks.next(stream);
    return done ? { header: { end: true } } : { header: {}, body: value };
  }

  async #closeSource(file: unknown): Promise<void> {
    const source = this.#sources.get(file);
    this.#sources.delete(file);
    await source?.close();
  }

  async #create({ name, folders }: Header): Promise<Header> {
    const staged = await this.#storage.create(String(name), folders as (string | Partition)[] | undefined);
    this.#staged.set(++this.#last, staged);
    return { file: this.#last, ...this.#facts(this.#last) };
  }

  async #seal(file: unknown): Promise<Header> {
    const staged = this.#stagedFile(file);
    const sealed = await staged.seal();
    this.#staged.delete(file);
    return { path: staged.path, sealed };
  }

  async #discard(file: unknown): Promise<void> {
    const staged = this.#staged.get(file);
    this.#staged.delete(file);
    await staged?.discard();
  }

  #facts(file: unknown): Header {
    const { path, sizeBytes } = this.#stagedFile(file);
    return { path, sizeBytes };
  }

  #source(file: unknown): SourceFile {
    return this.#sources.get(file) as SourceFile;
  }

  #stagedFile(file: unknown): StagedFile {
    return this.#staged.get(file) as StagedFile;
  }
}

function chunksOf(source: SourceFile, unpacking: unknown): AsyncIterator<Uint8Array> {
  return source.bytes(unpacking as Unpacking | undefined)[Symbol.asyncIterator]();
}
