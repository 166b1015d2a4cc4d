import { describe, expect, it } from "vitest";
import type { RowBatch } from "../../../../lib/contract/row-batch.ts";
import { jsonFormat } from "../../../../lib/formats/json/json-format.ts";
import { type Decoded, type DecodeInit, decode, decodeWell, errorOf } from "../csv/decode.ts";

const read = (input: string | Uint8Array, options: object = {}, init: DecodeInit = {}): Decoded =>
  decodeWell(jsonFormat, input, { ...init, options });
const messageOf = (input: string, options: object = {}): string =>
  errorOf(decode(jsonFormat, input, { options })).message;
const reasons = ({ rejects }: Decoded): unknown[] =>
  rejects.map(({ row, line, offset, raw, faults: [fault] }) => [
    row,
    line,
    offset,
    Buffer.from(raw ?? []).toString(),
    `${fault?.rule}: ${fault?.reason}`,
  ]);

describe("records", () => {
  it.each([
    ["of the document", '[{"a":1},{"a":2}]', "$"],
    ["on lines of their own", '\uFEFF [\n{"a":1},\r\n\t{"a":2}\n]\n', "$"],
    ["under a path", '{"n":1,"data":{"x":[{}],"items":[{"a":1},{"a":2}],"y":null},"data.items":[]}', "data.items"],
    ["under a path from the root", '{"items":[{"a":1},{"a":2}]}', "$.items"],
    ["under names with dots", '{"a.b":{"":[{"a":1},{"a":2}]}}', ["a.b", ""]],
    ["under an escaped name", '{"\\u0061":[{"a":1},{"a":2}]}', "a"],
  ])("are the elements of the array: %s", (_, text, path) => {
    expect(read(text, { path })).toMatchObject({ names: ["a"], rows: [[1], [2]], rejects: [] });
  });

  it("are one object where that is asked for, and an array all the same", () => {
    const options = { path: "data", single_object: true };
    expect(read('{"data":{"a":{"b":[1]}},"n":2}', options).rows).toEqual([[{ b: [1] }]]);
    expect(read('{"data":[{"a":1},{"a":2}]}', options).rows).toEqual([[1], [2]]);
    expect(read('{"a":1}\n', { single_object: true }).rows).toEqual([[1]]);
  });

  it("may be none", () => {
    for (const text of ["[]", " [ \n ] ", '{"a":[]}'])
      expect(read(text, { path: text.includes("a") ? "a" : "$" })).toMatchObject({
        rows: [],
        batches: [{ length: 0 }],
      });
  });

  it("keep numbers exact, hostile names, and U+0000", () => {
    const { names, rows } = read('[{"__proto__":9007199254740993,"constructor":"\\u0000"}]');
    expect([names, rows]).toEqual([["__proto__", "constructor"], [[9007199254740993n, "\0"]]]);
  });

  it("know their places, however the bytes are cut", () => {
    const text = `{"meta":"x",\n"items":[${" ".repeat(5000)}\n{"a":"é\n]"} , {"a":2}\n,{"a":3}]}`.replace(
      "é\n",
      "é\\n",
    );
    const whole = read(text, { path: "items" });
    expect(whole.places.map(({ line, offset, raw }) => [line, offset, Buffer.from(raw ?? []).toString()])).toEqual([
      [3, 5023, '{"a":"é\\n]"}'],
      [3, 5039, '{"a":2}'],
      [4, 5048, '{"a":3}'],
    ]);
    for (const cut of [1, 2, 3, 7]) expect(read(text, { path: "items" }, { cuts: [cut] })).toEqual(whole);
  });
});

describe("an element is rejected, and the others kept", () => {
  it("when it is no object, or no JSON", () => {
    const decoded = read('[{"a":1},2,"x],{",\nnull,[{}],{"a":},{"a":1,"a":2},{"a":2}]');
    expect(reasons(decoded)).toEqual([
      [2, 1, 9, "2", "json: is a number, not an object"],
      [3, 1, 11, '"x],{"', "json: is a text, not an object"],
      [4, 2, 19, "null", "json: is null, not an object"],
      [5, 2, 24, "[{}]", "json: is an array, not an object"],
      [6, 2, 29, '{"a":}', expect.stringMatching(/^json: is not JSON/)],
      [7, 2, 36, '{"a":1,"a":2}', "json: names 'a' twice"],
    ]);
    expect(decoded.rows).toEqual([[1], [2]]);
  });

  it("when it is not UTF-8", () => {
    const decoded = read(Buffer.from('[{"a":"\xe9"},{"a":"x"}]', "latin1"));
    expect(decoded.rejects.map(({ faults }) => faults[0]?.rule)).toEqual(["encoding"]);
    expect(decoded.rows).toEqual([["x"]]);
  });
});

