import { describe, expect, it } from "vitest";
import { csvFormat } from "../../../../lib/formats/csv/csv-format.ts";
import { type Decoded, decode, errorOf } from "./decode.ts";

const read = (input: string | Uint8Array, options: object = {}, cuts?: readonly number[]): Decoded =>
  decode(csvFormat, input, { options, ...(cuts ? { cuts } : {}) });
const bytes = (latin1: string): Buffer => Buffer.from(latin1, "latin1");

/** Row, line and first fault of each reject, and its bytes. */
function rejects(decoded: Decoded): unknown[] {
  if (decoded.error) throw decoded.error;
  return decoded.rejects.map(({ row, line, offset, length, raw, faults }) => {
    expect(raw?.length).toBe(length);
    return [
      row,
      line,
      offset,
      Buffer.from(raw ?? []).toString("latin1"),
      ...faults.map((f) => `${f.rule}: ${f.reason}`),
    ];
  });
}

describe("a stretch of bad records only gives an empty batch, for the rejects to travel with", () => {
  const batchesOf = (input: string, options: object = {}): unknown[] => {
    const { batches, error } = decode(csvFormat, input, { options, batchRows: 100 });
    if (error) throw error;
    return batches.map(({ length, names }) => [length, ...names]);
  };

  it("between good records", () => {
    expect(batchesOf(`a,b\n1,2\n${"bad\n".repeat(1000)}3,4\n`)).toEqual([
      [1, "a", "b"],
      ...Array.from({ length: 9 }, () => [0, "a", "b"]),
      [1, "a", "b"],
    ]);
  });

  it("before the columns are known", () => {
    expect(batchesOf('a"\nb"\n1,2\n', { header: false })).toEqual([[0], [0], [1, "column_1", "column_2"]]);
  });
});

