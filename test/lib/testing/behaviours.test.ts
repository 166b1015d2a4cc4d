import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AssetDefinition } from "../../../lib/contract/asset.ts";
import {
  BaseReader,
  BaseTransform,
  type Batch,
  compose,
  type Row,
  RowBatch,
  readAvro,
  readCsv,
  readJsonl,
  readParquet,
  SourceConfig,
  writeAvro,
  writeParquet,
} from "../../../lib/index.ts";
import { type Behaviour, readerBehaviours, transformBehaviours, writerBehaviours } from "../../../lib/testing/index.ts";
import { AvroReader } from "../../../readers/avro.ts";
import { CsvReader } from "../../../readers/csv.ts";
import { JsonlReader } from "../../../readers/jsonl.ts";
import { ParquetReader } from "../../../readers/parquet.ts";
import { MapSchema } from "../../../transforms/map.ts";
import { Validate } from "../../../transforms/validate/validate.ts";
import { AvroWriter } from "../../../writers/avro.ts";
import { CsvWriter } from "../../../writers/csv.ts";
import { JsonlWriter } from "../../../writers/jsonl.ts";
import { ParquetWriter } from "../../../writers/parquet.ts";
import { PEOPLE_CSV, VEGA, writeFiles } from "../../support/cli.ts";

const folder = mkdtempSync(join(tmpdir(), "dativo-suites-"));

beforeAll(async () => {
  writeFiles(folder, {
    "people.csv": PEOPLE_CSV,
    "people.jsonl": '{"a":1,"b":[1,2]}\n{"a":9007199254740993,"c":null}\n',
  });
  await compose(readCsv(join(folder, "people.csv")), writeParquet(join(folder, "parquet")));
  await compose(readCsv(join(folder, "people.csv")), writeAvro(join(folder, "avro")));
});

afterAll(() => rmSync(folder, { recursive: true }));

function runAll(behaviours: readonly Behaviour[]): void {
  for (const behaviour of behaviours) it(behaviour.name, () => behaviour.run());
}

/** Which behaviours a component does not keep. */
async function broken(behaviours: readonly Behaviour[]): Promise<string[]> {
  const names: string[] = [];
  for (const behaviour of behaviours) {
    await behaviour.run().catch(() => names.push(behaviour.name));
  }
  return names;
}

async function collect(batches: AsyncIterable<Batch>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}

describe("the reader of CSV", () => {
  runAll(
    readerBehaviours({
      create: () => new CsvReader(new SourceConfig({ files: [{ path: join(VEGA, "{airports,weather}.csv") }] })),
    }),
  );
});

describe("the reader of JSON Lines", () => {
  runAll(
    readerBehaviours({
      create: () => new JsonlReader(new SourceConfig({ files: [{ path: join(folder, "people.jsonl") }] })),
    }),
  );
});

describe("the reader of Parquet", () => {
  runAll(
    readerBehaviours({
      create: () => new ParquetReader(new SourceConfig({ files: [{ path: join(folder, "parquet/*.parquet") }] })),
    }),
  );
});

describe("the reader of Avro", () => {
  runAll(
    readerBehaviours({
      create: () => new AvroReader(new SourceConfig({ files: [{ path: join(folder, "avro/*.avro") }] })),
    }),
  );
});

describe("the writer of CSV", () => {
  runAll(
    writerBehaviours({
      writerClass: CsvWriter,
      options: { null_value: "\\N" },
      readBack: (folder) => collect(readCsv(join(folder, "*.csv"), { nullValues: ["\\N"] })),
    }),
  );
});

describe("the writer of JSON Lines", () => {
  runAll(
    writerBehaviours({ writerClass: JsonlWriter, readBack: (folder) => collect(readJsonl(join(folder, "*.jsonl"))) }),
  );
});

describe("the writer of Parquet", () => {
  runAll(
    writerBehaviours({
      writerClass: ParquetWriter,
      readBack: (folder) => collect(readParquet(join(folder, "*.parquet"))),
    }),
  );
});

describe("the writer of Avro", () => {
  runAll(
    writerBehaviours({ writerClass: AvroWriter, readBack: (folder) => collect(readAvro(join(folder, "*.avro"))) }),
  );
});

const rows = [
  { id: "1", name: "Ada" },
  { id: "x", name: "Grace" },
  { id: "3", name: null },
  { id: "1", name: "Ada" },
];

describe("the check of a contract", () => {
  const asset = new AssetDefinition({
    name: "people",
    schema: [
      { name: "id", type: "integer", unique: true },
      { name: "name", type: "string", required: true },
    ],
  });
  runAll(transformBehaviours({ create: () => new Validate({ asset }), rows, independentOfBatches: true }));
});

describe("the mapping", () => {
  runAll(
    transformBehaviours({
      create: () => new MapSchema({ casts: { id: "integer" } }),
      rows,
      independentOfBatches: true,
    }),
  );
});

describe("the suites themselves find out", () => {
  it("a reader that repeats records after a position, or goes on when it was stopped", async () => {
    class Forgetful extends BaseReader {
      *extract() {
        yield { batch: [{ a: 1 }], position: 1 };
        yield { batch: [{ a: 2 }], position: 2 };
      }
    }
    expect(await broken(readerBehaviours({ create: () => new Forgetful() }))).toEqual([
      "resumes from every position it gives, without loss and without repeat",
    ]);
    class Random extends BaseReader {
      *extract() {
        yield [{ a: Math.random() }];
      }
    }
    expect(await broken(readerBehaviours({ create: () => new Random() }))).toEqual(["reads the same records again"]);
  });

  it("a transform whose result depends on how the input is cut", async () => {
    class FirstOfBatch extends BaseTransform {
      apply(batch: Batch): Batch {
        return RowBatch.from(batch).slice(0, 1);
      }
    }
    expect(
      await broken(transformBehaviours({ create: () => new FirstOfBatch(), rows, independentOfBatches: true })),
    ).toEqual(["makes the same of the same records, however they are cut into batches"]);
  });

  it("a writer that changes values", async () => {
    const behaviours = writerBehaviours({
      writerClass: CsvWriter,
      readBack: (folder) => collect(readCsv(join(folder, "*.csv"))),
    });
    expect(await broken(behaviours)).toEqual(["keeps every value of hostile names and hostile text"]);
  });
});
