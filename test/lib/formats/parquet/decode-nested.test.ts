import type { SchemaElement } from "hyparquet";
import { describe, expect, test } from "vitest";
import { formatType } from "../../../../lib/contract/types.ts";
import { decodeAll } from "./codec.ts";
import { byteArrays, type ForgedColumn, forgeFile, int32s, levels, pageV1, pageV2, prefixed } from "./forge.ts";
import { record } from "./sample.ts";

type Repetition = "REQUIRED" | "OPTIONAL" | "REPEATED";

function int(name: string, repetition_type: Repetition): SchemaElement {
  return { name, type: "INT32", repetition_type };
}

function group(
  name: string,
  repetition_type: Repetition,
  num_children: number,
  converted?: "LIST" | "MAP" | "MAP_KEY_VALUE",
): SchemaElement {
  return { name, repetition_type, num_children, ...(converted ? { converted_type: converted } : {}) };
}

/** A page of version 1 of 32-bit integers with these levels. */
function intPage(reps: readonly number[], defs: readonly number[], values: readonly number[], width = 2): Buffer {
  const body = Buffer.concat([prefixed(levels(1, reps)), prefixed(levels(width, defs)), int32s(...values)]);
  return pageV1({ values: defs.length, body });
}

async function readOne(
  elements: readonly SchemaElement[],
  rows: number,
  columns: readonly ForgedColumn[],
  batchRows?: number,
): Promise<[string, unknown[]]> {
  const { schema, columns: cells } = await decodeAll(forgeFile(elements, rows, columns), {}, batchRows);
  expect(schema.fields.map(({ nullable }) => nullable)).toEqual([elements[0]?.repetition_type === "OPTIONAL"]);
  return [formatType(schema.fields[0]?.type as never), cells[0] as unknown[]];
}

describe("lists as old writers put them down", () => {
  // Each is [[1, 2], [], [3]]; where the list may be missing, a null follows.
  const column = (reps: number[], defs: number[], width?: number): ForgedColumn => ({
    pages: [intPage(reps, defs, [1, 2, 3], width)],
    values: defs.length,
  });
  const bare = column([0, 1, 0, 0], [1, 1, 0, 1], 1);
  const nullable = column([0, 1, 0, 0, 0], [2, 2, 1, 2, 0]);
  const lists = [[1, 2], [], [3]];
  const ofGroups = lists.map((list) => list.map((x) => record({ x })));

  test("a repeated value", async () => {
    expect(await readOne([int("c", "REPEATED")], 3, [bare])).toEqual(["array<integer>", lists]);
  });

  test("a repeated group", async () => {
    const type = "array<object{x: integer not null}>";
    expect(await readOne([group("c", "REPEATED", 1), int("x", "REQUIRED")], 3, [bare])).toEqual([type, ofGroups]);
  });

  test("two levels", async () => {
    const elements = [group("c", "OPTIONAL", 1, "LIST"), int("element", "REPEATED")];
    expect(await readOne(elements, 4, [nullable])).toEqual(["array<integer>", [...lists, null]]);
  });

  test("two levels with a group that is the element by its name", async () => {
    const type = "array<object{x: integer not null}>";
    for (const name of ["array", "c_tuple"]) {
      const elements = [group("c", "OPTIONAL", 1, "LIST"), group(name, "REPEATED", 1), int("x", "REQUIRED")];
      expect(await readOne(elements, 4, [nullable])).toEqual([type, [...ofGroups, null]]);
    }
  });

  test("two levels with a group of one repeated member", async () => {
    const elements = [group("c", "REQUIRED", 1, "LIST"), group("element", "REPEATED", 1), int("x", "REPEATED")];
    const body = Buffer.concat([prefixed(levels(2, [0, 2, 1, 0])), prefixed(levels(2, [2, 2, 1, 0])), int32s(1, 2)]);
    const [type, cells] = await readOne(elements, 2, [{ pages: [pageV1({ values: 4, body })], values: 4 }]);
    expect(type).toBe("array<object{x: array<integer> not null}>");
    expect(cells).toEqual([[record({ x: [1, 2] }), record({ x: [] })], []]);
  });

  test("three levels by any other name", async () => {
    const elements = [group("c", "OPTIONAL", 1, "LIST"), group("bag", "REPEATED", 1), int("x", "REQUIRED")];
    expect(await readOne(elements, 4, [nullable])).toEqual(["array<integer>", [...lists, null]]);
  });

  test("two levels with a group of two members", async () => {
    const elements = [
      group("c", "REQUIRED", 1, "LIST"),
      group("list", "REPEATED", 2),
      int("x", "REQUIRED"),
      int("y", "REQUIRED"),
    ];
    const [type, cells] = await readOne(elements, 3, [bare, bare]);
    expect(type).toBe("array<object{x: integer not null, y: integer not null}>");
    expect(cells).toEqual(lists.map((list) => list.map((x) => record({ x, y: x }))));
  });

  test("a list annotation on something that is no list is a group", async () => {
    const elements = [group("c", "REQUIRED", 1, "LIST"), int("x", "REQUIRED")];
    const file = [{ pages: [pageV1({ values: 2, body: int32s(1, 2) })], values: 2 }];
    expect(await readOne(elements, 2, file)).toEqual([
      "object{x: integer not null}",
      [record({ x: 1 }), record({ x: 2 })],
    ]);
  });
});

