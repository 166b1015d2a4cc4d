import { describe, expect, it } from "vitest";
import { parseYaml } from "../../../../lib/config/yaml/parse-yaml.ts";
import { errorOf } from "../workspace.ts";

const read = (text: string) => parseYaml(text, "f.yaml");

describe("values", () => {
  it.each([
    ["a: 1\nb: [x, 2]\n", { a: 1, b: ["x", 2] }],
    ["a: 2024-01-01\nb: 2024-01-01T00:00:00Z\n", { a: "2024-01-01", b: "2024-01-01T00:00:00Z" }],
    ["a: yes\nb: no\nc: on\nd: true\n", { a: "yes", b: "no", c: "on", d: true }],
    ["a: ~\nb:\nc: null\n", { a: null, b: null, c: null }],
    ["1: x\ntrue: y\n", { "1": "x", true: "y" }],
    ["a: !!str 1.0\n", { a: "1.0" }],
    ["a: 12345678901234567890\n", { a: "12345678901234567890" }],
    ["a: 9007199254740991\n", { a: 9007199254740991 }],
    ["a: 1e400\n", { a: Number.POSITIVE_INFINITY }],
    ["\uFEFFa: 1\r\nb: 2\r\n", { a: 1, b: 2 }],
    ["a: &x [1, 2]\nb: *x\n", { a: [1, 2], b: [1, 2] }],
    ["a: |\n  one\n  two\n", { a: "one\ntwo\n" }],
    [`${"# comment\n\n".repeat(200)}a: 1\n...\n# the end\n`, { a: 1 }],
    ["constructor: 1\ntoString: 2\nhasOwnProperty: 3\n", { constructor: 1, toString: 2, hasOwnProperty: 3 }],
  ])("reads %j", (text, value) => {
    expect(read(text).value).toEqual(value);
  });

  it("copies what aliases stand for, so that nothing is shared", () => {
    const { a, b } = read("a: &x { k: 1 }\nb: *x\n").value as { a: object; b: object };
    expect(a).not.toBe(b);
  });

  it("knows how a scalar was written", () => {
    const document = read("version: 1.0\nzip: 00501\nlist: [007]\n");
    expect(document.sourceOf(["version"])).toBe("1.0");
    expect(document.sourceOf(["zip"])).toBe("00501");
    expect(document.sourceOf(["list", 0])).toBe("007");
    expect(document.sourceOf(["list"])).toBeUndefined();
  });
});

describe("places", () => {
  const document = read("a: 1\nb:\n  c: [x,\n    { d: e }]\nf: &p { q: 1 }\ng: *p\nh:\n");

  it.each([
    [["a"], "value", { line: 1, column: 4 }],
    [["a"], "key", { line: 1, column: 1 }],
    [["b", "c", 1, "d"], "value", { line: 4, column: 10 }],
    [["b", "c", 1, "d"], "key", { line: 4, column: 7 }],
    [["b", "missing"], "value", { line: 2, column: 1 }],
    [["b", "c", 1, "missing"], "value", { line: 4, column: 5 }],
    [["missing"], "value", { line: 1, column: 1 }],
    [["g", "q"], "value", { line: 5, column: 12 }],
    [["h"], "value", { line: 7, column: 3 }],
    [["b", "c", 9], "value", { line: 3, column: 3 }],
  ] as const)("%j, its %s", (keys, part, place) => {
    expect(document.locate(keys, part)).toEqual(place);
  });

  it("does not count a byte order mark as a column", () => {
    expect(read("\uFEFFa: 1").locate(["a"])).toEqual({ line: 1, column: 4 });
  });
});

