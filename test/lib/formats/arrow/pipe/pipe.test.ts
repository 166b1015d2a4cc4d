import { tableFromIPC } from "@uwdata/flechette";
import { RecordBatchReader } from "apache-arrow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Provenance } from "../../../../../lib/contract/provenance.ts";
import { RowBatch } from "../../../../../lib/contract/row-batch.ts";
import { Schema } from "../../../../../lib/contract/schema.ts";
import {
  isPipeStream,
  PipeDecoder,
  type PipedBatch,
  type PipeReadSettings,
} from "../../../../../lib/formats/arrow/pipe/pipe-decoder.ts";
import { PipeEncoder, type PipeSettings } from "../../../../../lib/formats/arrow/pipe/pipe-encoder.ts";
import { hashInWebAssembly } from "../../../../../lib/storage/content-hash.ts";
import { anyTable } from "../../parquet/any-table.ts";
import { decodeFile } from "../codec.ts";

type Report = Parameters<PipeEncoder["end"]>[0];
type Sent = readonly (readonly [RowBatch, Record<string, string>?])[];

const SCHEMA = new Schema([
  { name: "id", type: { kind: "integer" }, nullable: false },
  { name: "name", type: { kind: "string" }, nullable: true },
]);
const SMALL: Sent = [
  [
    RowBatch.fromColumns(
      SCHEMA,
      [
        [1, 2],
        ["a", null],
      ],
      2,
    ),
    { position: '{"row":2}' },
  ],
  [RowBatch.fromColumns(SCHEMA, [[3], ["žluť"]], 1)],
];

async function send(batches: Sent, report: Report = {}, extra: Partial<PipeSettings> = {}, schema = SCHEMA) {
  const settings = { streamId: "s1", hash: await hashInWebAssembly(), ...extra };
  const encoder = new PipeEncoder({ schema, metadata: { "dativo.contract.name": "people" } }, settings);
  const chunks = batches.flatMap(([batch, metadata]) => encoder.encode(batch, metadata));
  return Buffer.concat([...chunks, ...encoder.end(report)]);
}

async function receive(bytes: Uint8Array, cuts: readonly number[] = [], extra: Partial<PipeReadSettings> = {}) {
  const decoder = new PipeDecoder({ source: "stdin", hash: await hashInWebAssembly(), ...extra });
  const batches: PipedBatch[] = [];
  let from = 0;
  for (const to of [...[...cuts].sort((a, b) => a - b), bytes.length]) {
    // Memory is used again, as that of a stream may be.
    const chunk = Uint8Array.from(bytes.subarray(from, to));
    for (const batch of decoder.push(chunk)) batches.push(batch);
    chunk.fill(0xee);
    from = Math.max(from, to);
  }
  return { batches, report: decoder.end(), schema: decoder.schema };
}

const incomplete = (message: RegExp) =>
  expect.objectContaining({ code: "DTV_UPSTREAM_INCOMPLETE", message: expect.stringMatching(message) });

