import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, it } from "vitest";
import { AssetDefinition } from "../../../lib/contract/asset.ts";
import {
  type Batch,
  compose,
  type Row,
  readArrow,
  readAvro,
  readCsv,
  readJson,
  readJsonl,
  readParquet,
  SourceConfig,
  writeArrow,
  writeAvro,
  writeParquet,
} from "../../../lib/index.ts";
import { BUILTIN_WRITERS } from "../../../lib/plugin/builtin.ts";
import { type Behaviour, readerBehaviours, transformBehaviours, writerBehaviours } from "../../../lib/testing/index.ts";
import { ArrowReader } from "../../../readers/arrow.ts";
import { AvroReader } from "../../../readers/avro.ts";
import { CsvReader } from "../../../readers/csv.ts";
import { JsonReader } from "../../../readers/json.ts";
import { JsonlReader } from "../../../readers/jsonl.ts";
import { ParquetReader } from "../../../readers/parquet.ts";
import { MapSchema } from "../../../transforms/map.ts";
import { Validate } from "../../../transforms/validate/validate.ts";
import { ArrowWriter } from "../../../writers/arrow.ts";
import { AvroWriter } from "../../../writers/avro.ts";
import { CsvWriter } from "../../../writers/csv.ts";
import { JsonWriter } from "../../../writers/json.ts";
import { JsonlWriter } from "../../../writers/jsonl.ts";
import { ParquetWriter } from "../../../writers/parquet.ts";
import { PEOPLE_CSV, VEGA, writeFiles } from "../../support/cli.ts";
import { describeNative } from "../../support/native.ts";

const folder = mkdtempSync(join(tmpdir(), "dativo-suites-"));

beforeAll(async () => {
  writeFiles(folder, {
    "people.csv": PEOPLE_CSV,
    "people.jsonl": '{"a":1,"b":[1,2]}\n{"a":9007199254740993,"c":null}\n',
  });
  await compose(readCsv(join(folder, "people.csv")), writeParquet(join(folder, "parquet")));
  await compose(readCsv(join(folder, "people.csv")), writeAvro(join(folder, "avro")));
  await compose(readCsv(join(folder, "people.csv")), writeArrow(join(folder, "arrow")));
});

afterAll(() => rmSync(folder, { recursive: true }));

function runAll(behaviours: readonly Behaviour[]): void {
  for (const behaviour of behaviours) it(behaviour.name, () => behaviour.run());
}

async function collect(batches: AsyncIterable<Batch>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of batches) rows.push(...batch.rows({ integers: "bigint" }));
  return rows;
}

/** By a parser that takes U+0000, which ours refuses. */
function readCsvFiles(folder: string, nullValue: string): Row[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".csv"));
  return files.flatMap((file) => {
    const cast = (cell: string, { quoting }: { quoting: boolean }) => (!quoting && cell === nullValue ? null : cell);
    const [names = [], ...records] = parse(readFileSync(join(folder, file), "utf8"), { cast }) as string[][];
    return records.map((cells) => {
      const row = Object.create(null) as Row;
      for (const [index, name] of names.entries()) row[name] = cells[index];
      return row;
    });
  });
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

describe("the reader of JSON", () => {
  runAll(
    readerBehaviours({
      create: () => new JsonReader(new SourceConfig({ files: [{ path: join(VEGA, "cars.json") }] })),
    }),
  );
});

describe("the reader of Arrow", () => {
  runAll(
    readerBehaviours({
      create: () => new ArrowReader(new SourceConfig({ files: [{ path: join(folder, "arrow/*.arrow") }] })),
    }),
  );
});

describe("the writer of JSON", () => {
  runAll(
    writerBehaviours({ writerClass: JsonWriter, readBack: (folder) => collect(readJson(join(folder, "*.json"))) }),
  );
});

describe("the writer of Arrow", () => {
  runAll(
    writerBehaviours({ writerClass: ArrowWriter, readBack: (folder) => collect(readArrow(join(folder, "*.arrow"))) }),
  );
});

describeNative("the native writer of Parquet", () => {
  it("keeps every behaviour", async () => {
    const writerClass = await BUILTIN_WRITERS.parquet();
    const readBack = (folder: string): Promise<Row[]> => collect(readParquet(join(folder, "*.parquet")));
    for (const behaviour of writerBehaviours({ writerClass, readBack })) await behaviour.run();
  });
});

describe("the writer of CSV", () => {
  runAll(
    writerBehaviours({
      writerClass: CsvWriter,
      options: { null_value: "\\N" },
      readBack: async (folder) => readCsvFiles(folder, "\\N"),
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
