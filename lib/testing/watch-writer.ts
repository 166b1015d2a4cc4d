import type { CommitToken, FileMetadata } from "../contract/results.ts";
import type { BaseWriter, WriterClass } from "../contract/writer.ts";

export interface WatchedCommit {
  readonly files: readonly FileMetadata[];
  readonly token: CommitToken;
}

/** What was asked of the writers of a class, and what a behaviour does in between. */
export class WriterWatch {
  /** Records that were given to them. */
  written = 0;
  readonly files: FileMetadata[] = [];
  readonly commits: WatchedCommit[] = [];
  /** How often each one was closed, in their order. */
  readonly closed: number[] = [];
  readonly faults: string[] = [];
  afterSeal: (writer: BaseWriter) => Promise<void> = async () => {};
  beforeCommit: (writer: BaseWriter, commit: WatchedCommit) => Promise<void> = async () => {};

  /** The same class, under watch. */
  over(writerClass: WriterClass): WriterClass {
    return new Proxy(writerClass, {
      construct: (target, given, newTarget) => {
        const writer = Reflect.construct(target, given, newTarget) as BaseWriter;
        this.#join(writer);
        return writer;
      },
    });
  }

  #join(writer: BaseWriter): void {
    const writeBatch = writer.writeBatch.bind(writer);
    writer.writeBatch = async (records, fileCounter) => {
      const { length } = records;
      const files = await writeBatch(records, fileCounter);
      this.written += length;
      this.files.push(...files);
      return files;
    };
    const seal = writer.seal.bind(writer);
    writer.seal = async () => {
      const files = await seal();
      this.files.push(...files);
      await this.afterSeal(writer);
      return files;
    };
    this.#watchClose(writer);
    if (writer.commitFiles) this.#watchCommit(writer, writer.commitFiles.bind(writer));
  }

  #watchCommit(writer: BaseWriter, commitFiles: NonNullable<BaseWriter["commitFiles"]>): void {
    writer.commitFiles = async (files, token) => {
      await this.beforeCommit(writer, { files, token });
      this.commits.push({ files, token });
      return commitFiles(files, token);
    };
  }

  #watchClose(writer: BaseWriter): void {
    const close = writer.close.bind(writer);
    const index = this.closed.push(0) - 1;
    writer.close = async () => {
      this.closed[index] = (this.closed[index] as number) + 1;
      try {
        await close();
      } catch (fault) {
        this.faults.push(`close() failed: ${fault instanceof Error ? fault.message : String(fault)}`);
      }
    };
  }
}
