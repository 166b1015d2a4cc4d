import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeAll, encodeAll } from "./codec.ts";
import { Duck } from "./duck.ts";
import { sampleTable } from "./sample.ts";

let duck: Duck;
beforeAll(async () => {
  duck = await Duck.open();
});
afterAll(() => duck.close());

describe("every type that we write", () => {
  for (const nullable of [true, false]) {
    for (const rows of nullable ? [0, 1, 40, 10_000, 10_001, 25_000] : [0, 40, 10_001]) {
      test(`${rows} records, ${nullable ? "with" : "without"} nulls, as DuckDB and as we read them`, async () => {
        const { schema, columns } = sampleTable(rows, nullable);
        const path = duck.path(`types-${rows}-${nullable}.parquet`);
        const bytes = await encodeAll(schema, columns);
        writeFileSync(path, bytes);
        expect(await duck.names(`FROM '${path}'`)).toEqual(schema.names);
        const seen = await duck.columns(`FROM '${path}'`);
        for (const [i, name] of schema.names.entries()) expect([name, seen[i] ?? []]).toEqual([name, columns[i]]);
        const ours = await decodeAll(bytes);
        expect(ours.schema.toString()).toBe(schema.toString());
        for (const [i, name] of schema.names.entries()) {
          expect([name, ours.columns[i] ?? []]).toEqual([name, columns[i]]);
        }
      });
    }
  }
});
