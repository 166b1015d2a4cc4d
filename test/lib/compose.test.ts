import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  BaseReader,
  BaseTransform,
  BaseWriter,
  type Batch,
  type BatchReadable,
  type CommitResult,
  type CommitToken,
  compose,
  defineAsset,
  type FileMetadata,
  mapSchema,
  type Row,
  RowBatch,
  type RowOfAsset,
  readAvro,
  readCsv,
  readFrom,
  readJson,
  readJsonl,
  readParquet,
  transformWith,
  validate,
  writeAvro,
  writeCsv,
  writeJson,
  writeJsonl,
  writeParquet,
  writeTo,
} from "../../lib/index.ts";
import { PEOPLE_CSV, VEGA, writeFiles } from "../support/cli.ts";
import { askDuckDB } from "../support/duckdb.ts";
import { tempFolder, visibleFiles } from "../support/folder.ts";

const people = defineAsset({
  name: "people",
  schema: [
    { name: "id", type: "integer", required: true },
    { name: "name", type: "string", required: true },
    { name: "born", type: "date" },
  ],
});

const zips = defineAsset({
  name: "zips",
  schema: [
    { name: "zip_code", type: "string", required: true, unique: true, pattern: "^[0-9]{5}$" },
    { name: "latitude", type: "double", required: true },
    { name: "longitude", type: "double", required: true },
    { name: "city", type: "string" },
  ],
});

describe("stock Node pipelines", () => {
  it("read, check, map and write real data, as the README shows", async () => {
    const folder = tempFolder();
    await pipeline(
      readCsv(join(VEGA, "zipcodes.csv")),
      validate(zips, { mode: "warn" }),
      mapSchema({ rename: { zip_code: "zip" }, constants: { source: "vega" } }),
      writeParquet(join(folder, "zips"), { asset: zips }),
    );
    const ours = `read_parquet('${folder}/zips/*.parquet')`;
    expect(
      await askDuckDB(`select count(*) as n, min(zip) as least, any_value(source) as source from ${ours}`),
    ).toEqual([{ n: "42049", least: "00501", source: "vega" }]);
  });

  it("are iterable batch by batch", async () => {
    let rows = 0;
    for await (const batch of readCsv(join(VEGA, "airports.csv"))) {
      rows += batch.length;
      for (const row of batch) expect(Object.keys(row)).toContain("iata");
    }
    expect(rows).toBe(3376);
  });

  it("take a foreign stage in between, an async generator for one", async () => {
    const folder = tempFolder();
    writeFiles(folder, { "people.csv": PEOPLE_CSV });
    const sink = writeJsonl(join(folder, "out"));
    await pipeline(
      readCsv(join(folder, "people.csv")),
      validate(people),
      async function* (batches: AsyncIterable<Batch>) {
        for await (const batch of batches) yield [...batch].filter((row) => row["born"] !== null);
      },
      sink,
    );
    expect(sink.outcome).toBe("committed");
    expect(sink.counts.written).toBe(2);
  });

  it("cancel through Node's own signal, and leave nothing", async () => {
    const folder = tempFolder();
    const abort = new AbortController();
    const sink = writeParquet(join(folder, "out"));
    const running = pipeline(
      readCsv(join(VEGA, "zipcodes.csv")),
      async function* (batches: AsyncIterable<Batch>) {
        for await (const batch of batches) {
          yield batch;
          abort.abort();
        }
      },
      sink,
      { signal: abort.signal },
    );
    await expect(running).rejects.toThrow("aborted");
    expect(sink.outcome).toBe("aborted");
    expect(visibleFiles(join(folder, "out"))).toEqual([]);
  });

  it("throw from a check that nobody of ours writes after", async () => {
    const folder = tempFolder();
    writeFiles(folder, { "people.csv": `${PEOPLE_CSV}x,Bad,\n` });
    const reading = async (): Promise<void> => {
      for await (const _ of readCsv(join(folder, "people.csv")).pipe(validate(people)));
    };
    await expect(reading()).rejects.toMatchObject({ code: "DTV_CONTRACT_VIOLATED" });
  });

  it.each([
    ["avro", writeAvro, readAvro],
    ["csv", writeCsv, readCsv],
    ["json", writeJson, readJson],
    ["jsonl", writeJsonl, readJsonl],
    ["parquet", writeParquet, readParquet],
  ] as const)("write %s that they read back the same", async (extension, write, read) => {
    const folder = tempFolder();
    writeFiles(folder, { "people.csv": PEOPLE_CSV });
    await compose(readCsv(join(folder, "people.csv")), validate(people), write(join(folder, "out"), { asset: people }));
    const rows = [];
    const checked = read(join(folder, `out/*.${extension}`)).pipe(validate(people));
    for await (const batch of checked as AsyncIterable<Batch>) rows.push(...batch);
    expect(rows).toEqual([
      { id: 1, name: "Ada", born: "1815-12-10" },
      { id: 2, name: "Grace", born: "1906-12-09" },
      { id: 3, name: "Edsger", born: null },
    ]);
  });

  it("replace what a key wrote before, on overwrite, and add to it otherwise", async () => {
    const folder = tempFolder();
    writeFiles(folder, { "people.csv": PEOPLE_CSV });
    const write = (mode: "append" | "overwrite") =>
      compose(readCsv(join(folder, "people.csv")), writeJsonl(join(folder, "out"), { key: "people", mode }));
    await write("append");
    await write("append");
    expect(visibleFiles(join(folder, "out"))).toHaveLength(2);
    await write("overwrite");
    expect(visibleFiles(join(folder, "out"))).toHaveLength(1);
  });
});