describe("a pipe between two processes", () => {
  it("brings records, what is said of them, and how the work went", async () => {
    const { batches, report, schema } = await receive(await send(SMALL, { read: 5, rejected: 1, filtered: 1 }));
    expect(batches.map(({ batch }) => [batch.cells(0), batch.cells(1)])).toEqual([
      [
        [1, 2],
        ["a", null],
      ],
      [[3], ["žluť"]],
    ]);
    expect(batches.map(({ metadata }) => metadata)).toEqual([{ position: '{"row":2}' }, {}]);
    expect(report).toEqual({ streamId: "s1", read: 5, rejected: 1, filtered: 1, rows: 3, outcome: "ok" });
    expect(schema?.metadata).toMatchObject({ "dativo.stream": "1", "dativo.contract.name": "people" });
    // What the pipe says of itself does not go into the next one, or into a file.
    expect(schema?.schema.metadata).toEqual({ "dativo.contract.name": "people" });
  });

  it("keeps any table, however its bytes are cut", async () => {
    await fc.assert(
      fc.asyncProperty(anyTable("any"), fc.array(fc.nat(5000), { maxLength: 6 }), async ({ schema, columns }, cuts) => {
        const batch = RowBatch.fromColumns(schema, columns, columns[0]?.length ?? 0);
        const bytes = await send([[batch, { key: "välue" }], [batch]], {}, {}, schema);
        const { batches, report } = await receive(
          bytes,
          cuts.map((cut) => cut % bytes.length),
        );
        expect(report?.rows).toBe(batch.length * 2);
        expect(batches).toHaveLength(2);
        for (const { batch } of batches) {
          expect(batch.schema.equals(schema)).toBe(true);
          expect(schema.fields.map((_, index) => batch.cells(index))).toEqual(columns);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("says where records stand in the source of the first stage", async () => {
    const place = (rows: readonly number[]) =>
      RowBatch.fromColumns(SCHEMA, [rows, rows.map(String)], rows.length, {
        provenance: new Provenance("in.csv", (index) => rows[index] as number),
      });
    const { batches } = await receive(await send([[place([4, 5, 6])], [place([9, 12])], [place([3, 1])]]));
    const rowsOf = ({ batch }: PipedBatch) =>
      Array.from({ length: batch.length }, (_, index) => batch.provenance?.at(index));
    expect(rowsOf(batches[0] as PipedBatch).map((at) => at?.row)).toEqual([4, 5, 6]);
    expect(rowsOf(batches[1] as PipedBatch)).toMatchObject([
      { source: "in.csv", row: 9 },
      { source: "in.csv", row: 12 },
    ]);
    // Records out of order have the numbers that they have in the stream.
    expect(rowsOf(batches[2] as PipedBatch)).toMatchObject([{ source: "stdin", row: 6 }, { row: 7 }]);
  });

  it("keeps untyped fields, whatever they hold", async () => {
    const open = Schema.lexical(["a", "b"], { open: true });
    const columns = [
      ["1", 1, null, { x: [1n << 60n] }],
      [true, "x", 0.5, null],
    ];
    const sent: Sent = [[RowBatch.fromColumns(open, [["first"], [null]], 1)], [RowBatch.fromColumns(open, columns, 4)]];
    const { batches, schema } = await receive(await send(sent, {}, {}, open));
    expect([0, 1].map((index) => batches[1]?.batch.cells(index))).toEqual(columns);
    expect(schema?.schema.isOpen).toBe(true);
    expect(schema?.schema.fields).toEqual(open.fields);
  });

  it("refuses fields and values that come too late", async () => {
    const closed = Schema.lexical(["a"]);
    const of = (schema: Schema, cell: unknown) => RowBatch.fromColumns(schema, [[cell]], 1);
    await expect(send([[of(closed, "text")], [of(closed, 7)]], {}, {}, closed)).rejects.toMatchObject({
      code: "DTV_VALUE_UNFIT",
      culprit: "a",
    });
    await expect(send([[of(closed, "x")], [of(Schema.lexical(["b"]), "x")]], {}, {}, closed)).rejects.toMatchObject({
      code: "DTV_SCHEMA_CHANGED",
    });
  });

  it("is whole without records", async () => {
    const { batches, report, schema } = await receive(await send([]));
    expect([batches, report?.rows, schema?.schema.names]).toEqual([[], 0, ["id", "name"]]);
  });

  it("is read by Arrow libraries that know nothing of us, which stop before the trailer", async () => {
    const bytes = await send(SMALL);
    expect(tableFromIPC(bytes).toColumns()).toMatchObject({ name: ["a", null, "žluť"] });
    const reader = RecordBatchReader.from(bytes);
    expect([...reader].flatMap((batch) => batch.toArray().map((row) => row?.["name"]))).toEqual(["a", null, "žluť"]);
  });
});

describe("a pipe that is not whole", () => {
  it("is found out wherever it is cut", async () => {
    const bytes = await send(SMALL);
    for (let length = 0; length < bytes.length; length++) {
      await expect(receive(bytes.subarray(0, length)), `cut at ${length}`).rejects.toThrow(incomplete(/./));
    }
    await expect(receive(bytes)).resolves.toBeDefined();
  });

  it("is found out whichever bit is turned", { timeout: 60_000 }, async () => {
    const bytes = await send(SMALL);
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [1, 16, 128]) {
        const damaged = Uint8Array.from(bytes);
        damaged[at] = (damaged[at] as number) ^ bit;
        const code = expect.stringMatching(/^DTV_(UPSTREAM_INCOMPLETE|ARROW_INVALID|SCHEMA_INVALID)$/);
        await expect(receive(damaged), `bit ${bit} of byte ${at}`).rejects.toMatchObject({ code });
      }
    }
  });

  it("says in which way", async () => {
    const bytes = await send(SMALL);
    const end = bytes.indexOf("DTVTRAIL");
    await expect(receive(bytes.subarray(0, end - 20))).rejects.toThrow(incomplete(/in the middle of a message/));
    await expect(receive(bytes.subarray(0, end - 8))).rejects.toThrow(incomplete(/without the end-of-stream mark/));
    await expect(receive(bytes.subarray(0, end))).rejects.toThrow(incomplete(/trailer is missing/));
    await expect(receive(bytes.subarray(0, end + 3))).rejects.toThrow(incomplete(/trailer is cut short/));
    await expect(receive(bytes.subarray(0, -1))).rejects.toThrow(incomplete(/trailer is cut short/));
    await expect(receive(Buffer.concat([bytes, bytes]))).rejects.toThrow(incomplete(/more bytes follow/));
    await expect(receive(Buffer.concat([bytes.subarray(0, end), Buffer.from("{}")]))).rejects.toThrow(/no trailer/);
    const other = Buffer.from(bytes);
    other.write("Žluť", other.indexOf("žluť"));
    await expect(receive(other)).rejects.toThrow(incomplete(/not those that were sent/));
    await expect(receive(Buffer.alloc(0))).rejects.toThrow(incomplete(/it is empty/));
  });

  it("has fewer records than its trailer says", async () => {
    const hash = await hashInWebAssembly();
    const encoder = new PipeEncoder({ schema: SCHEMA, metadata: {} }, { streamId: "s", hash });
    const [first, second] = SMALL.map(([batch]) => batch) as [RowBatch, RowBatch];
    const kept = encoder.encode(first);
    // The bytes of the second batch are neither sent nor hashed.
    const { update } = hash;
    hash.update = () => {};
    encoder.encode(second);
    hash.update = update;
    await expect(receive(Buffer.concat([...kept, ...encoder.end()]))).rejects.toThrow(
      incomplete(/it has 2 records, where 3 were sent/),
    );
  });

  it("carries the failure of the process before", async () => {
    const bytes = await send(SMALL, { error: { code: "DTV_CSV_HEADER", message: "a name is repeated" } });
    await expect(receive(bytes)).rejects.toMatchObject({
      code: "DTV_UPSTREAM_INCOMPLETE",
      message: "stdin: the process before failed with DTV_CSV_HEADER: a name is repeated",
      details: { upstreamCode: "DTV_CSV_HEADER", rows: 3 },
    });
  });

  it("of a newer protocol, or of none, is refused", async () => {
    const newer = await send(SMALL);
    newer[newer.indexOf("\x01\0\0\x001\0", 0, "latin1") + 4] = 50;
    const newest = /version 2 of the protocol/;
    await expect(receive(newer)).rejects.toThrow(newest);
  });

  it("may go without a trailer, and is then told by its end alone", async () => {
    const bytes = await send(SMALL, {}, { trailer: false });
    expect((await receive(bytes)).report).toBeUndefined();
    await expect(receive(bytes.subarray(0, -8))).rejects.toThrow(incomplete(/end-of-stream mark/));
    await expect(receive(Buffer.concat([bytes, Buffer.of(1)]))).rejects.toThrow(incomplete(/no trailer/));
  });

  it("is refused before there is memory for a message that is too large", async () => {
    await expect(receive(await send(SMALL), [], { maxMessageBytes: 64 })).rejects.toMatchObject({
      code: "DTV_ARROW_INVALID",
      message: expect.stringContaining("larger than the limit of 64"),
    });
  });
});

describe("a pipe that was kept in a file", () => {
  it("is read as any Arrow stream, if it is whole and nothing failed", async () => {
    const bytes = await send(SMALL);
    expect((await decodeFile(bytes)).columns[0]).toEqual([1, 2, 3]);
    const end = bytes.indexOf("DTVTRAIL");
    const untold = expect.objectContaining({ code: "DTV_UPSTREAM_INCOMPLETE" });
    await expect(decodeFile(bytes.subarray(0, end))).rejects.toThrow(untold);
    await expect(decodeFile(bytes.subarray(0, end + 5))).rejects.toThrow(untold);
    await expect(decodeFile(await send(SMALL, { error: { code: "X", message: "y" } }))).rejects.toThrow(untold);
    const bare = await send(SMALL, {}, { trailer: false });
    expect((await decodeFile(bare)).columns[0]).toEqual([1, 2, 3]);
  });
});

describe("the first bytes", () => {
  it("tell whether a stream comes from a dativo process", async () => {
    const bytes = await send(SMALL);
    const schemaEnd = 8 + bytes.readInt32LE(4);
    for (let length = 0; length < schemaEnd; length++) expect(isPipeStream(bytes.subarray(0, length))).toBeUndefined();
    expect(isPipeStream(bytes.subarray(0, schemaEnd))).toBe(true);
    expect(isPipeStream(Buffer.from("id,name\n"))).toBe(false);
    expect(isPipeStream(Buffer.from([255, 255, 255, 255, 0, 0, 0, 0]))).toBe(false);
    const ordinary = Buffer.from(bytes);
    ordinary.write("x", ordinary.indexOf("dativo.stream\0"));
    expect(isPipeStream(ordinary)).toBe(false);
  });
});