describe("what is refused", () => {
  it.each([
    ["", "f.yaml:1:1  the file is empty"],
    ["# nothing\n", "f.yaml:1:1  the file is empty"],
    ["- a\n", "f.yaml:1:1  expected a mapping of keys to values"],
    ["text", "f.yaml:1:1  expected a mapping of keys to values"],
    ["a: 1\n---\nb: 2\n", "f.yaml:2:1  a second document starts here; a file holds one"],
    ["%YAML 1.1\n---\na: yes\n", "f.yaml:1:1  directives such as '%YAML 1.1' are not used in configurations"],
    ["a: !!binary aGk=", "f.yaml:1:4  the tag '!!binary' is not known; write the plain value"],
    ["a: !mine x", "f.yaml:1:4  the tag '!mine' is not known; write the plain value"],
    ["a: { <<: { b: 1 } }", "f.yaml:1:6  merge keys ('<<') are not supported; write the keys out"],
    ["a: { __proto__: { b: 1 } }", "f.yaml:1:6  the key '__proto__' is not allowed"],
    ["? [a]\n: b\n", "f.yaml:1:3  a key must be text"],
    ["~: b\n", "f.yaml:1:1  a key must be text"],
    ["a: &x [*x]\n", "f.yaml:1:8  an alias stands inside its own anchor"],
    ["a: *y\n", "f.yaml:1:4  no anchor 'y' before this alias"],
    ["]".repeat(1000), "f.yaml:1:51  not YAML: Unexpected flow-seq-end token in YAML document"],
    ["\ta: 1\n", "f.yaml:1:1  Tabs are not allowed as indentation"],
  ])("%j", async (text, message) => {
    const error = await errorOf(() => read(text));
    expect(error.message).toBe(message);
    expect(error.code).toBe("DTV_CONFIG_INVALID");
  });

  it("lists every fault of syntax, each with its line", async () => {
    const error = await errorOf(() => read("a: 1\na: 2\nb:\n  c: 1\n  c: 2\n  <<: 3\n"));
    expect(error.message.split("\n")).toEqual([
      "f.yaml:2:1  the key 'a' is repeated",
      "f.yaml:5:3  the key 'c' is repeated",
      "f.yaml:6:3  merge keys ('<<') are not supported; write the keys out",
    ]);
    expect(error.details["faults"]).toMatchObject([{ line: 2 }, { line: 5 }, { line: 6 }]);
  });
});

describe("limits", () => {
  const nested = (depth: number): string => `a: ${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}`;
  const aliases = (count: number): string => `a: &x 1\nb: [${"*x, ".repeat(count)}]`;
  const anchors = (count: number): string => `a: [${Array.from({ length: count }, (_, i) => `&x${i} 1`).join(", ")}]`;

  it.each([
    ["depth 64", nested(64)],
    ["100 aliases", aliases(100)],
    ["100 anchors", anchors(100)],
    ["1 MiB", `a: ${"x".repeat(1024 * 1024 - 3)}`],
    [
      "10,000 fields",
      `a:\n${Array.from({ length: 10_000 }, (_, i) => `  - { name: field_${i}, type: string, required: true }\n`).join("")}`,
    ],
  ])("takes %s", (_, text) => {
    expect(() => read(text)).not.toThrow();
  });

  it.each([
    ["depth 65", nested(65), "nested deeper than 64 levels"],
    [
      "depth by indentation",
      Array.from({ length: 70 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"),
      "nested deeper than 64 levels",
    ],
    ["101 aliases", aliases(101), "more than 100 aliases"],
    ["101 anchors", anchors(101), "more than 100 anchors"],
    [
      "1 MiB and a byte",
      `a: ${"x".repeat(1024 * 1024 - 2)}`,
      "the file has 1048577 bytes; a configuration may have 1048576",
    ],
    [
      "bytes, not characters",
      `a: ${"é".repeat(600_000)}`,
      "the file has 1200003 bytes; a configuration may have 1048576",
    ],
    ["half a million empty lines", `${"\n".repeat(500_000)}a: 1`, "more than 400000 tokens"],
    [
      "aliases of aliases that deepen",
      `a0: &a0 [${"[".repeat(30)}1${"]".repeat(30)}]\na1: &a1 ${"[".repeat(30)}*a0${"]".repeat(30)}\na2: ${"[".repeat(30)}*a1${"]".repeat(30)}\n`,
      "aliases make the document larger than 10000 values or 64 levels",
    ],
  ])("refuses %s", async (_, text, message) => {
    const error = await errorOf(() => read(text));
    expect(error.message).toContain(message);
    expect(error.code).toBe("DTV_CONFIG_LIMIT");
  });
});
