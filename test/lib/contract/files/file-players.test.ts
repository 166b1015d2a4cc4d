import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import { StagingStorage } from "../../../../lib/commit/folder/folder-staging.ts";
import { AssetDefinition } from "../../../../lib/contract/asset.ts";
import { TargetConfig } from "../../../../lib/contract/config.ts";
import { parseType } from "../../../../lib/contract/types.ts";
import {
  compose,
  RowBatch,
  readCsv,
  readFrom,
  readParquet,
  Schema,
  writeCsv,
  writeJsonl,
  writeParquet,
} from "../../../../lib/index.ts";
import { LocalStorage } from "../../../../lib/storage/local.ts";
import { MemoryBudget } from "../../../../lib/stream/budget.ts";
import { toReadable } from "../../../../lib/stream/to-readable.ts";
import { toWritable } from "../../../../lib/stream/to-writable.ts";
import { ParquetWriter } from "../../../../writers/parquet.ts";
import { askDuckDB } from "../../../support/duckdb.ts";
import { listTree, tempFolder, visibleFiles } from "../../../support/folder.ts";
import { GeneratorReader, numbered, RecordingCommitter, testEnvironment } from "../../../support/players.ts";

describe("FileReader", () => {
  it("fails when a file changes while it is read", async () => {
    const folder = tempFolder();
    const path = join(folder, "a.csv");
    writeFileSync(path, `id\n${Array.from({ length: 9000 }, (_, i) => i).join("\n")}\n`);
    const reading = async (): Promise<void> => {
      for await (const _ of readCsv(path)) appendFileSync(path, "x\n");
    };
    await expect(reading()).rejects.toMatchObject({
      code: "DTV_SOURCE_CHANGED",
      message: expect.stringContaining("changed while it was read"),
    });
  });

  it("takes the tab for the delimiter of .tsv files, unless another is given", async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "a.tsv"), "a,b\tc\n1\t2\n");
    const namesOf = async (paths: string[], options = {}): Promise<unknown> => {
      for await (const batch of readCsv(
        paths.map((path) => join(folder, path)),
        options,
      ))
        return batch.schema.names;
      return undefined;
    };
    expect(await namesOf(["*.tsv"])).toEqual(["a,b", "c"]);
    expect(await namesOf(["a.tsv"], { delimiter: "," })).toEqual(["a", "b\tc"]);
    writeFileSync(join(folder, "b.csv"), "a\tb\n1\n");
    expect(await namesOf(["b.csv", "a.tsv"])).toEqual(["a\tb"]);
  });

  it("wants files, and options that it knows", async () => {
    const { CsvReader } = await import("../../../../readers/csv.ts");
    const { SourceConfig } = await import("../../../../lib/contract/config.ts");
    const read = (config: object) => async () => {
      for await (const _ of readFrom(new CsvReader(new SourceConfig(config))));
    };
    await expect(read({})()).rejects.toThrow("CSV source requires 'files' configuration");
    await expect(read({ files: [{}] })()).rejects.toThrow("must include a 'path' or 'file' field");
    const folder = tempFolder();
    writeFileSync(join(folder, "a.csv"), "a\n1\n");
    const files = [{ file: join(folder, "a.csv") }];
    await expect(read({ files, engine: { options: { delimter: ";" } } })()).rejects.toThrow(
      "unknown key 'delimter'; did you mean 'delimiter'?",
    );
    await expect(read({ files, engine: { options: { chunk_size: 1 } } })()).resolves.toBeUndefined();
  });
});

