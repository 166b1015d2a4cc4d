import zlib from "node:zlib";
import type { ColumnMetaData, Encoding, SchemaElement } from "hyparquet";
import { ByteWriter } from "hyparquet-writer";
import { deltaBinaryPack, deltaByteArray, deltaLengthByteArray } from "hyparquet-writer/src/delta.js";
import { writeByteStreamSplit } from "hyparquet-writer/src/splitstream.js";
import { describe, expect, test } from "vitest";
import { ChunkBytes } from "../../../../lib/formats/parquet/decode/chunk-bytes.ts";
import { ColumnChunkReader } from "../../../../lib/formats/parquet/decode/column-chunk.ts";
import { leafOf } from "../../../../lib/formats/parquet/decode/leaf.ts";
import { loadReaderLibrary } from "../../../../lib/formats/parquet/decode/reader-library.ts";
import { buildSchemaTree, type SchemaNode } from "../../../../lib/formats/parquet/decode/schema-tree.ts";
import { decodeAll } from "./codec.ts";
import {
  byteArrays,
  dictionaryPage,
  type ForgedColumn,
  forgeFile,
  indexPage,
  int32s,
  levels,
  pageV1,
  pageV2,
  prefixed,
  runs,
  varint,
} from "./forge.ts";

const INT32: SchemaElement = { name: "c", type: "INT32", repetition_type: "REQUIRED" };
const OPTIONAL: SchemaElement = { ...INT32, repetition_type: "OPTIONAL" };
const TEXT: SchemaElement = { name: "c", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" };

async function cellsOf(element: SchemaElement, column: ForgedColumn, batchRows?: number): Promise<unknown[]> {
  const { columns } = await decodeAll(forgeFile([element], column.values, [column]), {}, batchRows);
  return columns[0] as unknown[];
}

function written(write: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter();
  write(writer);
  return Buffer.from(writer.getBytes());
}

describe("pages", () => {
  test("of both versions, values in several of them, batches across them", async () => {
    const pages = [
      pageV1({ values: 3, body: int32s(1, 2, 3) }),
      pageV2({ values: 2, body: int32s(4, 5) }),
      pageV1({ values: 0, body: Buffer.alloc(0) }),
      pageV2({ values: 1, body: int32s(6) }),
    ];
    for (const batchRows of [1, 2, 4, 100]) {
      expect(await cellsOf(INT32, { pages, values: 6 }, batchRows)).toEqual([1, 2, 3, 4, 5, 6]);
    }
  });

  test("with nulls", async () => {
    const flags = [1, 0, 0, 1, 1, 0];
    const first = pageV1({ values: 6, body: Buffer.concat([prefixed(levels(1, flags)), int32s(1, 2, 3)]) });
    const second = pageV2({ values: 6, nulls: 3, definitions: levels(1, flags), body: int32s(4, 5, 6) });
    const none = pageV2({ values: 2, nulls: 2, definitions: runs(1, [2, 0]), body: Buffer.alloc(0) });
    const pages = [first, none, second];
    const expected = [1, null, null, 2, 3, null, null, null, 4, null, null, 5, 6, null];
    for (const batchRows of [1, 3, 5, 100])
      expect(await cellsOf(OPTIONAL, { pages, values: 14 }, batchRows)).toEqual(expected);
  });

  test("of nulls alone may leave out what the encoding begins with", async () => {
    const definitions = runs(1, [3, 0]);
    const encodings: Encoding[] = ["PLAIN", "RLE_DICTIONARY", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"];
    for (const encoding of encodings) {
      const page = pageV2({ values: 3, nulls: 3, definitions, encoding, body: Buffer.alloc(0) });
      expect(await cellsOf(OPTIONAL, { pages: [page], values: 3 })).toEqual([null, null, null]);
    }
  });

  test("of an index are passed over", async () => {
    const pages = [indexPage(Buffer.from("whatever")), pageV1({ values: 1, body: int32s(7) })];
    expect(await cellsOf(INT32, { pages, values: 1 })).toEqual([7]);
  });

  test("with a checksum are held against it", async () => {
    const body = int32s(7);
    const crc = zlib.crc32(body) | 0;
    expect(await cellsOf(INT32, { pages: [pageV1({ values: 1, body, crc })], values: 1 })).toEqual([7]);
    const wrong = cellsOf(INT32, { pages: [pageV1({ values: 1, body, crc: crc ^ 1 })], values: 1 });
    await expect(wrong).rejects.toThrow("row group 1: column 'c': a page fails its checksum");
  });

  test("whose header is longer than the first look", async () => {
    const page = pageV1({ values: 1, body: int32s(7) });
    // Thrift readers pass over fields they do not know: here 3,000 bytes of text before the end of the header.
    const extra = Buffer.concat([Buffer.from([0x38]), varint(3000), Buffer.alloc(3000, "x"), Buffer.from([0])]);
    const bytes = Buffer.concat([page.subarray(0, page.length - 5), extra, int32s(7)]);
    expect(await cellsOf(INT32, { pages: [bytes], values: 1 })).toEqual([7]);
    const read = async (offset: number, length: number): Promise<Buffer> => bytes.subarray(offset, offset + length);
    const [node] = buildSchemaTree([{ name: "schema", num_children: 1 }, INT32]);
    const reader = new ColumnChunkReader(
      await loadReaderLibrary(),
      new ChunkBytes(read, 0, bytes.length, 16),
      leafOf(node as SchemaNode),
      { num_values: 1n } as ColumnMetaData,
      (stored) => stored,
    );
    expect(await reader.readCells(1)).toEqual([7]);
  });
});

describe("encodings", () => {
  test("a dictionary, its indices in runs and packed", async () => {
    const dictionary = dictionaryPage({ values: 4, body: byteArrays("a", "b", "c", "d") });
    const packed = Buffer.from([3, 0b11_10_01_00, 0b00_00_01_10]);
    const body = Buffer.concat([Buffer.from([2]), runs(2, [3, 2]), packed]);
    for (const encoding of ["PLAIN_DICTIONARY", "RLE_DICTIONARY"] as const) {
      const pages = [dictionary, pageV1({ values: 9, encoding, body })];
      expect((await cellsOf(TEXT, { pages, values: 9 }, 2)).join("")).toBe("cccabcdcb");
    }
  });

  test("a dictionary of one entry needs no bits", async () => {
    const dictionary = dictionaryPage({ values: 1, body: byteArrays("only") });
    for (const body of [Buffer.from([0]), Buffer.concat([Buffer.from([0]), runs(0, [4, 0])])]) {
      const page = pageV2({ values: 4, encoding: "RLE_DICTIONARY", body });
      expect(await cellsOf(TEXT, { pages: [dictionary, page], values: 4 })).toEqual(["only", "only", "only", "only"]);
    }
  });

  test("packed values of every width, the last group cut off", async () => {
    for (let width = 1; width <= 20; width++) {
      const count = 13;
      const values = Array.from({ length: count }, (_, i) => (i * 2654435761) % 2 ** width);
      const bits = values
        .map((value) => value.toString(2).padStart(width, "0"))
        .reverse()
        .join("");
      const packed = Buffer.from(
        BigInt(`0b${bits}`)
          .toString(16)
          .padStart(Math.ceil(bits.length / 8) * 2, "0"),
        "hex",
      ).reverse();
      const body = Buffer.concat([Buffer.from([width]), varint(2 * 2 + 1), packed]);
      const entries = Math.max(...values) + 1;
      const dictionary = dictionaryPage({
        values: entries,
        body: Buffer.from(Int32Array.from({ length: entries }, (_, i) => i * 3).buffer),
      });
      const page = pageV1({ values: count, encoding: "RLE_DICTIONARY", body });
      const seen = await cellsOf(INT32, { pages: [dictionary, page], values: count });
      expect([width, seen]).toEqual([width, values.map((value) => value * 3)]);
    }
  });

  test("booleans as runs", async () => {
    const element: SchemaElement = { name: "c", type: "BOOLEAN", repetition_type: "REQUIRED" };
    const body = prefixed(runs(1, [3, 1], [2, 0]));
    const expected = [true, true, true, false, false];
    expect(await cellsOf(element, { pages: [pageV1({ values: 5, encoding: "RLE", body })], values: 5 })).toEqual(
      expected,
    );
    expect(await cellsOf(element, { pages: [pageV2({ values: 5, encoding: "RLE", body })], values: 5 })).toEqual(
      expected,
    );
  });

  test("differences of integers", async () => {
    const small = Array.from({ length: 1000 }, (_, i) => (i % 7) * 1000 - i);
    const wild = [0, 2 ** 31 - 1, -(2 ** 31), 5, -1, 2 ** 31 - 1];
    for (const values of [small, wild, [42], Array.from({ length: 300 }, () => 9)]) {
      const body = written((writer) => deltaBinaryPack(writer, values, "INT32"));
      const page = pageV1({ values: values.length, encoding: "DELTA_BINARY_PACKED", body });
      expect(await cellsOf(INT32, { pages: [page], values: values.length }, 7)).toEqual(values);
    }
    const wide = [0n, 2n ** 63n - 1n, -(2n ** 63n), 1n, 2n ** 40n, -(2n ** 40n), 3n];
    const body = written((writer) => deltaBinaryPack(writer, wide, "INT64"));
    const page = pageV1({ values: wide.length, encoding: "DELTA_BINARY_PACKED", body });
    const element: SchemaElement = { ...INT32, type: "INT64" };
    const seen = await cellsOf(element, { pages: [page], values: wide.length }, 3);
    expect(seen.map((cell) => BigInt(cell as number | bigint))).toEqual(wide);
  });

  test("differences of byte arrays", async () => {
    const words = Array.from({ length: 5000 }, (_, i) => `word ${i % 100 === 0 ? "" : i}`);
    const bytes = words.map((word) => new Uint8Array(Buffer.from(word)));
    const encode = { DELTA_LENGTH_BYTE_ARRAY: deltaLengthByteArray, DELTA_BYTE_ARRAY: deltaByteArray };
    for (const encoding of ["DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"] as const) {
      const body = written((writer) => encode[encoding](writer, bytes));
      const page = pageV2({ values: words.length, encoding, body });
      expect(await cellsOf(TEXT, { pages: [page], values: words.length }, 999)).toEqual(words);
    }
  });

  test("differences of byte arrays of one length", async () => {
    const element: SchemaElement = { ...INT32, type: "FIXED_LEN_BYTE_ARRAY", type_length: 2 };
    const bytes = [new Uint8Array([1, 2]), new Uint8Array([1, 3]), new Uint8Array([1, 3])];
    const body = written((writer) => deltaByteArray(writer, bytes));
    const page = pageV1({ values: 3, encoding: "DELTA_BYTE_ARRAY", body });
    expect(await cellsOf(element, { pages: [page], values: 3 })).toEqual(bytes);
    const wrong = forgeFile([{ ...element, type_length: 3 }], 3, [{ pages: [page], values: 3 }]);
    await expect(decodeAll(wrong)).rejects.toThrow("a value has 2 bytes instead of 3");
  });

  test("split streams", async () => {
    const cases: [SchemaElement, unknown[]][] = [
      [INT32, [1, -2, 2 ** 31 - 1]],
      [{ ...INT32, type: "INT64" }, [1, -2, 2 ** 40]],
      [{ ...INT32, type: "FLOAT" }, [1.5, -0, Infinity]],
      [{ ...INT32, type: "DOUBLE" }, [0.1, -0, 1e300]],
      [
        { ...INT32, type: "FIXED_LEN_BYTE_ARRAY", type_length: 3 },
        [new Uint8Array([1, 2, 3]), new Uint8Array([4, 5, 6])],
      ],
    ];
    for (const [element, values] of cases) {
      const physical = element.type === "INT64" ? values.map((value) => BigInt(value as number)) : values;
      const body = written((writer) =>
        writeByteStreamSplit(writer, physical, element.type as never, element.type_length),
      );
      const page = pageV1({ values: values.length, encoding: "BYTE_STREAM_SPLIT", body });
      expect(await cellsOf(element, { pages: [page], values: values.length }, 2)).toEqual(values);
    }
  });
});

describe("codecs", () => {
  const text = Buffer.from("abcabcabcabcabcabcabcabc".repeat(20));
  const body = byteArrays(text);

  test("LZ4 in the frames of Hadoop, and bare as old Arrow wrote it", async () => {
    const block = lz4Literals(body);
    const half = Math.floor(body.length / 2);
    const frames = [body.subarray(0, half), body.subarray(half)].map((part) => {
      const packed = lz4Literals(part);
      const header = Buffer.alloc(8);
      header.writeUInt32BE(part.length);
      header.writeUInt32BE(packed.length, 4);
      return Buffer.concat([header, packed]);
    });
    for (const stored of [block, Buffer.concat(frames)]) {
      const page = pageV1({ values: 1, body: stored, size: body.length });
      expect(await cellsOf(TEXT, { pages: [page], values: 1, meta: { codec: "LZ4" } })).toEqual([text.toString()]);
    }
  });

  test("an LZ4 block that is shorter than its page says is no page of zeros", async () => {
    for (const codec of ["LZ4", "LZ4_RAW"] as const) {
      const page = pageV1({ values: 1, body: lz4Literals(body.subarray(0, 100)), size: body.length });
      await expect(cellsOf(TEXT, { pages: [page], values: 1, meta: { codec } })).rejects.toThrow(
        "no LZ4 block of 484 bytes",
      );
    }
  });

  test("a zstd frame that does not say its size", async () => {
    // `zstd` reading a pipe: 20 bytes in one raw block, no content size in the frame header.
    const raw = byteArrays("sixteen letters.");
    const frame = Buffer.concat([Buffer.from("28b52ffd0058", "hex"), Buffer.from([(raw.length << 3) | 1, 0, 0]), raw]);
    const page = pageV1({ values: 1, body: frame, size: raw.length });
    expect(await cellsOf(TEXT, { pages: [page], values: 1, meta: { codec: "ZSTD" } })).toEqual(["sixteen letters."]);
  });

  test("a page that was left uncompressed in a compressed column", async () => {
    const page = pageV2({ values: 1, body, isCompressed: false });
    expect(await cellsOf(TEXT, { pages: [page], values: 1, meta: { codec: "SNAPPY" } })).toEqual([text.toString()]);
  });

  test("LZO is refused by name", async () => {
    const page = pageV1({ values: 1, body });
    const reading = cellsOf(TEXT, { pages: [page], values: 1, meta: { codec: "LZO" } });
    await expect(reading).rejects.toThrow("it is compressed with LZO, which is not read");
  });
});

/** An LZ4 block of literals alone. */
function lz4Literals(bytes: Buffer): Buffer {
  const rest = bytes.length - 15;
  const lengths = [...Array.from({ length: Math.floor(rest / 255) }, () => 255), rest % 255];
  return Buffer.concat([Buffer.from([0xf0, ...lengths]), bytes]);
}