describe("a record is rejected, and the others kept", () => {
  it("with too few or too many fields", () => {
    const decoded = read("a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12\n");
    expect(rejects(decoded)).toEqual([
      [2, 3, 12, "4,5", "fields: has 2 fields, the header has 3"],
      [3, 4, 16, "6,7,8,9", "fields: has 4 fields, the header has 3"],
    ]);
    expect(decoded.rows).toEqual([
      ["1", "2", "3"],
      ["10", "11", "12"],
    ]);
    expect(decoded.places.map(({ row, line, offset }) => [row, line, offset])).toEqual([
      [1, 2, 6],
      [4, 5, 24],
    ]);
  });

  it("counted against `columns`, or the first record", () => {
    expect(rejects(read("a\n1\n", { columns: ["x", "y"] }))).toEqual([
      [1, 2, 2, "1", "fields: has 1 field, columns names 2"],
    ]);
    expect(rejects(read("1,2\n3\n", { header: false }))).toEqual([
      [2, 2, 4, "3", "fields: has 1 field, the first record has 2"],
    ]);
  });

  it("with a quote in an odd place, up to the end of the line", () => {
    const decoded = read('a,b\n1,5" pipe\n"x"y,"z\n2,3\n"l1\nl2" x,4\n5,6\n');
    expect(rejects(decoded)).toEqual([
      [1, 2, 4, '1,5" pipe', "quote: has a quote inside field 2, which does not begin with one"],
      [2, 3, 14, '"x"y,"z', "quote: has text behind the closing quote of field 1"],
      [4, 5, 26, '"l1\nl2" x,4', "quote: has text behind the closing quote of field 1"],
    ]);
    expect(decoded.rows).toEqual([
      ["2", "3"],
      ["5", "6"],
    ]);
  });

  it("with a quote in an odd place when quotes are escaped", () => {
    const decoded = read('a,b\n"x""y",2\n"x\\"y",2\n', { escape_char: "\\" });
    expect(decoded.rejects).toMatchObject([{ row: 1, line: 2, offset: 4, faults: [{ rule: "quote" }] }]);
    expect(decoded.rows).toEqual([['x"y', "2"]]);
  });

  it("that is not in the encoding", () => {
    const decoded = read(bytes("a,b\n1,\xc3\xa9\n2,\xe9\n3,x\n4,\xed\xa0\x80\n"));
    expect(rejects(decoded)).toEqual([
      [2, 3, 9, "2,\xe9", "encoding: is not utf-8"],
      [4, 5, 17, "4,\xed\xa0\x80", "encoding: is not utf-8"],
    ]);
    expect(decoded.rows).toEqual([
      ["1", "é"],
      ["3", "x"],
    ]);
  });

  it("that is half a surrogate pair in UTF-16", () => {
    const decoded = read(Buffer.from("a,b\n1,\ud83d\n2,\u{1F600}\n", "utf16le"), { encoding: "utf-16le" });
    expect(decoded.rejects).toMatchObject([{ row: 1, line: 2, offset: 8, length: 6, faults: [{ rule: "encoding" }] }]);
    expect(decoded.rows).toEqual([["2", "\u{1F600}"]]);
  });

  it("that holds U+0000", () => {
    const decoded = read("a,b\n1,x\0y\n2,z\n");
    expect(rejects(decoded)).toEqual([[1, 2, 4, "1,x\0y", "nul: holds the character U+0000"]]);
    expect(decoded.rows).toEqual([["2", "z"]]);
    const wide = read(Buffer.from("a,b\n1,x\0y\n2,\u0100\n", "utf16le"), { encoding: "utf-16le" });
    expect(wide.rejects.map(({ row, faults }) => [row, faults[0]?.rule])).toEqual([[1, "nul"]]);
  });

  it("with all that is wrong", () => {
    expect(rejects(read(bytes("a,b\n\xff\0\n")))).toEqual([
      [
        1,
        2,
        4,
        "\xff\0",
        "encoding: is not utf-8",
        "nul: holds the character U+0000",
        "fields: has 1 field, the header has 2",
      ],
    ]);
  });

  it("even when every record is", () => {
    const decoded = read("a,b\n1\n2\n");
    expect(decoded.rejects.length).toBe(2);
    expect(decoded).toMatchObject({ rows: [], names: ["a", "b"], batches: [{ length: 0 }] });
  });

  it("before the columns are known", () => {
    const decoded = read('x"y\n1,2\n', { header: false });
    expect(decoded.rejects).toMatchObject([{ row: 1, line: 1, offset: 0, faults: [{ rule: "quote" }] }]);
    expect(decoded).toMatchObject({ names: ["column_1", "column_2"], rows: [["1", "2"]], places: [{ row: 2 }] });
    expect(read('x"y\n', { header: false })).toMatchObject({ error: undefined, names: [], rejects: [{ row: 1 }] });
  });

  it("with bytes of its own", () => {
    const [reject] = read(`a,b\n${"1,2\n".repeat(100)}3\n`).rejects;
    expect(reject?.raw?.buffer.byteLength).toBe(1);
  });

  it("while a bad comment between records is nobody's fault", () => {
    const decoded = read(bytes("a\n1\n#\xff\0\n2\n"), { comment: "#" });
    expect(decoded).toMatchObject({ rows: [["1"], ["2"]], rejects: [], error: undefined });
  });
});

describe("a quote that is never closed", () => {
  it.each([
    ["in the last field", 'a,b\n1,2\n3,"x\n4,5\n', 3, 10],
    ["in the first field", 'a,b\n"', 2, 4],
    ["in the header", '"a,b\n1,2\n', 1, 0],
    ["behind lines in quotes", 'a,b\n"1\r\n2","3\n4\n', 3, 11],
    ["behind a doubled quote", 'a\n"x"",\n', 2, 2],
  ])("ends the run where it opened: %s", (_, text, line, offset) => {
    const error = errorOf(read(text));
    expect(error.code).toBe("DTV_CSV_UNCLOSED_QUOTE");
    expect(error.message).toContain(`test.txt, line ${line} (byte ${offset})`);
    expect(error.details).toMatchObject({ line, offset });
  });

  it("counts bytes of the file in UTF-16", () => {
    const error = errorOf(read(Buffer.from('\uFEFFa\n"x', "utf16le"), { encoding: "utf-16le" }));
    expect(error.details).toMatchObject({ line: 2, offset: 6 });
  });

  it("gives the records before it", () => {
    expect(read('a\n1\n"x\n').rows).toEqual([["1"]]);
  });
});

