import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeTo } from "../compose.ts";
import type { AssetDefinition } from "../contract/asset.ts";
import type { Row } from "../contract/batch.ts";
import { TargetConfig, type TargetInit } from "../contract/config.ts";
import { BaseReader } from "../contract/reader.ts";
import { RowBatch } from "../contract/row-batch.ts";
import type { BaseWriter, WriterClass } from "../contract/writer.ts";
import { LocalStorage } from "../storage/local.ts";
import { runPipeline } from "../stream/run-pipeline.ts";
import { defaultEnvironment, useWriter } from "../stream/stage.ts";
import { toReadable } from "../stream/to-readable.ts";
import { HOSTILE_ASSET, sampleRecords } from "./sample-records.ts";
import { createTestEnvironment } from "./test-environment.ts";
import { WriterWatch } from "./watch-writer.ts";

export interface WriterSuite {
  readonly writerClass: WriterClass;
  /** `engine.options` of the target. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** What the writer is constructed with, for a target in or named after a fresh folder; by default the folder itself. */
  target?(folder: string): TargetInit | TargetConfig;
  /** The contract that records are made for; by default one of `HOSTILE_FIELDS`. */
  readonly asset?: AssetDefinition;
  /** Reads everything back that the target shows, in any order; without it values are not compared. */
  readBack?(folder: string): Promise<Row[]>;
}

/** What one behaviour works with: a writer's class under watch, a target of its own, and records. */
export class WriterTrial {
  readonly watch = new WriterWatch();
  readonly folder: string;
  readonly asset: AssetDefinition;
  readonly target: TargetConfig;
  readonly rows: Row[];
  readonly #suite: WriterSuite;

  constructor(suite: WriterSuite, folder: string) {
    const { asset = HOSTILE_ASSET, options } = suite;
    const { engine, ...target } = (suite.target?.(folder) ?? { connection: { path: folder } }) as TargetInit;
    this.#suite = suite;
    this.folder = folder;
    this.asset = asset;
    this.rows = sampleRecords(asset);
    this.target = new TargetConfig({ ...target, engine: { ...engine, options: { ...engine?.options, ...options } } });
  }

  static async run<T>(suite: WriterSuite, work: (trial: WriterTrial) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), "dativo-suite-"));
    try {
      return await work(new WriterTrial(suite, folder));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Writes and commits records; `beforeEnd` is called when all of them were given to the writer. */
  async write(rows: readonly Row[] = this.rows, beforeEnd?: () => Promise<void> | void): Promise<void> {
    const reader = new RowsReader(rows, this.asset, beforeEnd);
    const writerClass = this.watch.over(this.#suite.writerClass);
    const writing = writeTo(writerClass, this.folder, { asset: this.asset, target: this.target });
    await runPipeline([toReadable(reader, { environment: createTestEnvironment() }), writing]);
  }

  /** The same, of a source that fails in the end. */
  async fail(): Promise<void> {
    const fault = new Error("the source broke");
    const failing = this.write(this.rows, () => {
      throw fault;
    });
    await failing.then(
      () => Promise.reject(new Error("the write must fail when the source does")),
      (error: unknown) => (error === fault ? undefined : Promise.reject(error)),
    );
  }

  /** A writer that was given no record, as the one that recovers from a crash. */
  withWriter<T>(work: (writer: BaseWriter) => Promise<T>): Promise<T> {
    const writer = new this.#suite.writerClass(this.asset, this.target, this.folder);
    return useWriter(writer, defaultEnvironment(new LocalStorage()), work);
  }

  /** What a reader of the target sees, sorted, for a comparison; undefined where nobody reads it back. */
  async shown(): Promise<readonly unknown[] | undefined> {
    const { readBack } = this.#suite;
    return readBack && this.comparable(await readBack(this.folder));
  }

  comparable(rows: readonly Row[]): readonly string[] {
    const { names } = this.asset.targetSchema();
    // An integer is read as text where a format has no types.
    const cell = (value: unknown): unknown => (typeof value === "bigint" ? String(value) : (value ?? null));
    return rows.map((row) => JSON.stringify(names.map((name) => cell(row[name])))).sort();
  }

  /** The files that a reader of the folder sees. */
  async visible(): Promise<string[]> {
    return (await readdir(this.folder)).filter((name) => name !== "_dativo");
  }
}

/** Size of every file below a folder. */
export async function sizesBelow(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder, { recursive: true }).catch(() => [])).sort();
  return Promise.all(names.map(async (name) => `${name} ${(await stat(join(folder, name))).size}`));
}

/** Rows in small batches of the contract's types, and a hook before the end. */
class RowsReader extends BaseReader {
  readonly #rows: readonly Row[];
  readonly #asset: AssetDefinition;
  readonly #beforeEnd: (() => Promise<void> | void) | undefined;

  constructor(rows: readonly Row[], asset: AssetDefinition, beforeEnd: (() => Promise<void> | void) | undefined) {
    super();
    this.#rows = rows;
    this.#asset = asset;
    this.#beforeEnd = beforeEnd;
  }

  async *extract(): AsyncGenerator<RowBatch> {
    const schema = this.#asset.targetSchema();
    for (let at = 0; at < this.#rows.length; at += 3) yield RowBatch.fromRows(this.#rows.slice(at, at + 3), schema);
    await this.#beforeEnd?.();
  }
}
