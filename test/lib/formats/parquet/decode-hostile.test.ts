import zlib from "node:zlib";
import type { SchemaElement } from "hyparquet";
import { ByteWriter } from "hyparquet-writer";
import { deltaBinaryPack } from "hyparquet-writer/src/delta.js";
import { describe, expect, test } from "vitest";
import { DativoError } from "../../../../lib/contract/errors.ts";
import { buildSchemaTree } from "../../../../lib/formats/parquet/decode/schema-tree.ts";
import { bytesOf, decodeAll, decodeBatches, decodeHere } from "./codec.ts";
import {
  byteArrays,
  dictionaryPage,
  type ForgedColumn,
  forgeFile,
  int32s,
  levels,
  pageV1,
  pageV2,
  prefixed,
  runs,
  uint32,
  varint,
} from "./forge.ts";

const INT32: SchemaElement = { name: "c", type: "INT32", repetition_type: "REQUIRED" };
const INT64: SchemaElement = { ...INT32, type: "INT64" };
const BOOLEAN: SchemaElement = { ...INT32, type: "BOOLEAN" };
const OPTIONAL: SchemaElement = { ...INT32, repetition_type: "OPTIONAL" };
const TEXT: SchemaElement = { name: "c", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" };
const SOUND: ForgedColumn = { pages: [pageV1({ values: 1, body: int32s(7) })], values: 1 };

function footerFile(footer: Buffer, length = footer.length): Buffer {
  return Buffer.concat([Buffer.from("PAR1"), footer, uint32(length), Buffer.from("PAR1")]);
}

async function refusal(file: Uint8Array): Promise<string> {
  const error: unknown = await decodeAll(file).then(
    () => new Error("it was read"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof DativoError)) throw error;
  expect(error.code).toBe("DTV_PARQUET_INVALID");
  expect(error.culprit).toBe("test.parquet");
  expect(error.hint).toBeTruthy();
  return error.message.replace("test.parquet cannot be read as Parquet: ", "");
}

function ofOne(element: SchemaElement, column: ForgedColumn): Buffer {
  return forgeFile([element], column.values, [column]);
}

describe("what is no Parquet file", () => {
  test.each<[string, Uint8Array, string]>([
    ["nothing", Buffer.alloc(0), "it has only 0 bytes"],
    ["a few bytes", Buffer.from("PAR1PAR1"), "it has only 8 bytes"],
    ["text", Buffer.from("id,name\n1,Ann\n2,Bob\n"), "it does not begin with PAR1"],
    ["half a file", ofOne(INT32, SOUND).subarray(0, 60), "it does not end with PAR1"],
    ["an encrypted file", Buffer.from("PARE........PARE"), "it is encrypted, which is not read"],
    [
      "a footer longer than the file",
      footerFile(Buffer.alloc(10), 11),
      "the length of the footer is 11, where at most 10 can be",
    ],
    ["a footer of zeros", footerFile(Buffer.alloc(10)), "its footer does not parse"],
    ["an empty footer", footerFile(Buffer.alloc(0)), "its footer does not parse"],
  ])("%s", async (_, file, reason) => {
    expect(await refusal(file)).toContain(reason);
  });

  test("a file that shrinks while it is read", async () => {
    const file = ofOne(INT32, SOUND);
    const bytes = { sizeBytes: file.length, read: async () => file.subarray(0, 3) };
    const reading = decodeBatches(bytes).next();
    await expect(reading).rejects.toThrow("it ends at byte 3, inside what was to be read");
  });

  test("a read that fails is no damage", async () => {
    const bytes = { sizeBytes: 100, read: () => Promise.reject(new Error("EIO: disk on fire")) };
    const error: unknown = await decodeBatches(bytes)
      .next()
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "DTV_SOURCE_UNREADABLE" });
    expect((error as Error).message).toBe("Cannot read test.parquet: EIO: disk on fire");
  });
});