describe("a document is refused", () => {
  it.each([
    ['{"a":1}', "$", "test.txt, line 1 (byte 0): the document is an object, not an array of records"],
    ["12", "$", "test.txt, line 1 (byte 0): the document is a number or a word, not an array of records"],
    ['{"a":\n"x"}', "a", "test.txt, line 2 (byte 6): 'a' is a text, not an array of records"],
    ['{"a":null}', "a", "test.txt, line 1 (byte 5): 'a' is a number or a word, not an array of records"],
    ['{"a":[]}', "a.b", "test.txt, line 1 (byte 5): 'a' is an array, so that it has no 'a.b'"],
    ["[]", "a", "test.txt, line 1 (byte 0): the document is an array, so that it has no 'a'"],
    ['{"b":{"a":[]}}', "a", "test.txt has no 'a'"],
    ['{"a":[],"a":[]}', "a", "test.txt, line 1 (byte 8): the document names 'a' twice"],
    ["", "$", "test.txt, line 1 (byte 0): there is no document: the file is empty"],
    ["\n \n", "$", "test.txt, line 3 (byte 3): there is no document: the file is empty"],
    ["[] x", "$", "test.txt, line 1 (byte 3): expected nothing behind the document, found 'x'"],
    ["[][]", "$", "test.txt, line 1 (byte 2): expected nothing behind the document, found '['"],
    ["[{} {}]", "$", "test.txt, line 1 (byte 4): expected ',' or ']', found '{'"],
    ["[{},]", "$", "test.txt, line 1 (byte 4): expected a value, found ']'"],
    ["[,]", "$", "test.txt, line 1 (byte 1): expected a value, found ','"],
    ["[{}}", "$", "test.txt, line 1 (byte 3): expected ',' or ']', found '}'"],
    ['{"a":[],}', "a", "test.txt, line 1 (byte 8): expected a name in quotes, found '}'"],
    ['{"a" []}', "a", "test.txt, line 1 (byte 5): expected ':', found '['"],
    ["{a:[]}", "a", "test.txt, line 1 (byte 1): expected a name in quotes, found 'a'"],
  ])("%j, for %s", (text, path, message) => {
    const { error, rejects } = decode(jsonFormat, text, { options: { path } });
    expect([(error as Error | undefined)?.message, rejects]).toEqual([message, []]);
  });

  it("that is broken beside the records, in a value that is passed over too", () => {
    for (const text of ['{"x":tru,"a":[]}', '{"x":01,"a":[]}', '{"x":"\t","a":[]}', '{"x":[1,[2}],"a":[]}'])
      expect(errorOf(decode(jsonFormat, text, { options: { path: "a" } })).code).toBe("DTV_JSON_INVALID");
    const bytes = Buffer.from('{"x":"\xe9","a":[]}', "latin1");
    expect(errorOf(decode(jsonFormat, bytes, { options: { path: "a" } })).code).toBe("DTV_ENCODING");
    const deep = `{"x":${"[".repeat(200)}${"]".repeat(200)},"a":[]}`;
    expect(messageOf(deep, { path: "a" })).toContain("nested deeper than 100 levels");
  });

  it("with the cure", () => {
    expect(errorOf(decode(jsonFormat, '{"items":[]}')).hint).toContain("single_object: true");
    expect(errorOf(decode(jsonFormat, '{"a":1}\n{"a":2}\n', { options: { single_object: true } })).hint).toContain(
      "jsonl",
    );
  });

  it("when it is cut off, at any byte", () => {
    const text = '{"n":[1,"x"],"items":[\n{"a":"\\"é"},\n{"a":[1,{}]},3],"z":true}\n';
    const bytes = Buffer.from(text);
    const options = { path: "items" };
    expect(read(bytes, options).rows.length).toBe(2);
    for (let length = 0; length < bytes.length - 1; length++) {
      const decoded = decode(jsonFormat, bytes.subarray(0, length), { options, cuts: [5] });
      expect(errorOf(decoded).code).toBe("DTV_JSON_INVALID");
    }
  });
});

describe("memory", () => {
  const chunkOf = (text: string): Buffer => Buffer.from(text.repeat(Math.ceil(65_536 / text.length)));
  const context = { source: "x", batchRows: 2000, reject: () => {}, warn: () => {} };

  it.each([
    ["records", "[", '{"a":1},'],
    ["blanks", "[", " "],
    ["a value that is passed over", '{"x":[', '{"y":"z"},'],
  ])("does not grow with the file: %s", (_, head, repeated) => {
    const decoder = jsonFormat.decoder?.(head === "[" ? {} : { path: "items" }, context);
    const chunk = chunkOf(repeated);
    const before = process.memoryUsage().arrayBuffers;
    const kept = new Set<ArrayBufferLike>();
    const push = (bytes: Uint8Array): void => {
      for (const batch of decoder?.push(bytes) ?? [])
        kept.add((batch as RowBatch).provenance?.spans?.bytes.buffer ?? chunk.buffer);
    };
    push(Buffer.from(head));
    for (let i = 0; i < 200; i++) push(chunk);
    const held = [...kept].reduce((bytes, buffer) => bytes + buffer.byteLength, 0);
    expect(process.memoryUsage().arrayBuffers - before - held).toBeLessThan(6 * 1024 * 1024);
  });

  it.each([
    ["a record", "[", "{}"],
    ["a text that is passed over", "{", '"x":"'],
  ])("is bounded by %s", (_, head, first) => {
    const decoder = jsonFormat.decoder?.({ max_record_bytes: 1_000_000, path: head === "[" ? "$" : "a" }, context);
    const begin = head === "[" ? '[{"a":"' : head + first;
    const chunk = Buffer.alloc(16_384, "x");
    let pushed = 0;
    const pump = (): void => {
      [...(decoder?.push(Buffer.from(begin)) ?? [])];
      for (;;) {
        pushed += chunk.length;
        [...(decoder?.push(chunk) ?? [])];
      }
    };
    expect(pump).toThrow(expect.objectContaining({ code: "DTV_RECORD_TOO_LARGE" }));
    expect(pushed).toBeLessThan(1_000_000 + 2 * chunk.length);
  });

  it("counts the bytes of a record exactly", () => {
    const options = { max_record_bytes: 12 };
    expect(read('[{"a":"1234"}]', options).rows).toEqual([["1234"]]);
    expect(messageOf('[{"a":1},{"a":"12345"}]', options)).toBe(
      "test.txt, line 1 (byte 9): the value that begins here has more than 12 bytes",
    );
  });
});