describe("a record or field beyond its limit", () => {
  it("names the line where the record begins", () => {
    const error = errorOf(read(`a,b\n1,2\n3,${"x".repeat(50)}\n`, { max_field_bytes: 20 }));
    expect(error.code).toBe("DTV_RECORD_TOO_LARGE");
    expect(error.message).toBe(
      "test.txt, line 3 (byte 8): the record that begins here has a field of more than 20 bytes",
    );
    expect(error.hint).toContain("max_field_bytes");
    const record = errorOf(read(`a,b\n${"x".repeat(12)},${"y".repeat(12)}\n`, { max_record_bytes: 20 }));
    expect(record.message).toBe("test.txt, line 2 (byte 4): the record that begins here has more than 20 bytes");
    expect(record.hint).toContain("max_record_bytes");
  });

  it("names where the quote opened that it stands in", () => {
    const error = errorOf(read(`a,b\n1,"x\n${"1,2\n".repeat(50)}`, { max_field_bytes: 100 }));
    expect(error.message).toContain("line 2 (byte 4)");
    expect(error.message).toContain("opens with a quote at line 2 (byte 6)");
    expect(error.details).toMatchObject({ line: 2, offset: 4, quoteLine: 2, quoteOffset: 6 });
  });

  it("names no quote that another field opens with", () => {
    const error = errorOf(read(`a,b\n"1",${"x".repeat(50)}\n`, { max_field_bytes: 20 }));
    expect(error.message).toMatch(/more than 20 bytes$/);
  });

  it("is met exactly", () => {
    expect(read(`a\n${"x".repeat(20)}\n`, { max_field_bytes: 20, max_record_bytes: 20 }).error).toBeUndefined();
    expect(read(`a\n${"x".repeat(21)}\n`, { max_field_bytes: 20 }).error).toMatchObject({
      code: "DTV_RECORD_TOO_LARGE",
    });
    expect(errorOf(read(`a\n${"x".repeat(21)}\n`, { max_field_bytes: 20, max_record_bytes: 20 })).message).toContain(
      "field",
    );
    expect(read(`a\n${"x".repeat(21)}\n`, { max_record_bytes: 20 }).error).toMatchObject({
      code: "DTV_RECORD_TOO_LARGE",
    });
    expect(read(`a,b\n1,${"x".repeat(20)}\n`, { max_field_bytes: 20 }).error).toBeUndefined();
    expect(read(`a,b\n1,${"x".repeat(21)}\n`, { max_field_bytes: 20 }).error).toMatchObject({
      code: "DTV_RECORD_TOO_LARGE",
    });
  });

  it("is found before much more than the limit was read", () => {
    const decoder = csvFormat.decoder?.(
      { max_field_bytes: 1_000_000 },
      { source: "x", batchRows: 2000, reject: () => {}, warn: () => {} },
    );
    const chunk = Buffer.from("1,2\n".repeat(4096));
    let pushed = 0;
    const pump = (): void => {
      [...(decoder?.push(Buffer.from('a,b\n1,"')) ?? [])];
      for (;;) {
        pushed += chunk.length;
        [...(decoder?.push(chunk) ?? [])];
      }
    };
    expect(pump).toThrow(expect.objectContaining({ code: "DTV_RECORD_TOO_LARGE" }));
    expect(pushed).toBeLessThan(1_000_000 + 2 * chunk.length);
  });

  it("is found in one chunk of any size, with the records before it", () => {
    const decoded = read(`a,b\n1,2\n"${"x\n".repeat(500_000)}`, { max_field_bytes: 10_000 });
    expect(errorOf(decoded).code).toBe("DTV_RECORD_TOO_LARGE");
    expect(decoded.rows).toEqual([["1", "2"]]);
  });

  it("holds behind an odd quote too", () => {
    const decoded = read(`a\nx"${"y".repeat(100)}\n`, { max_record_bytes: 50 });
    expect(errorOf(decoded).code).toBe("DTV_RECORD_TOO_LARGE");
  });

  it("does not hold for comments and skipped lines, which are not kept", () => {
    const long = "x".repeat(300_000);
    const decoded = read(`${long}\n#${long}\na\n1\n#${long}\n2\n`, {
      comment: "#",
      skip_lines: 1,
      max_record_bytes: 100,
    });
    expect(decoded).toMatchObject({ error: undefined, rows: [["1"], ["2"]] });
  });
});

