import { describe, expect, it } from "vitest";
import { NumberText, parseJson } from "../../../../lib/contract/json.ts";
import { RowBatch } from "../../../../lib/contract/row-batch.ts";
import { jsonlFormat } from "../../../../lib/formats/jsonl/jsonl-format.ts";
import { type Decoded, type DecodeInit, decode, decodeWell, errorOf } from "../csv/decode.ts";

const read = (input: string | Uint8Array, init: DecodeInit = {}): Decoded => decodeWell(jsonlFormat, input, init);
const reasons = ({ rejects }: Decoded): unknown[] =>
  rejects.map(({ row, line, faults }) => [row, line, ...faults.map(({ rule, reason }) => `${rule}: ${reason}`)]);

describe("records", () => {
  it("are the objects of the lines", () => {
    expect(read('{"a":1,"b":"x"}\n{"a":2,"b":null}\n')).toMatchObject({
      names: ["a", "b"],
      rows: [
        [1, "x"],
        [2, null],
      ],
    });
  });

  it("end with LF or CRLF, the last with none; blank lines are none", () => {
    expect(read('\n{"a":1}\r\n \t\r\n{"a":2}\n\n{"a":3}').rows).toEqual([[1], [2], [3]]);
  });

  it("keep numbers exact", () => {
    const [row] = read(
      '{"a":9007199254740993,"b":-9223372036854775808,"c":1.50000000000000000001,"d":1e2,"e":-0}',
    ).rows;
    expect(row).toEqual([9007199254740993n, -(2n ** 63n), new NumberText("1.50000000000000000001"), 100, -0]);
    expect(read('{"a":-0}').rows).toEqual([[-0]]);
  });

  it("hold any value", () => {
    expect(read('{"a":[1,{"b":null}],"c":{"d":true},"e":"\\ud83d\\ude00é"}').rows).toEqual([
      [[1, { b: null }], { d: true }, "\u{1F600}é"],
    ]);
  });

  it("come as lexical columns that may become more", () => {
    const decoder = jsonlFormat.decoder?.({}, { source: "x", batchRows: 9, reject: () => {}, warn: () => {} });
    const [batch] = [...(decoder?.push(Buffer.from('{"a":1}\n')) ?? []), ...(decoder?.end() ?? [])];
    expect(batch).toBeInstanceOf(RowBatch);
    expect(batch?.schema.field("a")).toEqual({ name: "a", type: { kind: "string" }, nullable: true, lexical: true });
    expect(batch?.schema.isOpen).toBe(true);
  });
});

describe("names", () => {
  it("stand in the order in which they first appear, and stay", () => {
    const { batches, rows } = read('{"b":1,"a":2}\n{"a":3}\n{"c":4}\n{"a":5,"b":6}\n', { batchRows: 2 });
    expect(batches).toEqual([
      { length: 2, names: ["b", "a"] },
      { length: 2, names: ["b", "a", "c"] },
    ]);
    expect(rows).toEqual([
      [1, 2, null],
      [null, 3, null],
      [null, null, 4],
      [6, 5, null],
    ]);
  });

  it("keep their schema while no name is new", () => {
    const decoder = jsonlFormat.decoder?.({}, { source: "x", batchRows: 1, reject: () => {}, warn: () => {} });
    const made = [...(decoder?.push(Buffer.from('{"a":1}\n{"a":2}\n{}\n')) ?? []), ...(decoder?.end() ?? [])];
    expect(new Set(made.map(({ schema }) => schema)).size).toBe(1);
  });

  it("may be properties of every object", () => {
    const hostile = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf"];
    const line = `{${hostile.map((name, i) => `"${name}":${i}`).join(",")}}`;
    const long = line.replace('"__proto__":0', '"__proto__":9007199254740993');
    const { names, rows } = read(`${line}\n{"x":1}\n${long}\n`);
    expect(names).toEqual([...hostile, "x"]);
    expect(rows).toEqual([
      [0, 1, 2, 3, 4, 5, null],
      [null, null, null, null, null, null, 1],
      [9007199254740993n, 1, 2, 3, 4, 5, null],
    ]);
    expect(Object.hasOwn({}, "x")).toBe(false);
  });

  it("reach no prototype through a value", () => {
    const [row] = read('{"a":{"__proto__":{"polluted":1}}}').rows;
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(Object.hasOwn(row?.[0] as object, "__proto__")).toBe(true);
  });

  it("are at most 10,000 in a file", () => {
    const wide = `{${Array.from({ length: 9_999 }, (_, i) => `"n${i}":${i}`).join(",")}}`;
    const decoded = read(`${wide}\n{"x":1,"y":2}\n{"x":3}\n{"n0":4,"z":5}\n${wide}\n`);
    expect(reasons(decoded)).toEqual([
      [2, 2, "fields: has names that make more than 10000 in the file"],
      [4, 4, "fields: has names that make more than 10000 in the file"],
    ]);
    expect(decoded.names?.length).toBe(10_000);
    expect(decoded.places.map(({ row }) => row)).toEqual([1, 3, 5]);
  });

  it("make for smaller batches when they are many", () => {
    const names = Array.from({ length: 5_000 }, (_, i) => `"n${i}":0`).join(",");
    const { batches, places } = read(`${`{${names}}\n`.repeat(2)}${'{"n1":1}\n'.repeat(300)}`);
    expect(batches.map(({ length }) => length)).toEqual([200, 102]);
    expect(places.map(({ row }) => row)).toEqual(Array.from({ length: 302 }, (_, i) => i + 1));
  });
});

