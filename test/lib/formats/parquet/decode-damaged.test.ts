import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DativoError } from "../../../../lib/contract/errors.ts";
import { bytesOf, decodeBatches, encodeAll } from "./codec.ts";
import { Dice, damage } from "./damage.ts";
import { Duck } from "./duck.ts";
import { sampleTable } from "./sample.ts";

/** Damaged copies per file; a longer search is one environment variable away. */
const COPIES = Number(process.env["PARQUET_FUZZ"] ?? 400);
/** One file takes a few milliseconds; a loop without end takes all day. */
const MOST_MS = 5000;
const MOST_BYTES = 600 * 1024 * 1024;
/** A file whose counts are wrong may truthfully hold records without end; they need not all be read. */
const MOST_BATCHES = 200;

let duck: Duck;
beforeAll(async () => {
  duck = await Duck.open();
});
afterAll(() => duck.close());

async function duckFile(options: string): Promise<Buffer> {
  const path = duck.path("sound.parquet");
  await duck.run(`COPY (
    SELECT i, 'text ' || i % 7 AS s, CASE WHEN i % 3 = 0 THEN NULL ELSE i / 7 END AS d, i % 2 = 0 AS b,
      TIMESTAMP '2020-01-01' + INTERVAL (i) SECOND AS t, (i * 1.5)::DECIMAL(12, 2) AS m, (i * 1.5)::DECIMAL(38, 2) AS w,
      [i, NULL, i + 1] AS l, {'x': i, 'y': ['a', 'b']} AS st, MAP {'k': i} AS mp, ('b' || i)::BLOB AS bl, uuid() AS u
    FROM range(300) r(i)) TO '${path}' (FORMAT parquet, ${options})`);
  return readFileSync(path);
}

async function ourFile(compression: string): Promise<Buffer> {
  const { schema, columns } = sampleTable(300, true);
  return encodeAll(schema, columns, { options: { compression, row_group_size: 120 } });
}

const FILES: Readonly<Record<string, () => Promise<Buffer>>> = {
  "DuckDB, zstd": () => duckFile("CODEC 'zstd'"),
  "DuckDB, snappy": () => duckFile("CODEC 'snappy'"),
  "DuckDB, gzip": () => duckFile("CODEC 'gzip'"),
  "DuckDB, brotli": () => duckFile("CODEC 'brotli'"),
  "DuckDB, lz4": () => duckFile("CODEC 'lz4_raw'"),
  "DuckDB, uncompressed": () => duckFile("CODEC 'uncompressed'"),
  "DuckDB, delta encodings": () => duckFile("CODEC 'uncompressed', PARQUET_VERSION V2"),
  "ours, zstd": () => ourFile("zstd"),
  "ours, uncompressed": () => ourFile("none"),
};

describe("a damaged file gives an error that says so, or some values; never anything else", () => {
  for (const [name, make] of Object.entries(FILES)) {
    test(name, { timeout: 600_000 }, async () => {
      const sound = await make();
      const tally = { errors: 0, read: 0 };
      for (let seed = 0; seed < COPIES; seed++) {
        const copy = damage(sound, new Dice(seed));
        const started = performance.now();
        const error = await readOrFail(copy);
        const took = performance.now() - started;
        if (took > MOST_MS) throw new Error(`seed ${seed} took ${took} ms`);
        if (process.memoryUsage().rss > MOST_BYTES) throw new Error(`seed ${seed} took too much memory`);
        if (error === undefined) tally.read++;
        else if (isExpected(error)) tally.errors++;
        else throw new Error(`seed ${seed} threw another error`, { cause: error });
      }
      expect(tally.errors + tally.read).toBe(COPIES);
      expect(tally.errors).toBeGreaterThan(COPIES / 4);
    });
  }
});

async function readOrFail(content: Buffer): Promise<unknown> {
  let batches = 0;
  try {
    for await (const batch of decodeBatches(bytesOf(content))) {
      for (const index of batch.schema.fields.keys()) batch.cells(index);
      if (++batches === MOST_BATCHES) break;
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

function isExpected(error: unknown): boolean {
  if (!(error instanceof DativoError)) return false;
  if (error.code === "DTV_VALUE_UNFIT") return true;
  return error.code === "DTV_PARQUET_INVALID" && error.message.startsWith("test.parquet cannot be read as Parquet: ");
}
