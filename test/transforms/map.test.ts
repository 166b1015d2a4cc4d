import { describe, expect, it } from "vitest";
import { INERT_CONTEXT } from "../../lib/contract/context.ts";
import type { MapOptions } from "../../lib/contract/map-options.ts";
import type { Reject } from "../../lib/contract/reject.ts";
import { RowBatch } from "../../lib/contract/row-batch.ts";
import { Schema } from "../../lib/contract/schema.ts";
import { formatType, parseType } from "../../lib/contract/types.ts";
import { MapSchema } from "../../transforms/map.ts";

const typed = new Schema([
  { name: "id", type: parseType("integer"), nullable: false },
  { name: "name", type: parseType("string"), nullable: true },
  { name: "price", type: parseType("decimal(10,2)"), nullable: true },
  { name: "address", type: parseType("object"), nullable: true },
]);

const records = [
  [1, 2, 3],
  ["Ada", null, "12"],
  ["1.50", "2.00", null],
  [{ city: "London", geo: { lat: 51.5 } }, { city: null }, null],
];

function map(options: MapOptions, schema = typed, columns: unknown[][] = records) {
  const rejects: Reject[] = [];
  const transform = new MapSchema(options);
  transform.ctx = { ...INERT_CONTEXT, reject: (reject) => void rejects.push(reject) };
  const output = transform.open(schema);
  const batch = RowBatch.from(transform.apply(RowBatch.fromColumns(schema, columns, columns[0]?.length ?? 0)));
  const fields = output.fields.map(
    (field) => `${field.name} ${field.lexical ? "text" : formatType(field.type)}${field.nullable ? "" : " not null"}`,
  );
  return { rows: [...batch.rows({ integers: "bigint" })], fields, rejects };
}

describe("MapSchema", () => {
  it("changes nothing without options", () => {
    const { rows, fields } = map({});
    expect(fields).toEqual(["id integer not null", "name string", "price decimal(10,2)", "address object"]);
    expect(rows).toHaveLength(3);
  });

  it("renames, and lets two columns change names", () => {
    const { rows, fields } = map({ rename: { id: "name", name: "id" }, select: ["id", "name"] });
    expect(fields).toEqual(["id string", "name integer not null"]);
    expect(rows[0]).toEqual({ id: "Ada", name: 1n });
  });

  it("takes values out of objects, missing ones as null", () => {
    const { rows } = map({
      paths: { city: "address.city", lat: "address.geo.lat", none: "address.geo.lat.x" },
      select: ["city", "lat", "none"],
    });
    expect(rows).toEqual([
      { city: "London", lat: 51.5, none: null },
      { city: null, lat: null, none: null },
      { city: null, lat: null, none: null },
    ]);
  });

  it("never reaches a prototype by a path", () => {
    const { rows } = map({ paths: { a: "address.constructor", b: "address.__proto__.polluted" }, select: ["a", "b"] });
    expect(rows[0]).toEqual({ a: null, b: null });
  });

  it("casts exactly, and rejects what does not fit", () => {
    const { rows, fields, rejects } = map({
      casts: { id: "string", price: "double", name: "integer" },
      select: ["id", "price", "name"],
    });
    expect(fields).toEqual(["id string not null", "price double", "name integer"]);
    expect(rows).toEqual([
      { id: "2", price: 2, name: null },
      { id: "3", price: null, name: 12n },
    ]);
    expect(rejects.map(({ faults, record }) => [faults[0]?.column, faults[0]?.rule, record])).toEqual([
      ["name", "cast", '{"id":1,"name":"Ada","price":"1.50","address":{"city":"London","geo":{"lat":51.5}}}'],
    ]);
  });

  it("fills and adds", () => {
    const { rows, fields } = map({
      defaults: { name: "nobody", price: 0 },
      constants: { source: "x", version: 2, flag: true, nothing: null },
      select: ["name", "price", "source", "version", "flag", "nothing"],
    });
    expect(fields).toEqual([
      "name string not null",
      "price decimal(10,2) not null",
      "source string not null",
      "version integer not null",
      "flag boolean not null",
      "nothing string",
    ]);
    expect(rows[1]).toEqual({ name: "nobody", price: "2.00", source: "x", version: 2n, flag: true, nothing: null });
    expect(rows[2]?.["price"]).toBe("0.00");
  });

  it("works in the order paths, rename, casts, defaults, constants, select", () => {
    const { rows } = map({
      paths: { town: "address.city" },
      rename: { town: "city" },
      casts: { city: "string" },
      defaults: { city: "?" },
      constants: { origin: "map" },
      select: ["city", "origin"],
    });
    expect(rows.map((row) => [row["city"], row["origin"]])).toEqual([
      ["London", "map"],
      ["?", "map"],
      ["?", "map"],
    ]);
  });

  it.each<[string, MapOptions, RegExp]>([
    ["a column to rename", { rename: { nmae: "x" } }, /map\.rename: there is no column 'nmae'; did you mean 'name'\?/],
    ["a column to select", { select: ["prize"] }, /map\.select: there is no column 'prize'; did you mean 'price'\?/],
    ["a column to cast", { casts: { x: "integer" } }, /map\.casts/],
    ["the root of a path", { paths: { x: "adress.city" } }, /map\.paths: there is no column 'adress'/],
    ["a constant in the place of a column", { constants: { id: 1 } }, /map\.constants: there is a column 'id' already/],
    [
      "a path in the place of a column",
      { paths: { id: "address.city" } },
      /map\.paths: there is a column 'id' already/,
    ],
    ["two columns of one name", { rename: { id: "name" } }, /'id' cannot become 'name', which is there already/],
    ["a default of another type", { defaults: { price: "cheap" } }, /map\.defaults\.price: "cheap" is not a decimal/],
    ["a type that is none", { casts: { id: "intger" } }, /'intger' is not a type/],
  ])("refuses %s", (_, options, message) => {
    expect(() => map(options)).toThrow(message);
  });

  it("refuses options that it does not know", () => {
    expect(() => new MapSchema({ renames: { a: "b" } } as never)).toThrow(
      /unknown key 'renames'; did you mean 'rename'\?/,
    );
  });

  it("takes columns that may still come, when records have no header", () => {
    const open = Schema.lexical(["a"], { open: true });
    expect(map({ rename: {}, select: ["a", "later"] }, open, [["x"]]).rows).toEqual([{ a: "x", later: null }]);
  });
});