describe("maps", () => {
  const keys = (text: readonly string[], reps: number[], defs: number[]): ForgedColumn => ({
    pages: [
      pageV1({
        values: defs.length,
        body: Buffer.concat([prefixed(levels(1, reps)), prefixed(levels(1, defs)), byteArrays(...text)]),
      }),
    ],
    values: defs.length,
  });
  const key: SchemaElement = { name: "k", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" };

  test("are arrays of entries, whatever the file calls their parts", async () => {
    const columns = [
      keys(["a", "b"], [0, 1, 0], [1, 1, 0]),
      { pages: [intPage([0, 1, 0], [2, 1, 0], [7])], values: 3 },
    ];
    for (const converted of ["MAP", "MAP_KEY_VALUE"] as const) {
      const elements = [group("c", "REQUIRED", 1, converted), group("map", "REPEATED", 2), key, int("v", "OPTIONAL")];
      expect(await readOne(elements, 2, columns)).toEqual([
        "array<object{key: string not null, value: integer}>",
        [[record({ key: "a", value: 7 }), record({ key: "b", value: null })], []],
      ]);
    }
  });

  test("without values are sets of keys", async () => {
    const elements = [group("c", "REQUIRED", 1, "MAP"), group("map", "REPEATED", 1), key];
    const [type, cells] = await readOne(elements, 1, [keys(["a", "b"], [0, 1], [1, 1])]);
    expect(type).toBe("array<object{key: string not null}>");
    expect(cells).toEqual([[record({ key: "a" }), record({ key: "b" })]]);
  });
});

describe("groups", () => {
  test("are told from their members when something is missing", async () => {
    const elements = [
      group("c", "OPTIONAL", 2),
      int("x", "OPTIONAL"),
      group("in", "OPTIONAL", 1),
      int("y", "REQUIRED"),
    ];
    const page = (defs: number[], values: number[]): ForgedColumn => ({
      pages: [pageV2({ values: defs.length, definitions: levels(2, defs), body: int32s(...values) })],
      values: defs.length,
    });
    const [type, cells] = await readOne(elements, 3, [page([0, 1, 2], [5]), page([0, 1, 2], [6])]);
    expect(type).toBe("object{x: integer, in: object{y: integer not null}}");
    expect(cells).toEqual([null, record({ x: null, in: null }), record({ x: 5, in: record({ y: 6 }) })]);
  });

  test("may have members of any name", async () => {
    const names = ["__proto__", "toString", "a.b", ""];
    const elements = [group("c", "REQUIRED", names.length), ...names.map((name) => int(name, "REQUIRED"))];
    const columns = names.map((_, i) => ({ pages: [pageV1({ values: 1, body: int32s(i) })], values: 1 }));
    const [, cells] = await readOne(elements, 1, columns);
    expect(Object.entries(cells[0] as object)).toEqual(names.map((name, i) => [name, i]));
  });
});

describe("a record that goes on over pages", () => {
  const elements = [group("c", "REQUIRED", 1, "LIST"), group("list", "REPEATED", 1), int("element", "REQUIRED")];
  const pages = [
    intPage([0, 1, 1], [1, 1, 1], [1, 2, 3], 1),
    intPage([1, 1], [1, 1], [4, 5], 1),
    intPage([1, 0, 0], [1, 0, 1], [6, 7], 1),
  ];

  test("is put together, in batches of any size", async () => {
    for (const batchRows of [1, 2, 3, 100]) {
      const [, cells] = await readOne(elements, 3, [{ pages, values: 8 }], batchRows);
      expect(cells).toEqual([[1, 2, 3, 4, 5, 6], [], [7]]);
    }
  });

  test("and one far longer than what is unpacked at a time", async () => {
    const long = Array.from({ length: 20_000 }, (_, i) => i);
    const page = intPage([0, ...long.slice(1).map(() => 1), 0], [...long.map(() => 1), 0], long, 1);
    const [, cells] = await readOne(elements, 2, [{ pages: [page], values: long.length + 1 }], 1);
    expect(cells).toEqual([long, []]);
  });
});

describe("values that fit no cell", () => {
  test("are told with the record of the list they are in", async () => {
    const nanos = { type: "INT64", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "NANOS" } } as const;
    const element: SchemaElement = { name: "c", repetition_type: "REPEATED", ...nanos };
    const values = Buffer.from(BigInt64Array.from([1000n, 2000n, 3000n, 1n]).buffer);
    const body = Buffer.concat([prefixed(levels(1, [0, 1, 0, 0, 1])), prefixed(levels(1, [1, 1, 0, 1, 1])), values]);
    const file = forgeFile([element], 3, [{ pages: [pageV1({ values: 5, body })], values: 5 }]);
    for (const batchRows of [1, 2, 100]) {
      await expect(decodeAll(file, {}, batchRows)).rejects.toThrow(
        "test.parquet, record 3: the value of column 'c' is finer than a microsecond",
      );
    }
  });
});
