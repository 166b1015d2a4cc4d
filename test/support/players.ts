/** Small players for tests: real subclasses of the base classes, no more. */

import { AssetDefinition } from "../../lib/contract/asset.ts";
import type { Batch, Row } from "../../lib/contract/batch.ts";
import { SourceConfig } from "../../lib/contract/config.ts";
import { BaseReader, type Yielded } from "../../lib/contract/reader.ts";
import type { Reject } from "../../lib/contract/reject.ts";
import type { CommitResult, FileMetadata } from "../../lib/contract/results.ts";
import { RowBatch } from "../../lib/contract/row-batch.ts";
import { BaseTransform } from "../../lib/contract/transform.ts";
import { BaseWriter } from "../../lib/contract/writer.ts";
import { LocalStorage } from "../../lib/storage/local.ts";
import { MemoryBudget } from "../../lib/stream/budget.ts";
import { defaultEnvironment, type StreamEnvironment } from "../../lib/stream/stage.ts";
import type { Committer, Sealed, Staging } from "../../lib/stream/to-writable.ts";

export const MIB = 1024 * 1024;

export interface TestEnvironment extends StreamEnvironment {
  readonly warnings: string[];
}

/** An environment with a budget of its own, which a test can look into. */
export function testEnvironment(limitBytes = 64 * MIB, graceMs = 300): TestEnvironment {
  const warnings: string[] = [];
  const base = defaultEnvironment(new LocalStorage());
  return {
    ...base,
    budget: new MemoryBudget(limitBytes),
    graceMs,
    log: { ...base.log, warn: (message) => warnings.push(message) },
    warnings,
  };
}

/** A reader of whatever a generator yields. */
export class GeneratorReader extends BaseReader {
  readonly #source: (reader: GeneratorReader) => Iterable<Yielded> | AsyncIterable<Yielded>;
  closed = 0;

  constructor(source: (reader: GeneratorReader) => Iterable<Yielded> | AsyncIterable<Yielded>) {
    super(new SourceConfig());
    this.#source = source;
  }

  extract(): Iterable<Yielded> | AsyncIterable<Yielded> {
    return this.#source(this);
  }

  override close(): void {
    this.closed++;
  }
}

export function numbered(start: number, count: number): Row[] {
  return Array.from({ length: count }, (_, i) => ({ id: start + i, name: `row ${start + i}` }));
}

/** A transform made of functions. */
export class FunctionTransform extends BaseTransform {
  readonly #apply: (batch: Batch, self: FunctionTransform) => ReturnType<BaseTransform["apply"]>;
  closed = 0;

  constructor(apply: (batch: Batch, self: FunctionTransform) => ReturnType<BaseTransform["apply"]>) {
    super();
    this.#apply = apply;
  }

  apply(batch: Batch): ReturnType<BaseTransform["apply"]> {
    return this.#apply(batch, this);
  }

  override close(): void {
    this.closed++;
  }
}

/** A writer that keeps rows in memory and can be made to fail or wait at any hook. */
export class MemoryWriter extends BaseWriter {
  readonly rows: Row[] = [];
  readonly calls: string[] = [];
  readonly #at: (hook: string) => unknown;

  constructor(at: (hook: string) => unknown = () => undefined) {
    super(AssetDefinition.unchecked("memory"));
    this.#at = at;
  }

  override async open(): Promise<void> {
    this.calls.push("open");
    await this.#at("open");
  }

  async writeBatch(records: Row[]): Promise<FileMetadata[]> {
    this.calls.push("writeBatch");
    await this.#at("writeBatch");
    this.rows.push(...records);
    return [{ path: "memory", recordCount: records.length }];
  }

  override async seal(): Promise<FileMetadata[]> {
    this.calls.push("seal");
    await this.#at("seal");
    return [];
  }

  override async abortFiles(): Promise<void> {
    this.calls.push("abortFiles");
    await this.#at("abortFiles");
  }

  override async close(): Promise<void> {
    this.calls.push("close");
    await this.#at("close");
  }
}

/** A committer that records what it is asked for. */
export class RecordingCommitter implements Committer {
  readonly calls: string[] = [];
  readonly rejects: Reject[] = [];
  sealed: Sealed | undefined;
  readonly #writer: BaseWriter;
  readonly #commit: (sealed: Sealed) => Promise<CommitResult | undefined>;

  constructor(
    writer: BaseWriter,
    commit: (sealed: Sealed) => Promise<CommitResult | undefined> = async () => ({ status: "success" }),
  ) {
    this.#writer = writer;
    this.#commit = commit;
  }

  async open(): Promise<Staging> {
    this.calls.push("open");
    return { storage: new LocalStorage(), createWriter: async () => this.#writer };
  }

  async keepRejects(rejects: readonly Reject[]): Promise<void> {
    this.calls.push("keepRejects");
    this.rejects.push(...rejects);
  }

  async commit(sealed: Sealed): Promise<CommitResult | undefined> {
    this.calls.push("commit");
    this.sealed = sealed;
    return this.#commit(sealed);
  }

  async abort(): Promise<{ rejectsPath: string | undefined }> {
    this.calls.push("abort");
    return { rejectsPath: this.rejects.length > 0 ? "kept.rejects" : undefined };
  }
}

export function batchOf(rows: Row[]): RowBatch {
  return RowBatch.fromRows(rows);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Fails the test on rejections that nobody handled; returns the check for its end. */
export function watchUnhandled(): () => void {
  const seen: unknown[] = [];
  const listener = (reason: unknown): void => void seen.push(reason);
  process.on("unhandledRejection", listener);
  return () => {
    process.off("unhandledRejection", listener);
    if (seen.length > 0) throw new Error(`unhandled rejections: ${seen.map(String).join("; ")}`);
  };
}