describe("compose", () => {
  class Numbers extends BaseReader<{ n: number }> {
    *extract() {
      yield [{ n: 1 }, { n: 2 }];
    }
  }
  class Label extends BaseTransform<{ n: number }, { label: string }> {
    apply(batch: Batch<{ n: number }>) {
      return RowBatch.fromRows([...batch].map(({ n }) => ({ label: `#${n}` })));
    }
  }
  class Shout extends BaseTransform<{ label: string }, { label: string }> {
    apply(batch: Batch<{ label: string }>) {
      return RowBatch.fromRows([...batch].map(({ label }) => ({ label: `${label}!` })));
    }
  }

  it("joins stages of the user's own and tells what was done", async () => {
    const folder = tempFolder();
    const { counts, result, warnings } = await compose(
      readFrom(new Numbers()),
      transformWith(new Label()),
      transformWith(new Shout()),
      writeJsonl(join(folder, "out")),
    );
    expect(counts).toEqual({ read: 2, added: 0, filtered: 0, rejected: 0, written: 2 });
    expect([result?.status, warnings]).toEqual(["success", []]);
    expect(await askDuckDB(`select label from read_json('${folder}/out/*.jsonl') order by 1`)).toEqual([
      { label: "#1!" },
      { label: "#2!" },
    ]);
  });

  it("asks a writer with a target of its own what became of the last commit of its key", async () => {
    const folder = tempFolder();
    const asked: string[] = [];
    const committed: number[] = [];
    let isDown = true;
    class Remote extends BaseWriter {
      writeBatch(records: Row[]): FileMetadata[] {
        return [{ path: "pending", recordCount: records.length }];
      }
      override commitFiles(_files: readonly FileMetadata[], { seq }: CommitToken): CommitResult {
        committed.push(seq);
        if (isDown) throw new Error("the line went dead");
        return { status: "success" };
      }
      override committed({ seq, runId }: CommitToken): CommitResult | undefined {
        if (isDown) throw new Error("still dead");
        asked.push(`${seq}`);
        return seq === 1 ? { status: "success", runId } : undefined;
      }
      override close(): void {
        asked.push("closed");
      }
    }
    const load = (): Promise<unknown> =>
      compose(readCsv(join(VEGA, "zipcodes.csv")), writeTo(Remote, folder, { key: "remote" }));
    await expect(load()).rejects.toMatchObject({ code: "DTV_OUTCOME_UNKNOWN" });
    isDown = false;
    asked.length = 0;
    await load();
    expect([asked, committed]).toEqual([
      ["1", "closed", "2", "closed"],
      [1, 2],
    ]);
  });

  it("checks the types of rows from stage to stage", () => {
    const folder = tempFolder();
    expectTypeOf(readFrom(new Numbers())).toEqualTypeOf<BatchReadable<{ n: number }>>();
    const wrong = () =>
      compose(
        // @ts-expect-error Shout takes labels, Numbers gives numbers
        readFrom(new Numbers()),
        transformWith(new Shout()),
        writeJsonl(folder),
      );
    expect(wrong).toBeTypeOf("function");
  });

  it("infers the type of a row from a contract", () => {
    const asset = defineAsset({
      name: "typed",
      schema: [
        { name: "id", type: "integer", required: true, integers: "bigint" },
        { name: "price", type: "decimal(10,2)", required: true },
        { name: "seen", type: "timestamp" },
        { name: "active", type: "boolean", required: true },
        { name: "tags", type: "array<string>" },
      ],
    });
    expectTypeOf<RowOfAsset<typeof asset>>().toEqualTypeOf<{
      id: bigint;
      price: string;
      seen: string | null;
      active: boolean;
      tags: unknown[] | null;
    }>();
  });
});
