/** The same files in avsc, which knows no logical types of ours: it gives what stands there. */
import { finished } from "node:stream/promises";
import avsc from "avsc";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDecimal } from "../../../../lib/contract/decimal.ts";
import { dayOf, microsOf, timeOf } from "../../../../lib/contract/iso-counts.ts";
import type { DataType } from "../../../../lib/contract/types.ts";
import { toAvroNames } from "../../../../lib/formats/avro/schema/avro-name.ts";
import { toAvroSchema } from "../../../../lib/formats/avro/schema/to-avro-schema.ts";
import { anyTable } from "../parquet/any-table.ts";
import { sampleTable } from "../parquet/sample.ts";
import { decodeAll, encodeAll } from "./codec.ts";
import { exactLongs, header, SYNC } from "./forge.ts";

/** A cell as avsc has it. */
function rawOf(type: DataType, cell: unknown): unknown {
  if (cell === null || cell === undefined) return null;
  switch (type.kind) {
    case "integer":
      return BigInt(cell as number);
    case "decimal":
      return bytesOf(parseDecimal(cell as string, type.precision, type.scale) as bigint);
    case "date":
      return dayOf(cell as string);
    case "time":
      return timeOf(cell as string);
    case "timestamp":
      return microsOf(cell as string);
    case "binary":
      return [...(cell as Uint8Array)];
    case "array":
      return (cell as unknown[]).map((item) => rawOf(type.items as DataType, item));
    case "object": {
      const { properties = [] } = type;
      const names = toAvroNames(properties.map(({ name }) => name));
      return properties.map((member, i) => [
        names[i],
        rawOf(member.type, (cell as Record<string, unknown>)[member.name]),
      ]);
    }
    default:
      return cell;
  }
}

/** Two's complement in as few bytes as hold it. */
function bytesOf(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.unshift(Number(rest & 255n));
    rest >>= 8n;
  } while (!(rest === 0n && (bytes[0] as number) < 128) && !(rest === -1n && (bytes[0] as number) > 127));
  return bytes;
}

/** What avsc gives, as {@link rawOf} has it: its unions of one type and null are values, its records lists of members. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).map(([name, member]) => [name, plain(member)]);
}

function typeOf(schema: unknown): avsc.Type {
  return avsc.Type.forSchema(schema as avsc.Schema, { typeHook: exactLongs, wrapUnions: "never" } as never);
}

async function readByAvsc(bytes: Buffer): Promise<unknown[]> {
  const decoder = new avsc.streams.BlockDecoder({ parseHook: typeOf });
  const records: unknown[] = [];
  decoder.on("data", (record) => records.push(record));
  decoder.end(bytes);
  await finished(decoder);
  return records;
}

/** Blocks only: avsc would write a schema without what it does not know. */
async function blocksByAvsc(type: avsc.Type, records: readonly unknown[], codec: string): Promise<Buffer> {
  const encoder = new avsc.streams.BlockEncoder(type, { codec, blockSize: 2000, writeHeader: false, syncMarker: SYNC });
  const chunks: Buffer[] = [];
  encoder.on("data", (chunk) => chunks.push(chunk));
  for (const record of records) encoder.write(record);
  encoder.end();
  await finished(encoder);
  return Buffer.concat(chunks);
}

test("any file that we wrote is read by avsc as it was", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(anyTable("any"), fc.constantFrom("none", "deflate"), async ({ schema, columns }, compression) => {
      const bytes = await encodeAll(schema, columns, { options: { compression, block_size: 1024 } });
      const row: DataType = { kind: "object", properties: schema.fields };
      const rows = (columns[0] ?? []).map((_, i) =>
        rawOf(row, Object.fromEntries(schema.names.map((name, column) => [name, columns[column]?.[i]]))),
      );
      expect((await readByAvsc(bytes)).map(plain)).toEqual(rows);
    }),
    { numRuns: 200 },
  );
});

test.each(["null", "deflate"])("a file that avsc wrote is read by us as it was: %s", async (codec) => {
  const { schema, columns } = sampleTable(500, true);
  const json = JSON.parse(toAvroSchema(schema, "row"));
  const records = await readByAvsc(await encodeAll(schema, columns));
  const blocks = await blocksByAvsc(typeOf(json), records, codec);
  const read = await decodeAll(Buffer.concat([header(json, codec), blocks]));
  expect(read.error).toBeUndefined();
  expect(read.columns).toEqual(columns);
});