describe("a footer", () => {
  const STRUCT_LIST = 0x29;

  test("with a list of a thousand million elements is refused before room is made for them", async () => {
    const footer = Buffer.concat([Buffer.from([STRUCT_LIST, 0xfc]), varint(2 ** 30), Buffer.alloc(50)]);
    expect(await refusal(footerFile(footer))).toContain("a list in it claims 1073741824 elements");
  });

  test("with structs in structs without end is refused", async () => {
    const reason = "a structure in it is nested too deeply";
    expect(await refusal(footerFile(Buffer.alloc(100_000, 0x1c)))).toContain(reason);
    expect(await refusal(footerFile(Buffer.alloc(100_000, 0x19)))).toContain(reason);
  });

  test("with a number without end is refused", async () => {
    const footer = Buffer.concat([Buffer.from([0x15]), Buffer.alloc(50_000, 0xff)]);
    expect(await refusal(footerFile(footer))).toContain("a number in it is too long");
  });

  test.each<[string, SchemaElement[], string]>([
    ["without columns", [], "its schema has no column"],
    ["with a column without repetition", [{ name: "c", type: "INT32" }], "its column 'c' has no repetition"],
    [
      "with a group without members",
      [{ name: "g", repetition_type: "REQUIRED", num_children: 0 }],
      "its column 'g' is a group without members",
    ],
    ["with two columns of one name", [INT32, INT32], "it has two columns named 'c'"],
    ["nested a hundred deep", deepGroups(100), "its schema is nested more than 64 deep"],
  ])("%s", async (_, elements, reason) => {
    expect(await refusal(forgeFile(elements, 0, [], { row_groups: [] }))).toContain(reason);
  });

  test.each<[string, SchemaElement[], string]>([
    ["an empty list", [], "its schema is empty"],
    ["fewer elements than a group has members", [{ name: "r", num_children: 2 }, INT32], "its schema ends too early"],
    [
      "more elements than the tree",
      [{ name: "r", num_children: 1 }, INT32, INT32],
      "its schema has 3 elements, of which 2",
    ],
    [
      "a thousand million members",
      [{ name: "r", num_children: 2 ** 30 }, INT32],
      "the number of columns is 1073741824",
    ],
    ["a negative count", [{ name: "r", num_children: -1 }, INT32], "the number of columns is -1"],
  ])("whose schema is %s", (_, elements, reason) => {
    expect(() => buildSchemaTree(elements)).toThrow(reason);
  });

  test.each<[string, Buffer, string]>([
    [
      "counts more records than its row groups",
      forgeFile([INT32], 1, [SOUND], { num_rows: 2n }),
      "its row groups have 1 records, where the file has 2",
    ],
    [
      "counts records without end",
      forgeFile([INT32], 2n ** 62n, [SOUND]),
      "the number of records in a row group is 4611686018427387904",
    ],
    [
      "has a chunk that lies behind the file",
      ofOne(INT32, { ...SOUND, meta: { data_page_offset: 10n ** 9n } }),
      "the place of a column chunk is 1000000000",
    ],
    [
      "has a chunk that is longer than the file",
      ofOne(INT32, { ...SOUND, meta: { total_compressed_size: 10n ** 9n } }),
      "the size of a column chunk is 1000000000",
    ],
    [
      "has a chunk of another column",
      ofOne(INT32, { ...SOUND, meta: { path_in_schema: ["d"] } }),
      "a column chunk is not of the column 'c'",
    ],
    [
      "has a chunk of another type",
      ofOne(INT32, { ...SOUND, meta: { type: "INT64" } }),
      "a column chunk is not of the column 'c'",
    ],
    [
      "has a chunk with fewer values than records",
      forgeFile([INT32], 2, [SOUND]),
      "column 'c' has 1 values for 2 records",
    ],
    [
      "leaves a chunk out",
      forgeFile([INT32, { ...INT32, name: "d" }], 1, [SOUND]),
      "column 'd' is encrypted or left out",
    ],
  ])("that %s", async (_, file, reason) => {
    expect(await refusal(file)).toContain(reason);
  });

  test("with a chunk in another file", async () => {
    const file = forgeFile([INT32], 1, [SOUND]);
    const footer = {
      num_rows: 1n,
      row_groups: [
        {
          columns: [{ file_path: "b.parquet", file_offset: 0n, meta_data: chunkMeta() }],
          total_byte_size: 1n,
          num_rows: 1n,
        },
      ],
    };
    expect(file.length).toBeGreaterThan(0);
    expect(await refusal(forgeFile([INT32], 1, [SOUND], footer))).toContain("column 'c' lies in another file");
  });
});