describe("memory", () => {
  it("makes for smaller batches when lines are long", () => {
    const { batches } = read(`{"a":"${"x".repeat(1024 * 1024)}"}\n`.repeat(10));
    expect(batches.map(({ length }) => length)).toEqual([4, 4, 2]);
  });

  it.each([
    ["records", '{"a":1}\n'],
    ["blank lines", "\n"],
  ])("does not grow with the file: %s", (_, line) => {
    const decoder = jsonlFormat.decoder?.({}, { source: "x", batchRows: 2000, reject: () => {}, warn: () => {} });
    const chunk = Buffer.from(line.repeat(64 * 1024).slice(0, 64 * 1024));
    const before = process.memoryUsage().arrayBuffers;
    const windows = new Set<ArrayBufferLike>();
    for (let i = 0; i < 200; i++) {
      for (const batch of decoder?.push(chunk) ?? [])
        windows.add((batch as RowBatch).provenance?.spans?.bytes.buffer ?? chunk.buffer);
    }
    const kept = [...windows].reduce((bytes, buffer) => bytes + buffer.byteLength, 0);
    expect(process.memoryUsage().arrayBuffers - before - kept).toBeLessThan(6 * 1024 * 1024);
  });
});

describe("places", () => {
  it("name line, row, offset, length and bytes of each record", () => {
    const { places } = read('\uFEFF\n{"a":"é"}\r\n\n{"a":2}');
    expect(places.map(({ raw, ...place }) => ({ ...place, raw: Buffer.from(raw ?? []).toString() }))).toEqual([
      { source: "test.txt", row: 1, line: 2, offset: 4, length: 10, raw: '{"a":"é"}' },
      { source: "test.txt", row: 2, line: 4, offset: 17, length: 7, raw: '{"a":2}' },
    ]);
  });
});

describe("a line is rejected, and the others kept", () => {
  it("when it is no JSON, or no object", () => {
    const decoded = read('{"a":1}\n{"a":\n[1]\n1\n12345678901234567890\n"x"\nnull\ntrue\n{"a":2}\n');
    expect(reasons(decoded)).toEqual([
      [2, 2, expect.stringMatching(/^json: is not JSON: .+/)],
      [3, 3, "json: is an array, not an object"],
      [4, 4, "json: is a number, not an object"],
      [5, 5, "json: is a number, not an object"],
      [6, 6, "json: is a text, not an object"],
      [7, 7, "json: is null, not an object"],
      [8, 8, "json: is a truth value, not an object"],
    ]);
    expect(decoded.rejects[0]).toMatchObject({
      source: "test.txt",
      offset: 8,
      length: 5,
      raw: new Uint8Array(Buffer.from('{"a":')),
    });
    expect(decoded.rows).toEqual([[1], [2]]);
    expect(decoded.places.map(({ row }) => row)).toEqual([1, 9]);
  });

  it("when it is not UTF-8", () => {
    const decoded = read(Buffer.from('{"a":"\xe9"}\n{"a":"x"}\n{"a":"\xc3\xa9"}\n', "latin1"));
    expect(reasons(decoded)).toEqual([[1, 1, "encoding: is not utf-8"]]);
    expect(decoded.rows).toEqual([["x"], ["é"]]);
  });

  it.each([
    ['{"a":1,"a":1}', "names 'a' twice"],
    ['{"a":1,"b":{"c":[{"d":1,"e":":","d":2}]}}', "names 'd' twice"],
    ['{"a" :1,"b":":,{}","\\u0061"\t:2}', "names 'a' twice"],
    ['{"__proto__":1,"__proto__":2}', "names '__proto__' twice"],
    ['{"a\\"b":12345678901234567890,"a\\"b":1}', "names 'a\"b' twice"],
    ['{"":{"":0,"":0}}', "names '' twice"],
    ['{"a":"\\ud83d"}', "holds half of a surrogate pair, which UTF-8 cannot spell"],
    ['{"a":[{"b":"x\\uDE00y"}]}', "holds half of a surrogate pair, which UTF-8 cannot spell"],
    ['{"a":{"\\uD800":1}}', "holds half of a surrogate pair, which UTF-8 cannot spell"],
  ])("when nothing says which value is meant, or no text can hold it: %s", (line, reason) => {
    const decoded = read(`{"a":0}\n${line}\n`);
    expect(reasons(decoded)).toEqual([[2, 2, `json: ${reason}`]]);
    expect(decoded.rows.length).toBe(1);
  });

  it.each([
    '{"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":2}]}',
    '{"a":"b","b":"a","c":"\\"c\\":"}',
    '{"a":"\\\\","b":"\\\\\\":\\"","c":1.00000000000000000001}',
    '{"a":"\\ud83d\\ude00\\\\ud83d","b":"\\u0000"}',
  ])("and not when it only looks so: %s", (line) => {
    expect(read(line)).toMatchObject({ rejects: [], rows: [Object.values(parseJson(line) as object)] });
  });

  it("when it is nested too deeply, whatever the numbers in it", () => {
    const nested = (levels: number, inner: string): string =>
      `{"a":${"[".repeat(levels)}${inner}${"]".repeat(levels)}}`;
    const decoded = read(
      [nested(99, "1"), nested(100, "1"), nested(100_000, "1"), nested(100_000, "12345678901234567890")].join("\n"),
    );
    expect(reasons(decoded)).toEqual([2, 3, 4].map((n) => [n, n, "json: is nested deeper than 100 levels"]));
    expect(decoded.rows.length).toBe(1);
  });

  it("even when every line is", () => {
    expect(read("x\ny\n")).toMatchObject({ names: [], rows: [], batches: [{ length: 0 }] });
  });
});

