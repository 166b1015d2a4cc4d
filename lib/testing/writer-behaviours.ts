import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeTo } from "../compose.ts";
import { AssetDefinition, type FieldSpec } from "../contract/asset.ts";
import type { Row } from "../contract/batch.ts";
import { TargetConfig } from "../contract/config.ts";
import { BaseReader } from "../contract/reader.ts";
import { RowBatch } from "../contract/row-batch.ts";
import type { WriterClass } from "../contract/writer.ts";
import { runPipeline } from "../stream/run-pipeline.ts";
import { toReadable } from "../stream/to-readable.ts";
import { type Behaviour, demand, demandSame } from "./behaviour.ts";
import { createTestEnvironment } from "./test-environment.ts";

export interface WriterSuite {
  readonly writerClass: WriterClass;
  /** `engine.options` of the target. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Reads everything back that the target folder shows, in any order; columns of {@link HOSTILE_FIELDS} included. */
  readBack(folder: string): Promise<Row[]>;
}

/** Names and values that have broken writers before. */
export const HOSTILE_FIELDS: readonly FieldSpec[] = [
  { name: "id", type: "string", required: true },
  { name: "__proto__", type: "string" },
  { name: "constructor", type: "string" },
  { name: "prototype", type: "string" },
  { name: "toString", type: "string" },
  { name: "hasOwnProperty", type: "string" },
  { name: 'with space, comma and "quote"', type: "string" },
  { name: "Ünïcödé 😀", type: "string" },
];

const HOSTILE_VALUES: readonly (string | null)[] = [
  "plain",
  "two\nlines",
  'a "quoted" word',
  "comma, semicolon; tab\t",
  "=1+1",
  "Ünïcödé 😀 \u{10FFFF}",
  " spaces ",
  "null",
  null,
  "0012",
];

/** What every writer of files does: nothing shows before the commit, everything after it, nothing after a failure. */
export function writerBehaviours(suite: WriterSuite): Behaviour[] {
  return [
    {
      name: "shows nothing before the commit and everything after it",
      run: () =>
        inFolder(async (folder) => {
          let shown: string[] = [];
          await write(suite, folder, hostileRows(), async () => {
            shown = await visible(folder);
          });
          demandSame(shown, [], "files before the commit");
          demand((await visible(folder)).length > 0, "there must be a file after the commit");
        }),
    },
    {
      name: "keeps every value of hostile names and hostile text",
      run: () =>
        inFolder(async (folder) => {
          const rows = hostileRows();
          await write(suite, folder, rows);
          demandSame(sorted(await suite.readBack(folder)), sorted(rows), "what was read back");
          demandSame(({} as { polluted?: unknown }).polluted, undefined, "a property of every object");
        }),
    },
    {
      name: "leaves nothing behind when the source fails",
      run: () =>
        inFolder(async (folder) => {
          const failing = write(suite, folder, hostileRows(), () => {
            throw new Error("the source broke");
          });
          await failing.then(
            () => demand(false, "the write must fail"),
            () => {},
          );
          demandSame(await visible(folder), [], "files after the failure");
        }),
    },
    {
      name: "shows the records of two commits side by side",
      run: () =>
        inFolder(async (folder) => {
          const rows = hostileRows();
          await write(suite, folder, rows);
          await write(suite, folder, rows);
          demandSame((await suite.readBack(folder)).length, rows.length * 2, "records after two commits");
        }),
    },
    {
      name: "makes no file when no record comes",
      run: () =>
        inFolder(async (folder) => {
          await write(suite, folder, []);
          demandSame(await visible(folder), [], "files");
        }),
    },
  ];
}

async function write(
  suite: WriterSuite,
  folder: string,
  rows: Row[],
  beforeEnd?: () => Promise<void> | void,
): Promise<void> {
  const asset = new AssetDefinition({ name: "suite", schema: HOSTILE_FIELDS });
  const target = new TargetConfig({ connection: { path: folder }, engine: { options: suite.options ?? {} } });
  const reader = toReadable(new RowsReader(rows, asset, beforeEnd), { environment: createTestEnvironment() });
  await runPipeline([reader, writeTo(suite.writerClass, folder, { asset, target })]);
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

function hostileRows(): Row[] {
  return HOSTILE_VALUES.map((value, index) => {
    const row = Object.create(null) as Row;
    for (const { name } of HOSTILE_FIELDS) row[name] = name === "id" ? `${index}` : value;
    return row;
  });
}

function sorted(rows: readonly Row[]): unknown[] {
  return rows
    .map((row) => HOSTILE_FIELDS.map(({ name }) => [name, row[name] ?? null]))
    .sort((a, b) => String(a[0]?.[1]).localeCompare(String(b[0]?.[1])));
}

async function visible(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name !== "_dativo");
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "dativo-suite-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
