/** Files that claim what they do not hold. */
import zlib from "node:zlib";
import { expect, it } from "vitest";
import type { DativoError } from "../../../../lib/contract/errors.ts";
import { decodeAll } from "./codec.ts";
import { type Block, block, file, header, long, recordOf, SYNC, sized } from "./forge.ts";

const INT = recordOf("int");
const LIST = (items: unknown) => recordOf({ type: "array", items });
const one = (data: Buffer): Block[] => [{ count: 1, data }];
const magic = Buffer.from("Obj\u0001");

/** Records inside records: 2^40 leaves in a few lines. */
function doubling(): object {
  let type: unknown = "int";
  for (let i = 0; i < 40; i++) {
    const inner = type;
    type = {
      type: "record",
      name: `r${i}`,
      fields: [
        { name: "a", type: inner },
        { name: "b", type: i === 0 ? "int" : `r${i - 1}` },
      ],
    };
  }
  return type as object;
}

function deep(levels: number): unknown {
  let type: unknown = "int";
  for (let i = 0; i < levels; i++) type = { type: "array", items: type };
  return type;
}

const LINKED = { type: "record", name: "n", fields: [{ name: "next", type: ["null", "n"] }] };
const ENDLESS = { type: "record", name: "n", fields: [{ name: "next", type: "n" }] };
const wide = {
  type: "record",
  name: "w",
  fields: Array.from({ length: 10_001 }, (_, i) => ({ name: `f${i}`, type: "int" })),
};

