import { describe, expect, it } from "vitest";
import { RowBatch } from "../../../../lib/contract/row-batch.ts";
import { csvFormat } from "../../../../lib/formats/csv/csv-format.ts";
import { type DecodeInit, decode, decodeWell } from "./decode.ts";

const read = (input: string | Uint8Array, options: object = {}, init: DecodeInit = {}) =>
  decodeWell(csvFormat, input, { ...init, options });
const rows = (input: string | Uint8Array, options: object = {}) => read(input, options).rows;

describe("fields", () => {
  it("are text, in columns named by the header", () => {
    const { names, rows } = read("id,name\n1,Ada\n007,Bob\n");
    expect(names).toEqual(["id", "name"]);
    expect(rows).toEqual([
      ["1", "Ada"],
      ["007", "Bob"],
    ]);
  });

  it("come as lexical columns", () => {
    const decoder = csvFormat.decoder?.({}, { source: "x", batchRows: 9, reject: () => {}, warn: () => {} });
    const [batch] = [...(decoder?.push(Buffer.from("a\n1\n")) ?? []), ...(decoder?.end() ?? [])];
    expect(batch).toBeInstanceOf(RowBatch);
    expect(batch?.schema.fields).toEqual([{ name: "a", type: { kind: "string" }, nullable: true, lexical: true }]);
  });

  it("may hold delimiters, line ends and doubled quotes in quotes", () => {
    expect(rows('a,b\n"x,1","say ""hi"""\n"l1\r\nl2","l3\rl4"\n')).toEqual([
      ["x,1", 'say "hi"'],
      ["l1\r\nl2", "l3\rl4"],
    ]);
  });

  it("keep white space, within quotes and without", () => {
    expect(rows('a,b\n x ," y "\n')).toEqual([[" x ", " y "]]);
  });

  it("are no value when empty, NULL, null or None; N/A is text", () => {
    expect(rows('a,b,c,d,e,f\n,NULL,null,None,N/A,"NULL"\n')).toEqual([[null, null, null, null, "N/A", null]]);
  });

  it("follow null_values", () => {
    expect(rows("a,b\n,-\n", { null_values: ["-"] })).toEqual([["", null]]);
    expect(rows("a,b\nNULL,\n", { null_values: [] })).toEqual([["NULL", ""]]);
  });

  it("work with names that are properties of every object", () => {
    const hostile = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];
    const { names, rows } = read(`${hostile.join(",")}\n1,2,3,4,5\n`);
    expect(names).toEqual(hostile);
    expect(rows).toEqual([["1", "2", "3", "4", "5"]]);
    expect(({} as Record<string, unknown>)["1"]).toBeUndefined();
  });
});