describe("a header that cannot name columns", () => {
  it("for a name that stands twice", () => {
    const error = errorOf(read("id,name,id\n1,2,3\n"));
    expect(error.code).toBe("DTV_CSV_HEADER");
    expect(error.message).toBe("test.txt, line 1: 'id' is the name of column 1 and of column 3");
    expect(error.hint).toContain("columns");
  });

  it.each([
    ["bytes of another encoding", bytes("a,\xe9\n1,2\n"), "the header is not utf-8"],
    ["an odd quote", 'a,b"c\n1,2\n', "the header has a quote inside field 2, which does not begin with one"],
    ["U+0000", "a,b\0\n1,2\n", "the header holds the character U+0000"],
    ["more columns than are read", `${"x,".repeat(10_000)}y\n`, "there are 10001 columns, more than the 10000"],
  ])("for %s", (_, text, reason) => {
    const error = errorOf(read(text));
    expect(error.code).toBe("DTV_CSV_HEADER");
    expect(error.message).toContain(`test.txt, line 1: ${reason}`);
  });

  it("names its own line", () => {
    expect(errorOf(read("\n\na,a\n")).message).toContain("line 3:");
  });

  it("for too many columns without a header", () => {
    expect(errorOf(read(`${"x,".repeat(10_000)}y\n`, { header: false })).code).toBe("DTV_CSV_HEADER");
  });
});

describe("a file that is no CSV file", () => {
  it.each([
    ["of 0 bytes", "", {}],
    ["of blank lines", "\n\r\n\n", {}],
    ["of comments", "#a\n#b", { comment: "#" }],
    ["of skipped lines", "a,b\n", { skip_lines: 5 }],
    ["of a byte order mark", "\uFEFF", {}],
    ["of 0 bytes, without a header", "", { header: false }],
  ])("is empty: %s", (_, text, options) => {
    const error = errorOf(read(text, options));
    expect(error.code).toBe("DTV_CSV_EMPTY");
    expect(error.message).toContain("test.txt");
    expect(error.hint).toContain("columns");
  });

  it.each([
    ["UTF-16 with a mark", Buffer.from("\uFEFFa,b\n1,2\n", "utf16le"), {}, "encoding: utf-16`"],
    ["UTF-16 without a mark", Buffer.from("abc,def\n123,456\n".repeat(9), "utf16le"), {}, "utf-16le"],
    ["big-endian UTF-16", Buffer.from("\uFEFFa,b\n", "utf16le").swap16(), {}, "encoding: utf-16`"],
    [
      "big-endian UTF-16 as utf-16le",
      Buffer.from("\uFEFFa\n", "utf16le").swap16(),
      { encoding: "utf-16le" },
      "utf-16`",
    ],
    ["UTF-16 that does not say which", Buffer.from("a\n", "utf16le"), { encoding: "utf-16" }, "utf-16be"],
    ["UTF-8 as latin1", Buffer.from("\uFEFFa,b\n"), { encoding: "latin1" }, "Leave the encoding out"],
    ["a ZIP archive", bytes("PK\x03\x04\x14\0\0\0\x08\0"), {}, "Excel"],
    ["Parquet", bytes("PAR1\x15\x04\x15"), {}, "parquet"],
    ["noise", Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919 + (i >> 3)) % 256)), {}, "format"],
    ["UTF-16 cut off", Buffer.from("a\n1\n\0", "utf16le").subarray(0, -1), { encoding: "utf-16le" }, "cut off"],
  ])("is in another encoding: %s", (_, input, options, cure) => {
    const error = errorOf(read(input, options));
    expect(error.code).toBe("DTV_ENCODING");
    expect(error.message).toContain("test.txt");
    expect(error.hint).toContain(cure);
  });

  it("unless its control characters are meant", () => {
    expect(read("a\x01b\n1\x012\n".repeat(20), { delimiter: "\x01" }).error).toBeUndefined();
    expect(read(`a\n${"\0\n".repeat(20)}`, { allow_nul: true }).error).toBeUndefined();
  });
});