describe("a stretch of bad lines only", () => {
  it("gives an empty batch, for the rejects to travel with", () => {
    const input = `{"a":1}\n${"bad\n".repeat(1000)}{"a":2}\n`;
    const { batches, rows, rejects } = read(input, { batchRows: 100 });
    expect(batches.map(({ length, names }) => [length, ...names])).toEqual([
      [1, "a"],
      ...Array.from({ length: 9 }, () => [0, "a"]),
      [1, "a"],
    ]);
    expect([rows, rejects.length]).toEqual([[[1], [2]], 1000]);
  });

  it("does so before a name is known", () => {
    expect(read("bad\n".repeat(250), { batchRows: 100 }).batches).toEqual(
      Array.from({ length: 3 }, () => ({ length: 0, names: [] })),
    );
  });
});

describe("a line beyond the limit", () => {
  const options = { max_record_bytes: 20 };

  it("ends the run and is named", () => {
    const decoded = decode(jsonlFormat, `{"a":1}\n\n{"a":"${"x".repeat(20)}"}\n`, { options });
    const error = errorOf(decoded);
    expect(error.code).toBe("DTV_RECORD_TOO_LARGE");
    expect(error.message).toBe("test.txt, line 3 (byte 9): the line has more than 20 bytes");
    expect(decoded.rows).toEqual([[1]]);
  });

  it("is met exactly", () => {
    expect(decode(jsonlFormat, `{"a":"${"x".repeat(12)}"}\n`, { options }).error).toBeUndefined();
    expect(decode(jsonlFormat, `{"a":"${"x".repeat(13)}"}\n`, { options }).error).toMatchObject({
      code: "DTV_RECORD_TOO_LARGE",
    });
  });

  it("is found before much more than the limit was read", () => {
    const decoder = jsonlFormat.decoder?.(
      { max_record_bytes: 1_000_000 },
      { source: "x", batchRows: 2000, reject: () => {}, warn: () => {} },
    );
    const chunk = Buffer.alloc(16_384, "x");
    let pushed = 0;
    const pump = (): void => {
      for (;;) {
        pushed += chunk.length;
        [...(decoder?.push(chunk) ?? [])];
      }
    };
    expect(pump).toThrow(expect.objectContaining({ code: "DTV_RECORD_TOO_LARGE" }));
    expect(pushed).toBeLessThan(1_000_000 + 2 * chunk.length);
  });
});

describe("a file", () => {
  it.each([
    ["of 0 bytes", ""],
    ["of blank lines", "\n\r\n \n"],
    ["of a byte order mark", "\uFEFF"],
  ])("may hold no record: %s", (_, text) => {
    expect(read(text)).toMatchObject({ names: [], rows: [], batches: [{ length: 0, names: [] }] });
  });

  it("in UTF-16 is refused with the cure", () => {
    const error = errorOf(decode(jsonlFormat, Buffer.from('\uFEFF{"a":1}\n', "utf16le")));
    expect(error.code).toBe("DTV_ENCODING");
    expect(error.hint).toContain("iconv");
  });

  it("has no options but its own", () => {
    expect(errorOf(decode(jsonlFormat, "", { options: { delimiter: "," } })).code).toBe("DTV_OPTION_INVALID");
  });
});