describe("records", () => {
  it("end with LF, CR or CRLF, mixed, the last with none", () => {
    expect(rows("a,b\r\n1,2\n3,4\r5,6\r\n7,8")).toEqual([
      ["1", "2"],
      ["3", "4"],
      ["5", "6"],
      ["7", "8"],
    ]);
  });

  it("are not made of blank lines, in one column either", () => {
    expect(rows("\n\na,b\n\n1,2\r\n\r\n\r3,4\n\n")).toEqual([
      ["1", "2"],
      ["3", "4"],
    ]);
    expect(rows('a\n1\n\n""\n2\n', { null_values: [] })).toEqual([["1"], [""], ["2"]]);
  });

  it("end with an empty field where the file ends with a delimiter", () => {
    expect(rows("a,b\n1,")).toEqual([["1", null]]);
  });

  it("come in batches of at most the rows asked for", () => {
    const { batches, rows } = read("a\n1\n2\n3\n4\n5\n", {}, { batchRows: 2 });
    expect(batches.map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(rows).toEqual([["1"], ["2"], ["3"], ["4"], ["5"]]);
  });

  it("come in smaller batches when they are large", () => {
    const { batches } = read(`a\n${`${"x".repeat(1024 * 1024)}\n`.repeat(10)}`);
    expect(batches.map(({ length }) => length)).toEqual([4, 4, 2]);
  });
});

describe("memory", () => {
  it("is bounded by the records of a batch, not by the cells of a wide table", () => {
    const wide = `${"x,".repeat(4_999)}y\n`;
    const { batches } = read(wide.repeat(301), { header: false });
    expect(batches.map(({ length }) => length)).toEqual([200, 101]);
  });

  it.each([
    ["records", "1,2\n", {}],
    ["blank lines", "\n", {}],
    ["comments", "#2\n", { comment: "#" }],
    ["one comment without end", "#", { comment: "#" }],
    ["one skipped line", "x", { skip_lines: 1 }],
  ])("does not grow with the file: %s", (_, line, options) => {
    const decoder = csvFormat.decoder?.(options, { source: "x", batchRows: 2000, reject: () => {}, warn: () => {} });
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
    const { places } = read('a,b\n\n1,2\r\n"x\ny",3\n# not a comment,4\n5,6');
    expect(places.map(({ raw, ...place }) => ({ ...place, raw: String(Buffer.from(raw ?? [])) }))).toEqual([
      { source: "test.txt", row: 1, line: 3, offset: 5, length: 3, raw: "1,2" },
      { source: "test.txt", row: 2, line: 4, offset: 10, length: 7, raw: '"x\ny",3' },
      { source: "test.txt", row: 3, line: 6, offset: 18, length: 17, raw: "# not a comment,4" },
      { source: "test.txt", row: 4, line: 7, offset: 36, length: 3, raw: "5,6" },
    ]);
  });

  it("count CRLF within quotes as one line end", () => {
    expect(read('a\n"1\r\n2\r3\n4"\nx\n').places.map(({ line }) => line)).toEqual([2, 6]);
  });

  it("count the byte order mark", () => {
    expect(read("\uFEFFa\n1\n")).toMatchObject({ names: ["a"], places: [{ line: 2, offset: 5, length: 1 }] });
  });

  it("keep no more bytes than those of their batch", () => {
    // Larger than what Node cuts from its shared pool of small buffers.
    const bytes = Buffer.from(`a\n${"12345678\n".repeat(50_000)}`);
    const decoder = csvFormat.decoder?.({}, { source: "x", batchRows: 10_000, reject: () => {}, warn: () => {} });
    const [batch] = decoder?.push(bytes) ?? [];
    const { spans } = (batch as RowBatch).provenance ?? {};
    expect(spans?.bytes.byteLength).toBe(10_000 * 9 - 1);
    expect(spans?.bytes.buffer.byteLength).toBeLessThan(100_000);
  });
});

describe("options", () => {
  it("delimiter: one character, several, or the word tab", () => {
    expect(rows("a;b\n1;2,5\n", { delimiter: ";" })).toEqual([["1", "2,5"]]);
    expect(rows("a||b\n1|x||2\n", { delimiter: "||" })).toEqual([["1|x", "2"]]);
    expect(rows("a\tb\n1\t2\n", { delimiter: "tab" })).toEqual([["1", "2"]]);
    expect(rows("a\tb\n1\t2\n", { delimiter: "\\t" })).toEqual([["1", "2"]]);
    expect(rows("a§b\n1§é\n", { delimiter: "§" })).toEqual([["1", "é"]]);
    // U+0109 cut to a byte is a tab, and must not become one.
    expect(rows("a\n1\tx\n", { delimiter: "\u0109" })).toEqual([["1\tx"]]);
  });

  it("quote_char: another one, or none", () => {
    expect(rows("a,b\n'x,''1',\"\n", { quote_char: "'" })).toEqual([["x,'1", '"']]);
    expect(rows("a,b\n'x,''1',\"\n", { quote: "'" })).toEqual([["x,'1", '"']]);
    expect(rows('a,b\n"x,1"\n', { quote_char: null })).toEqual([['"x', '1"']]);
    expect(rows('a,b\n"x,1"\n', { quote_char: "" })).toEqual([['"x', '1"']]);
  });

  it("escape_char makes the next character literal within quotes", () => {
    expect(rows('a,b\n"x\\",\\\\",\\y\n', { escape_char: "\\" })).toEqual([['x",\\', "\\y"]]);
  });

  it("header: false numbers the columns", () => {
    expect(read("1,2\n3,4\n", { header: false })).toMatchObject({
      names: ["column_1", "column_2"],
      rows: [
        ["1", "2"],
        ["3", "4"],
      ],
      places: [{ row: 1, line: 1, offset: 0 }, { row: 2 }],
    });
  });

  it("columns replace the header, or stand where there is none", () => {
    const expected = { names: ["x", "y"], rows: [["1", "2"]] };
    expect(read("a,a\n1,2\n", { columns: ["x", "y"] })).toMatchObject(expected);
    expect(read("1,2\n", { columns: ["x", "y"], header: false })).toMatchObject(expected);
  });

  it("columns make an unreadable header harmless", () => {
    const bytes = Buffer.concat([Buffer.from('\xff"x,\0\n', "latin1"), Buffer.from("1,2\n")]);
    expect(read(bytes, { columns: ["x", "y"] }).rows).toEqual([["1", "2"]]);
  });

  it("comment leaves whole lines out, and nothing else", () => {
    const text = '# one "\n#,\na,b\n#two\n1,#2\n"#3",4\n ##,5\n#end';
    expect(read(text, { comment: "#" })).toMatchObject({
      rows: [
        ["1", "#2"],
        ["#3", "4"],
        [" ##", "5"],
      ],
      places: [{ line: 5, row: 1 }, { line: 6 }, { line: 7 }],
    });
    expect(rows("a,b\n//x\n/1,2\n", { comment: "//" })).toEqual([["/1", "2"]]);
  });

  it("skip_lines drops lines whatever they hold", () => {
    expect(read('Report "Q1\r\n\r\nx,y\na,b\n1,2\n', { skip_lines: 3 })).toMatchObject({
      names: ["a", "b"],
      rows: [["1", "2"]],
      places: [{ line: 5, row: 1 }],
    });
  });

  it("encoding: latin1 and utf-16le, by any of their names", () => {
    for (const encoding of ["latin1", "latin-1", "iso-8859-1", "ISO-8859-1"]) {
      expect(read(Buffer.from("n\xe4me\nMal\xe5\n", "latin1"), { encoding })).toMatchObject({
        names: ["n\xe4me"],
        rows: [["Mal\xe5"]],
        places: [{ offset: 5, length: 4 }],
      });
    }
    expect(rows(Buffer.from("a\né\n"), { encoding: "UTF8" })).toEqual([["é"]]);
  });

  it("utf-16le: offsets count bytes, and a byte that looks like a comma is none", () => {
    // U+2C41 followed by U+0100 has the bytes 41 2C 00 01: a comma at an odd place.
    const text = '\uFEFFa,b\r\n\u2C41\u0100,"\u0122,\u{1F600}"\r\nx,y';
    const { rows, places } = read(Buffer.from(text, "utf16le"), { encoding: "utf-16le" });
    expect(rows).toEqual([
      ["\u2C41\u0100", "\u0122,\u{1F600}"],
      ["x", "y"],
    ]);
    expect(places).toMatchObject([
      { line: 2, offset: 12, length: 18 },
      { line: 3, offset: 34, length: 6 },
    ]);
    expect(Buffer.from(places[1]?.raw ?? []).toString("utf16le")).toBe("x,y");
  });

  it("encoding: utf-16be, and utf-16 by its mark", () => {
    const text = '\uFEFFa,b\r\n\u2C41\u0100,"\u0122,\u{1F600}"\r\nx,y';
    const little = read(Buffer.from(text, "utf16le"), { encoding: "utf-16le" });
    const big = Buffer.from(text, "utf16le").swap16();
    const { places, ...rest } = read(big, { encoding: "utf-16be" });
    expect(rest).toEqual({ ...little, places: undefined });
    expect(places.map(({ raw, ...place }) => place)).toEqual(little.places.map(({ raw, ...place }) => place));
    expect(
      Buffer.from(places[1]?.raw ?? [])
        .swap16()
        .toString("utf16le"),
    ).toBe("x,y");
    expect(read(big, { encoding: "utf-16" }).rows).toEqual(little.rows);
    expect(read(Buffer.from(text, "utf16le"), { encoding: "utf-16" }).rows).toEqual(little.rows);
    // A record is refused for half a pair in either order.
    const half = decode(csvFormat, Buffer.from("\uFEFFa\n\ud83d\nx\n", "utf16le").swap16(), {
      options: { encoding: "utf-16" },
    });
    expect([half.rows, half.rejects[0]?.faults[0]?.reason]).toEqual([[["x"]], "is not utf-16"]);
  });

  it("encoding: windows-1252, whose five bytes without meaning are rejected", () => {
    const bytes = Buffer.from(Array.from({ length: 32 }, (_, i) => [0x80 + i, 0x0a]).flat());
    const { rows, rejects } = decode(csvFormat, Buffer.concat([Buffer.from("a\n"), bytes]), {
      options: { encoding: "cp1252" },
    });
    expect(rows.join("")).toBe("€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ");
    expect(rejects.map(({ raw, faults }) => [raw?.[0], faults[0]?.reason])).toEqual(
      [0x81, 0x8d, 0x8f, 0x90, 0x9d].map((byte) => [byte, "is not windows-1252"]),
    );
  });

  it("allow_nul keeps U+0000", () => {
    expect(rows("a,b\n1\0,2\n", { allow_nul: true })).toEqual([["1\0", "2"]]);
  });
});

describe("a file without records", () => {
  it("gives one empty batch with the columns of its header", () => {
    expect(read("a,b\n")).toMatchObject({ names: ["a", "b"], batches: [{ length: 0 }] });
    expect(read("a,b")).toMatchObject({ names: ["a", "b"], batches: [{ length: 0 }] });
  });

  it("needs no header where the columns are known", () => {
    const { names, batches } = read("", { columns: ["x"], header: false });
    expect({ names, batches }).toEqual({ names: ["x"], batches: [{ length: 0, names: ["x"] }] });
  });
});

describe("a header", () => {
  it("may leave columns without a name; they are numbered, with a warning", () => {
    const { names, warnings } = read("a,,column_2,\n1,2,3,4\n");
    expect(names).toEqual(["a", "column_2_2", "column_2", "column_4"]);
    expect(warnings).toEqual([
      "test.txt: Column 2 has no name in the header; it is called 'column_2_2'",
      "test.txt: Column 4 has no name in the header; it is called 'column_4'",
    ]);
  });

  it("takes quotes like any record", () => {
    expect(read('"a,1","b\n2"\nx,y\n')).toMatchObject({ names: ["a,1", "b\n2"], places: [{ line: 3 }] });
  });
});
