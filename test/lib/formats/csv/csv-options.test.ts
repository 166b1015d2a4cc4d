import { describe, expect, it } from "vitest";
import { parseOptions } from "../../../../lib/contract/options.ts";
import { csvDecodeOptions, csvEncodeOptions } from "../../../../lib/formats/csv/csv-options.ts";

describe("options for reading", () => {
  it("have defaults", () => {
    expect(csvDecodeOptions.parse({})).toEqual({
      delimiter: ",",
      header: true,
      skip_lines: 0,
      null_values: ["", "NULL", "null", "None"],
      encoding: "utf-8",
      max_record_bytes: 64 * 1024 * 1024,
      max_field_bytes: 16 * 1024 * 1024,
      allow_nul: false,
    });
  });

  it("stay the same when they are checked twice", () => {
    const once = csvDecodeOptions.parse({ encoding: "Latin-1", quote: null, columns: ["a"], comment: "#" });
    expect(csvDecodeOptions.parse(once)).toEqual(once);
  });

  it.each([
    [{ delimeter: ";" }, "unknown key 'delimeter'; did you mean 'delimiter'?"],
    [{ delimiter: "" }, "delimiter: must not be empty"],
    [{ delimiter: "123456789" }, "delimiter: expected text of at most 8 characters"],
    [{ delimiter: "a\n" }, "delimiter: cannot hold a line end"],
    [{ delimiter: ',"' }, 'delimiter: holds ", which quotes or escapes'],
    [{ delimiter: "'", quote_char: "'" }, "delimiter: holds '"],
    [{ delimiter: "\\", escape_char: "\\" }, "delimiter: holds \\"],
    [{ delimiter: "€", encoding: "latin1" }, "delimiter: holds '€' (U+20AC), which latin1 cannot spell"],
    [{ comment: "€", encoding: "latin1" }, "comment: holds '€' (U+20AC), which latin1 cannot spell"],
    [{ comment: ",x" }, "comment: begins with the delimiter"],
    [{ comment: '"' }, 'comment: begins with "'],
    [{ comment: "a\r" }, "comment: cannot hold a line end"],
    [{ quote_char: "ab" }, "quote_char: "],
    [{ quote_char: "é" }, "quote_char: "],
    [{ quote_char: "'", quote: '"' }, "quote: says something else than quote_char"],
    [{ quote_char: null, escape_char: "\\" }, "escape_char: has no meaning without a quote_char"],
    [{ columns: ["a", "b", "a"] }, "columns: names 'a' twice"],
    [{ columns: [] }, "columns: "],
    [{ skip_lines: -1 }, "skip_lines: "],
    [{ max_field_bytes: 2 ** 40 }, "max_field_bytes: "],
    [{ null_values: "NULL" }, "null_values: "],
  ])("are checked: %j", (options, message) => {
    expect(() => parseOptions(csvDecodeOptions, options, "csv")).toThrow(
      expect.objectContaining({ code: "DTV_OPTION_INVALID", message: expect.stringContaining(message) }),
    );
  });

  it("list the encodings when one is unknown", () => {
    expect(() => parseOptions(csvDecodeOptions, { encoding: "utf-32" }, "csv")).toThrow(
      "expected one of 'utf-8', 'utf8', 'latin1', 'latin-1', 'iso-8859-1', 'windows-1252', 'cp1252', 'utf-16', 'utf-16le', 'utf-16be', got 'utf-32'",
    );
  });
});

describe("options for writing", () => {
  it("have defaults", () => {
    expect(csvEncodeOptions.parse({})).toEqual({
      delimiter: ",",
      quote_char: '"',
      header: true,
      null_value: "",
      escape_formulas: "none",
      line_ending: "\n",
      encoding: "utf-8",
      bom: false,
      compression: "none",
    });
  });

  it.each([
    [{ quote: "'" }, "unknown key 'quote'"],
    [{ quote_char: "" }, "quote_char: must be one printable ASCII character"],
    [{ delimiter: '"' }, "delimiter: holds the quote_char"],
    [{ null_value: "a,b" }, "null_value: holds the delimiter"],
    [{ null_value: 'a"' }, "null_value: holds the quote_char"],
    [{ null_value: "\n" }, "null_value: cannot hold a line end"],
    [{ line_ending: "\r" }, "line_ending: "],
    [{ bom: true, encoding: "latin1" }, "bom: latin1 has no byte order mark"],
    [{ null_value: "€", encoding: "latin1" }, "null_value: holds '€' (U+20AC), which latin1 cannot spell"],
    [{ delimiter: "\x81", encoding: "cp1252" }, "delimiter: holds '\x81' (U+0081), which windows-1252 cannot spell"],
    [{ escape_formulas: true }, "escape_formulas: "],
  ])("are checked: %j", (options, message) => {
    expect(() => parseOptions(csvEncodeOptions, options, "csv")).toThrow(
      expect.objectContaining({ code: "DTV_OPTION_INVALID", message: expect.stringContaining(message) }),
    );
  });
});