describe("a page", () => {
  const page = (element: SchemaElement, bytes: Buffer, values = 3, meta: ForgedColumn["meta"] = {}): Buffer =>
    ofOne(element, { pages: [bytes], values, meta });

  test.each<[string, Buffer, string]>([
    [
      "that is longer than its chunk",
      page(INT32, pageV1({ values: 3, body: int32s(1, 2, 3) }).subarray(0, -4)),
      "a page of 12 bytes begins where the column chunk has 8 left",
    ],
    [
      "with more values than its chunk",
      page(INT32, pageV1({ values: 4, body: int32s(1, 2, 3, 4) })),
      "the number of values in a page is 4, where at most 3 can be",
    ],
    ["with fewer values than its chunk", page(INT32, pageV1({ values: 2, body: int32s(1, 2) })), "column 'c': "],
    [
      "with fewer values than it says",
      page(INT32, pageV1({ values: 3, body: int32s(1, 2) })),
      "a page ends inside its values",
    ],
    [
      "with a negative count",
      page(INT32, pageV1({ values: -3, body: int32s(1, 2, 3) })),
      "the number of values in a page is -3",
    ],
    [
      "with text longer than itself",
      page(TEXT, pageV1({ values: 3, body: Buffer.concat([uint32(0xffffffff), Buffer.alloc(9)]) })),
      "a value is longer than its page",
    ],
    [
      "that claims a size beyond reason",
      page(INT32, pageV1({ values: 3, body: int32s(1), size: 2 ** 30 }), 3, { codec: "GZIP" }),
      "a page claims 1073741824 bytes, more than its column chunk",
    ],
    [
      "whose Snappy block claims another size",
      page(INT32, pageV1({ values: 3, body: Buffer.concat([varint(2 ** 31), int32s(1)]), size: 12 }), 3, {
        codec: "SNAPPY",
      }),
      "a page holds 2147483648 bytes where its header says 12",
    ],
    [
      "whose Snappy block cannot be so large",
      page(INT32, pageV1({ values: 3, body: Buffer.concat([varint(2 ** 25), int32s(1)]), size: 2 ** 25 }), 3, {
        codec: "SNAPPY",
      }),
      "a page of 8 compressed bytes claims to hold 33554432",
    ],
    [
      "whose zstd frame claims another size",
      page(INT32, pageV1({ values: 3, body: Buffer.from("28b52ffda0ffffff7f010000", "hex"), size: 12 }), 3, {
        codec: "ZSTD",
      }),
      // Node's own zstd, where there is one, stops at the size it is given; the other would make room for two GiB.
      "zstdDecompressSync" in zlib ? "column 'c': " : "a zstd frame claims 2147483647 bytes, where at most 12 can be",
    ],
    [
      "that is a gzip bomb",
      page(INT32, pageV1({ values: 3, body: zlib.gzipSync(Buffer.alloc(10 ** 7)), size: 12 }), 3, { codec: "GZIP" }),
      "column 'c': ",
    ],
    [
      "that is a brotli bomb",
      page(INT32, pageV1({ values: 3, body: zlib.brotliCompressSync(Buffer.alloc(10 ** 7)), size: 12 }), 3, {
        codec: "BROTLI",
      }),
      "column 'c': ",
    ],
    [
      "with levels in the old way",
      page(OPTIONAL, pageV1({ values: 3, levelEncoding: "BIT_PACKED", body: int32s(1, 2, 3) })),
      "a page has levels encoded as BIT_PACKED, which is not read",
    ],
    [
      "with levels longer than itself",
      page(OPTIONAL, pageV1({ values: 3, body: Buffer.concat([uint32(1000), int32s(1, 2, 3)]) })),
      "a page ends inside its levels",
    ],
    [
      "with an encoding of another type",
      page(INT32, pageV1({ values: 3, encoding: "DELTA_LENGTH_BYTE_ARRAY", body: int32s(1) })),
      "a page is encoded as DELTA_LENGTH_BYTE_ARRAY, which is not read for INT32",
    ],
    [
      "whose LZ4 block copies from before its beginning",
      page(INT32, pageV1({ values: 3, body: Buffer.from("106105000000", "hex"), size: 12 }), 3, { codec: "LZ4_RAW" }),
      "a page is no LZ4 block of 12 bytes",
    ],
    [
      "whose packed values end too early",
      page(BOOLEAN, pageV1({ values: 3, encoding: "RLE", body: prefixed(varint(3)) })),
      "a page ends inside a run of values",
    ],
    [
      "whose packed values end in the middle of one",
      ofOne(INT32, {
        pages: [
          dictionaryPage({ values: 1, body: int32s(1) }),
          pageV1({ values: 3, encoding: "RLE_DICTIONARY", body: Buffer.from([7, 3, 0, 0]) }),
        ],
        values: 3,
      }),
      "a page ends inside a run of values",
    ],
    [
      "with text that shares more than the text before it has",
      page(TEXT, pageV1({ values: 3, encoding: "DELTA_BYTE_ARRAY", body: sharing([0, 5, 0], ["abc", "d", "e"]) })),
      "a value shares more than the one before it has",
    ],
    [
      "that is not as large as it says, once inflated",
      page(INT32, pageV1({ values: 3, body: zlib.gzipSync(int32s(1, 2, 3)), size: 16 }), 3, { codec: "GZIP" }),
      "a page has 12 bytes instead of 16",
    ],
    [
      "that needs a dictionary that is not there",
      page(INT32, pageV1({ values: 3, encoding: "RLE_DICTIONARY", body: int32s(1) })),
      "a page needs a dictionary",
    ],
    [
      "with differences in blocks of no values",
      page(INT32, pageV1({ values: 3, encoding: "DELTA_BINARY_PACKED", body: deltaHeader(0, 4, 3) })),
      "a page has delta blocks of 0 values in 4 parts",
    ],
    [
      "with differences in no parts",
      page(INT32, pageV1({ values: 3, encoding: "DELTA_BINARY_PACKED", body: deltaHeader(128, 0, 3) })),
      "a page has delta blocks of 128 values in 0 parts",
    ],
    [
      "with differences in blocks without end",
      page(INT64, pageV1({ values: 3, encoding: "DELTA_BINARY_PACKED", body: deltaHeader(2 ** 40, 1, 3) })),
      "a page has delta blocks of 1099511627776 values",
    ],
    [
      "with more lengths than values",
      page(TEXT, pageV1({ values: 3, encoding: "DELTA_LENGTH_BYTE_ARRAY", body: deltaHeader(128, 4, 2 ** 40) })),
      "the number of lengths in a page is 1099511627776, where at most 3 can be",
    ],
  ])("%s", async (_, file, reason) => {
    expect(await refusal(file)).toContain(reason);
  });

  // Natively it is read: the size of what is not compressed is told twice, and only one is believed.
  test("that is not as large as it says", async () => {
    const file = page(INT32, pageV1({ values: 3, body: int32s(1, 2, 3), size: 16 }));
    await expect(decodeHere(file)).rejects.toThrow("a page has 12 bytes instead of 16");
  });

  test("with an entry that its dictionary has not, with two dictionaries, with a dictionary without end", async () => {
    const dictionary = dictionaryPage({ values: 1, body: int32s(1) });
    const data = pageV1({
      values: 1,
      encoding: "RLE_DICTIONARY",
      body: Buffer.concat([Buffer.from([8]), runs(8, [1, 9])]),
    });
    expect(await refusal(ofOne(INT32, { pages: [dictionary, data], values: 1 }))).toContain(
      "entry 9 of a dictionary of 1",
    );
    expect(await refusal(ofOne(INT32, { pages: [dictionary, dictionary, data], values: 1 }))).toContain(
      "two dictionaries",
    );
    const endless = dictionaryPage({ values: 2 ** 31 - 1, body: int32s(1) });
    expect(await refusal(ofOne(INT32, { pages: [endless, data], values: 1 }))).toContain(
      "number of dictionary entries is 2147483647, where at most 1 can be",
    );
  });

  test("with a run far longer than the page costs nothing", async () => {
    const definitions = runs(1, [2 ** 30, 0]);
    const nulls = pageV2({ values: 3, nulls: 3, definitions, body: Buffer.alloc(0) });
    expect((await decodeAll(page(OPTIONAL, nulls))).columns).toEqual([[null, null, null]]);
    const packed = pageV2({
      values: 3,
      encoding: "RLE_DICTIONARY",
      body: Buffer.concat([Buffer.from([0]), varint(2 ** 31 - 1)]),
    });
    const dictionary = dictionaryPage({ values: 1, body: int32s(5) });
    const file = ofOne(INT32, { pages: [dictionary, packed], values: 3 });
    expect((await decodeAll(file)).columns).toEqual([[5, 5, 5]]);
  });

  test("with two thousand million nulls is read a batch at a time", async () => {
    const count = 2 ** 31 - 1;
    const definitions = runs(1, [2 ** 31 - 1, 0]);
    const nulls = pageV2({ values: count, nulls: count, definitions, body: Buffer.alloc(0) });
    const file = ofOne(OPTIONAL, { pages: [nulls], values: count });
    const before = process.memoryUsage().rss;
    let batches = 0;
    for await (const batch of decodeBatches(bytesOf(file))) {
      expect(batch.length).toBe(2000);
      if (++batches === 100) break;
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  });

  test("with levels that contradict each other", async () => {
    const element: SchemaElement = { ...INT32, repetition_type: "REPEATED" };
    const repeated = (reps: readonly number[]): Buffer =>
      pageV1({
        values: 3,
        body: Buffer.concat([prefixed(levels(1, reps)), prefixed(levels(1, [1, 1, 1])), int32s(1, 2, 3)]),
      });
    const first = forgeFile([element], 1, [{ pages: [repeated([1, 1, 1])], values: 3 }]);
    expect(await refusal(first)).toContain("column 'c': ");
    const fewer = forgeFile([element], 4, [{ pages: [repeated([0, 0, 0])], values: 3 }]);
    expect(await refusal(fewer)).toContain("it has 3 records where 4 more should be");
    const members = [
      { name: "g", repetition_type: "REPEATED", num_children: 2 } as const,
      INT32,
      { ...INT32, name: "d" },
    ];
    const columns = [repeated([0, 1, 0]), repeated([0, 0, 1])].map((bytes) => ({ pages: [bytes], values: 3 }));
    const contradiction = "the levels of its pages contradict each other";
    expect(await refusal(forgeFile(members, 2, columns))).toContain(contradiction);
  });

  test("with definition levels that contradict each other", async () => {
    const contradiction = "the levels of its pages contradict each other";
    const column = (defs: readonly number[]): ForgedColumn => {
      const present = defs.filter((level) => level === 2);
      const body = Buffer.concat([prefixed(levels(2, defs)), int32s(...present)]);
      return { pages: [pageV1({ values: defs.length, body })], values: defs.length };
    };
    const members = [
      { name: "g", repetition_type: "OPTIONAL", num_children: 2 } as const,
      OPTIONAL,
      { ...OPTIONAL, name: "d" },
    ];
    expect(await refusal(forgeFile(members, 2, [column([0, 2]), column([1, 2])]))).toContain(contradiction);
    expect(await refusal(forgeFile(members, 2, [column([2, 2]), column([0, 2])]))).toContain(contradiction);
  });

  test("with an entry that continues a list which is not there", async () => {
    const contradiction = "the levels of its pages contradict each other";
    const empty = (reps: readonly number[], defs: readonly number[]): ForgedColumn => {
      const body = Buffer.concat([prefixed(levels(1, reps)), prefixed(levels(1, defs)), int32s(1, 2)]);
      return { pages: [pageV1({ values: defs.length, body })], values: defs.length };
    };
    const bare: SchemaElement = { ...INT32, repetition_type: "REPEATED" };
    expect(await refusal(forgeFile([bare], 2, [empty([0, 1, 0], [0, 1, 1])]))).toContain(contradiction);
    const members = [
      { name: "g", repetition_type: "REQUIRED", num_children: 2 } as const,
      INT32,
      { ...bare, name: "d" },
    ];
    expect(await refusal(forgeFile(members, 1, [SOUND, empty([0, 1], [0, 1])]))).toContain(contradiction);
  });

  test("with more entries than its records have", async () => {
    const list = [
      { name: "c", repetition_type: "REQUIRED", num_children: 1, converted_type: "LIST" } as const,
      { name: "list", repetition_type: "REPEATED", num_children: 1 } as const,
      { name: "element", repetition_type: "REQUIRED", num_children: 2 } as const,
      INT32,
      { name: "inner", repetition_type: "REPEATED", type: "INT32" } as const,
    ];
    const first = Buffer.concat([prefixed(levels(1, [0])), prefixed(levels(1, [1])), int32s(1)]);
    const second = Buffer.concat([prefixed(levels(2, [0, 1])), prefixed(levels(2, [2, 2])), int32s(1, 2)]);
    const columns = [
      { pages: [pageV1({ values: 1, body: first })], values: 1 },
      { pages: [pageV1({ values: 2, body: second })], values: 2 },
    ];
    expect(await refusal(forgeFile(list, 1, columns))).toContain("the levels of its pages contradict each other");
  });

  test("of text wider than its batch allows makes shorter batches", async () => {
    const wide = "x".repeat(1024 * 1024);
    const body = byteArrays(...Array.from({ length: 20 }, () => wide));
    const file = ofOne(TEXT, { pages: [pageV1({ values: 20, body })], values: 20 });
    expect((await decodeAll(file)).batches).toEqual([7, 7, 6]);
  });
});

function chunkMeta() {
  return {
    type: "INT32" as const,
    encodings: ["PLAIN" as const],
    path_in_schema: ["c"],
    codec: "UNCOMPRESSED" as const,
    num_values: 1n,
    total_uncompressed_size: 4n,
    total_compressed_size: 4n,
    data_page_offset: 4n,
  };
}

/** A page body of DELTA_BYTE_ARRAY: the lengths of what is shared, the lengths of the rest, the rest. */
function sharing(prefixes: readonly number[], rest: readonly string[]): Buffer {
  const writer = new ByteWriter();
  deltaBinaryPack(writer, [...prefixes], "INT32");
  deltaBinaryPack(
    writer,
    rest.map(({ length }) => length),
    "INT32",
  );
  return Buffer.concat([Buffer.from(writer.getBytes()), Buffer.from(rest.join(""))]);
}

function deltaHeader(block: number, miniblocks: number, count: number): Buffer {
  return Buffer.concat([varint(block), varint(miniblocks), varint(count), varint(0), Buffer.alloc(8)]);
}

function deepGroups(depth: number): SchemaElement[] {
  const groups = Array.from({ length: depth }, (_, i) => ({
    name: `g${i}`,
    repetition_type: "REQUIRED" as const,
    num_children: 1,
  }));
  return [...groups, INT32];
}