it.each<[string, Buffer, string]>([
  ["nothing", Buffer.alloc(0), "its header: the file is empty"],
  ["another format", Buffer.from("PAR1 and so on"), "does not begin as a container file"],
  ["another version", Buffer.concat([Buffer.from("Obj\u0002"), header(INT).subarray(4)]), "does not begin as"],
  ["no schema", Buffer.concat([magic, long(0), SYNC]), "it has no schema"],
  ["a header of many entries", Buffer.concat([magic, long(2n ** 40n), SYNC]), "claims 1099511627776 entries"],
  ["a header beyond the file", Buffer.concat([magic, long(1), long(2n ** 40n), SYNC]), "the file is cut off in it"],
  ["a negative length", Buffer.concat([magic, long(1), long(-1), SYNC]), "a value claims -1 bytes"],
  ["a schema of text", file("text", []), 'names "text", which is no type'],
  ["a schema that is no record", file("int", []), "of type int and not records"],
  ["a schema without fields", file({ type: "record", name: "r", fields: [] }, []), "its records hold nothing"],
  ["fields of null", file(recordOf("null"), one(Buffer.alloc(0))), "its records hold nothing"],
  ["a type that is not there", file(recordOf("other"), []), 'names "other"'],
  ["a union in a union", file(recordOf(["null", ["int"]]), []), "a union in a union"],
  ["a union of nothing", file(recordOf([]), []), "a union of nothing"],
  ["a fixed without a size", file(recordOf({ type: "fixed", name: "f" }), []), "a fixed without a size"],
  ["an enum without symbols", file(recordOf({ type: "enum", name: "f" }), []), "an enum without a list"],
  [
    "a decimal that is too long",
    file(recordOf({ type: "bytes", logicalType: "decimal", precision: 39 }), []),
    "decimal(39,0)",
  ],
  [
    "two fields of one name",
    file(
      {
        type: "record",
        name: "r",
        fields: [
          { name: "a", type: "int" },
          { name: "b", type: "int", "dativo.name": "a" },
        ],
      },
      [],
    ),
    "two fields of one name",
  ],
  ["a type that is defined twice", file(recordOf([{ type: "fixed", name: "r", size: 1 }]), []), "defines 'r' twice"],
  ["a record without an end", file(ENDLESS, []), "holds itself, without an end"],
  ["records that double", file(doubling(), []), "more than 10000 members"],
  ["too many types", file(wide, []), "more than 10000 types"],
  ["a schema too deep", file(recordOf(deep(200)), []), "nested deeper than 100 levels"],
  ["a codec that is not read", file(INT, [], "xz"), "compressed with xz, which is not read"],
  ["bzip2", file(INT, [], "bzip2"), "compressed with bzip2"],
  ["fewer records than none", file(INT, [{ count: -1, data: long(1) }]), "it claims -1 records"],
  [
    "more records than bytes",
    file(INT, [{ count: 2n ** 62n, data: long(1) }]),
    "it claims 4611686018427387904 records in 1 bytes",
  ],
  [
    "more records than there are",
    file(INT, [{ count: 2, data: long(1000) }]),
    "record 2: a value goes on behind the end",
  ],
  [
    "fewer records than there are",
    file(INT, [{ count: 1, data: Buffer.concat([long(1), long(2)]) }]),
    "it has 1 bytes behind its 1 records",
  ],
  ["a negative size", file(INT, [{ count: 1, data: long(1), size: -1 }]), "it claims -1 bytes"],
  [
    "a size beyond reason",
    file(INT, [{ count: 1, data: long(1), size: 2n ** 40n }]),
    "it claims 1099511627776 bytes, where at most 67108864 can be",
  ],
  ["a number of eleven bytes", Buffer.concat([header(INT), Buffer.alloc(11, 0xff)]), "a number has more than 10 bytes"],
  ["a number of 65 bits", file(INT, one(Buffer.from("ffffffffffffffffff02", "hex"))), "a number has more than 64 bits"],
  ["an int of 33 bits", file(INT, one(long(2 ** 31))), "an int is 2147483648"],
  [
    "another sync marker",
    file(INT, [{ count: 1, data: long(1), sync: Buffer.alloc(16) }]),
    "its sync marker is not that of the file",
  ],
  [
    "bytes behind the last block",
    Buffer.concat([file(INT, one(long(1))), Buffer.from([2])]),
    "block 2 (byte 120): the file is cut off in it",
  ],
  [
    "another file behind it",
    Buffer.concat([file(INT, one(long(1))), file(INT, [])]),
    "block 2 (byte 120): it claims -40 records",
  ],
  [
    "a branch that is not there",
    file(recordOf(["null", "int"]), one(long(2))),
    "branch 2 is asked for, where there are 2",
  ],
  [
    "a symbol that is not there",
    file(recordOf({ type: "enum", name: "e", symbols: ["A"] }), one(long(-1))),
    "symbol -1 is asked for",
  ],
  ["a truth value that is none", file(recordOf("boolean"), one(Buffer.from([2]))), "a truth value is 2"],
  ["text longer than its block", file(recordOf("string"), one(long(2n ** 50n))), "a value goes on behind the end"],
  [
    "billions of nulls",
    file(LIST("null"), one(Buffer.concat([long(2n ** 40n), long(0)]))),
    "a list claims 1099511627776 items that take no bytes",
  ],
  [
    "nulls again and again",
    file(LIST("null"), one(Buffer.concat([...Array.from({ length: 3 }, () => long(40_000)), long(0)]))),
    "a list claims 40000 items that take no bytes",
  ],
  [
    "records of nothing",
    file(LIST({ type: "record", name: "e", fields: [] }), one(Buffer.concat([long(2 ** 31), long(0)]))),
    "items that take no bytes",
  ],
  [
    "more items than bytes",
    file(LIST("int"), one(Buffer.concat([long(10), long(0)]))),
    "a list claims 10 items, where 1 bytes are left",
  ],
  [
    "fewer items than none at all",
    file(LIST("int"), one(Buffer.concat([long(-(2n ** 63n)), long(0), long(0)]))),
    "a list claims 9223372036854775808 items",
  ],
  [
    "a list of another size",
    file(LIST("int"), one(Buffer.concat([long(-1), long(5), long(1), long(0)]))),
    "a list has not the size that it claims",
  ],
  [
    "a map of another size",
    file(recordOf({ type: "map", values: "null" }), one(Buffer.concat([long(2 ** 40), long(0)]))),
    "a list claims 1099511627776 items",
  ],
  [
    "a chain too long",
    file(LINKED, one(Buffer.concat([Buffer.alloc(2000, 2), Buffer.from([0])]))),
    "nested deeper than 100 levels",
  ],
  ["broken deflate", file(INT, one(Buffer.from([255, 255])), "deflate"), "compressed data is broken"],
  [
    "a deflate bomb",
    file(INT, [{ count: 1, data: zlib.deflateRawSync(Buffer.alloc(65 << 20)) }], "deflate"),
    "or of more than 67108864 bytes",
  ],
  ["a Snappy block without its checksum", file(INT, one(Buffer.from([1, 0, 1])), "snappy"), "it is no Snappy block"],
  [
    "a Snappy block beyond reason",
    file(INT, one(Buffer.concat([Buffer.from("ffffffff0f", "hex"), Buffer.alloc(4)])), "snappy"),
    "claims to hold 4294967295 bytes",
  ],
  [
    "a Snappy block with another checksum",
    file(INT, one(Buffer.from([1, 0, 2, 0, 0, 0, 0])), "snappy"),
    "its checksum is wrong",
  ],
  ["a zstd frame that is none", file(INT, one(Buffer.alloc(9)), "zstandard"), "compressed data is broken"],
  [
    "a zstd frame beyond reason",
    file(INT, one(Buffer.from("28b52ffda0ffffff7f010000", "hex")), "zstandard"),
    "compressed data is broken",
  ],
])("%s", async (_, bytes, message) => {
  for (const cut of [Math.max(bytes.length, 1), 7]) {
    const { error, rejects } = await decodeAll(bytes, { cut });
    expect((error as DativoError | undefined)?.message).toContain(message);
    expect(error).toMatchObject({ name: "DativoError", code: "DTV_AVRO_INVALID", culprit: "t.avro" });
    expect((error as DativoError).hint).toBeTruthy();
    expect(rejects).toEqual([]);
  }
});

it("a record that takes more memory than it may", async () => {
  const items = Buffer.concat([long(1000), Buffer.alloc(1000), long(0)]);
  const bytes = file(LIST(["null", "string"]), [{ count: 1, data: items }]);
  expect((await decodeAll(bytes)).rows).toBe(1);
  expect((await decodeAll(bytes, { options: { max_block_bytes: 4096 } })).error).toMatchObject({
    code: "DTV_RECORD_TOO_LARGE",
    message:
      "t.avro cannot be read as Avro: block 1 (byte 138), record 1: a record takes more than 2048 bytes of memory",
    details: { source: "t.avro", block: 1, offset: 138, record: 1 },
  });
});

it("what stands before a fault is given out", async () => {
  const good = { count: 2, data: Buffer.concat([long(1), long(2)]) };
  const bytes = Buffer.concat([
    file(INT, [good]),
    block({ count: 2, data: Buffer.concat([long(3), sized("")]), size: 3 }),
  ]);
  const read = await decodeAll(bytes);
  expect(read.columns).toEqual([[1, 2]]);
  expect(read.error).toMatchObject({ code: "DTV_AVRO_INVALID", details: { block: 2 } });
  const broken = file(recordOf("boolean"), [{ count: 3, data: Buffer.from([1, 0, 7]) }]);
  expect(await decodeAll(broken)).toMatchObject({ columns: [[true, false]], error: { details: { record: 3 } } });
});
