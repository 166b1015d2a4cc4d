import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { kindOfName } from "../../../lib/formats/kind-of-name.ts";
import { RECOGNISED_BYTES, recogniseFormat } from "../../../lib/formats/recognise-format.ts";
import { VEGA } from "../../support/cli.ts";

describe("recogniseFormat", () => {
  it.each<[string, string, object]>([
    ["", "csv", {}],
    ["a,b\n1,2\n", "csv", {}],
    ["a\n", "csv", {}],
    ["a;b,c;d\n", "csv", { delimiter: ";" }],
    ["a\tb\r\n1,2,3,4\t5", "csv", { delimiter: "\t" }],
    ["a|b|c", "csv", { delimiter: "|" }],
    ['"a;b;c",d,e\n', "csv", {}],
    ['"a "";"" b",c\n', "csv", {}],
    ["\uFEFFa;b\n", "csv", { delimiter: ";" }],
    ["\uFEFF[1]", "json", {}],
    ['{"a":1}', "jsonl", {}],
    ['{"a":1}\n{"a":2}\n', "jsonl", {}],
    ['{"a":1} \r\n', "jsonl", {}],
    ['\n\n  {"a":1}\n{', "jsonl", {}],
    ['{\n  "a": 1\n}', "json", {}],
    ['{"rows": [\n  {"a": 1}', "json", {}],
    ['{"a":1', "jsonl", {}],
    ["[", "json", {}],
    ["  [\n", "json", {}],
    ["PAR1\u0015\u0004", "parquet", {}],
    ["PARTY,b\n", "csv", {}],
  ])("%j is %s %j", (text, format, options) => {
    expect(recogniseFormat(Buffer.from(text))).toEqual({ format, options });
  });

  it("tells Arrow's stream, which is to be read in its order, from its file", () => {
    const stream = Buffer.from("\xff\xff\xff\xff\x10\0\0\0", "latin1");
    expect(recogniseFormat(stream)).toEqual({ format: "arrow", options: {}, isStream: true });
    expect(recogniseFormat(Buffer.from("ARROW1\0\0"))).toEqual({ format: "arrow", options: {} });
  });

  it("looks at no more than the first bytes", () => {
    const head = Buffer.concat([Buffer.from("a,b"), Buffer.alloc(RECOGNISED_BYTES, ";")]);
    expect(recogniseFormat(Buffer.concat([Buffer.alloc(RECOGNISED_BYTES, " "), Buffer.from("[")])).format).toBe("csv");
    expect(recogniseFormat(head).options).toEqual({ delimiter: ";" });
  });

  it("tells real files as their names do", () => {
    const names = readdirSync(VEGA).filter((name) => /\.(csv|tsv|json|parquet)$/.test(name));
    expect(names.length).toBeGreaterThan(50);
    for (const name of names) {
      const head = readFileSync(join(VEGA, name)).subarray(0, RECOGNISED_BYTES);
      // An object on one line may as well be the only record of JSON Lines.
      const isOneLine = head[0] === 0x7b && !head.subarray(0, -1).includes("\n");
      const wanted = isOneLine ? { format: "jsonl", options: {} } : kindOfName(name);
      expect([name, recogniseFormat(head)]).toEqual([name, wanted]);
    }
  });
});