describe("FileWriter", () => {
  const rows = (count: number) =>
    readFrom(
      new GeneratorReader(function* () {
        for (let at = 0; at < count; at += 1000) yield numbered(at, Math.min(1000, count - at));
      }),
    );

  it("begins a new file when one has grown to its size", async () => {
    const folder = tempFolder();
    const { counts } = await compose(rows(20_000), writeCsv(folder, { targetSizeMb: 0.1 }));
    const files = visibleFiles(folder);
    expect(files.length).toBeGreaterThan(2);
    expect(files.map((file) => /^data-(\d{5})-/.exec(file)?.[1])).toEqual(
      files.map((_, i) => String(i).padStart(5, "0")),
    );
    expect(await askDuckDB(`select count(*) as n, count(distinct id) as d from read_csv('${folder}/*.csv')`)).toEqual([
      { n: "20000", d: "20000" },
    ]);
    expect(counts.written).toBe(20_000);
  });

  it("ends a row group early when memory is refused, and loses nothing by it", async () => {
    const groups = async (limitBytes: number): Promise<number> => {
      const folder = tempFolder();
      const environment = { ...testEnvironment(), budget: new MemoryBudget(limitBytes) };
      const asset = AssetDefinition.unchecked("data");
      const writer = new ParquetWriter(asset, new TargetConfig(), folder);
      const committer = new RecordingCommitter(writer);
      committer.open = async () => ({
        storage: new StagingStorage(folder, new LocalStorage()),
        createWriter: async () => writer,
      });
      const reader = new GeneratorReader(function* () {
        for (let at = 0; at < 8000; at += 1000) yield numbered(at, 1000);
      });
      await pipeline(toReadable(reader, { environment }), toWritable({ environment, committer }));
      const [file = ""] = listTree(folder);
      expect(await askDuckDB(`select count(distinct id) as n from read_parquet('${join(folder, file)}')`)).toEqual([
        { n: "8000" },
      ]);
      return Number(
        (
          await askDuckDB(`select count(distinct row_group_id) as n from parquet_metadata('${join(folder, file)}')`)
        )[0]?.["n"],
      );
    };
    expect(await groups(64 * 1024 * 1024)).toBe(1);
    expect(await groups(1024)).toBe(8);
  });

  it("reads types off the first batch when it has no contract, and holds later ones to them", async () => {
    const folder = tempFolder();
    const reader = (second: object) =>
      readFrom(
        new GeneratorReader(function* () {
          yield [{ n: 1, d: 1.5, s: "x", b: true, t: new Date(0), nothing: null }];
          yield [{ n: 2, d: 2, s: "y", b: false, t: new Date(1), nothing: null, ...second }];
        }),
      );
    await compose(reader({}), writeParquet(folder));
    expect(
      await askDuckDB(
        `select column_name as c, column_type as t from (describe select * from read_parquet('${folder}/*.parquet'))`,
      ),
    ).toEqual([
      { c: "n", t: "BIGINT" },
      { c: "d", t: "DOUBLE" },
      { c: "s", t: "VARCHAR" },
      { c: "b", t: "BOOLEAN" },
      { c: "t", t: "TIMESTAMP WITH TIME ZONE" },
      { c: "nothing", t: "VARCHAR" },
    ]);
    await expect(compose(reader({ n: "no number" }), writeJsonl(folder))).rejects.toMatchObject({
      code: "DTV_VALUE_UNFIT",
      message: expect.stringMatching(/Field 'n' at GeneratorReader, record 2: "no number" is not an integer/),
    });
    await expect(compose(reader({ stranger: 1 }), writeJsonl(folder))).rejects.toMatchObject({
      code: "DTV_SCHEMA_CHANGED",
      message: expect.stringContaining("'stranger' appears"),
    });
    expect(visibleFiles(folder)).toHaveLength(1);
  });

  it("refuses a typed column that changes its type", async () => {
    const typed = (type: string, cell: unknown) =>
      RowBatch.fromColumns(new Schema([{ name: "a", type: parseType(type), nullable: true }]), [[cell]], 1);
    const reader = readFrom(
      new GeneratorReader(function* () {
        yield typed("integer", 1);
        yield typed("string", "x");
      }),
    );
    await expect(compose(reader, writeJsonl(tempFolder()))).rejects.toThrow(
      "Field 'a' changes from integer to string after the first batch",
    );
  });

  it("says which field a format cannot hold", async () => {
    const folder = tempFolder();
    const reader = readFrom(
      new GeneratorReader(function* () {
        yield [{ "\ud800": 1 }];
      }),
    );
    await expect(compose(reader, writeParquet(folder))).rejects.toMatchObject({ code: "DTV_SCHEMA_INVALID" });
    expect(visibleFiles(folder)).toEqual([]);
  });

  it("puts awkward asset names into file names that any system takes, and reads them back", async () => {
    for (const name of ["US ZIP codes", "../escape", "a/b", "~", "ünï", "x".repeat(300), "-rf", "."]) {
      const folder = tempFolder();
      const asset = new AssetDefinition({
        name,
        schema: [
          { name: "id", type: "integer" },
          { name: "name", type: "string" },
        ],
      });
      await compose(rows(3), writeParquet(folder, { asset }));
      const [file = ""] = visibleFiles(folder);
      expect(file).toMatch(/^[A-Za-z0-9%_.~][A-Za-z0-9%_.~-]*\.parquet$/);
      expect(Buffer.byteLength(file)).toBeLessThan(256);
      let count = 0;
      for await (const batch of readParquet(join(folder, file))) count += batch.length;
      expect(count).toBe(3);
    }
  });

  it("shows a capped row group in its warnings", async () => {
    const warnings: string[] = [];
    const environment = {
      ...testEnvironment(),
      log: { ...testEnvironment().log, warn: (message: string) => void warnings.push(message) },
    };
    const folder = tempFolder();
    const writer = new ParquetWriter(
      AssetDefinition.unchecked("d"),
      new TargetConfig({ engine: { options: { row_group_size: 500_000 } } }),
      folder,
    );
    const committer = new RecordingCommitter(writer);
    committer.open = async () => ({
      storage: new StagingStorage(folder, new LocalStorage()),
      createWriter: async () => writer,
    });
    await pipeline(
      toReadable(
        new GeneratorReader(function* () {
          yield numbered(0, 1);
        }),
        { environment },
      ),
      toWritable({ environment, committer }),
    );
    expect(warnings).toEqual([expect.stringContaining("row_group_size 500000")]);
    expect(
      readFileSync(join(folder, listTree(folder)[0] as string))
        .subarray(0, 4)
        .toString(),
    ).toBe("PAR1");
  });
});
