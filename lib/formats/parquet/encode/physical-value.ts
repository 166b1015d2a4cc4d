/** Cells as the values that hyparquet-writer takes, exact: whole numbers as bigint, never as a rounded number. */
import { parseDecimal } from "../../../contract/decimal.ts";
import { fastDecimal } from "../../../contract/fast-decimal.ts";
import { dayOf, microsOf, timeOf } from "../../../contract/iso-counts.ts";
import type { DataType, Property } from "../../../contract/types.ts";
import { isWellFormed } from "../../../contract/well-formed.ts";
import { jsonText } from "./json-text.ts";

/** A non-null cell as a physical value; undefined for a cell that is none of its type. */
export type ToPhysical = (cell: unknown) => unknown;

/** What was seen in the cells of a column. */
export interface Seen {
  /** The dictionary of the library holds 0 and -0 for one value. */
  negativeZero: boolean;
}

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

export function compilePhysical(type: DataType, seen: Seen): ToPhysical {
  switch (type.kind) {
    case "string":
      return (cell) => (typeof cell === "string" && isWellFormed(cell) ? cell : undefined);
    case "integer":
      return toInt64;
    case "double":
      return (cell) => {
        if (cell === 0 && Object.is(cell, -0)) seen.negativeZero = true;
        return typeof cell === "number" ? cell : undefined;
      };
    case "boolean":
      return (cell) => (typeof cell === "boolean" ? cell : undefined);
    case "decimal":
      return compileDecimal(type.precision, type.scale);
    case "date":
      return (cell) => (typeof cell === "string" ? dayOf(cell) : undefined);
    case "time":
      return (cell) => (typeof cell === "string" ? timeOf(cell) : undefined);
    case "timestamp":
      return (cell) => (typeof cell === "string" ? microsOf(cell) : undefined);
    case "binary":
      return (cell) => (cell instanceof Uint8Array ? cell : undefined);
    case "array":
      return type.items ? compileList(type.items, seen) : jsonText;
    case "object":
      return type.properties ? compileGroup(type.properties, seen) : jsonText;
  }
}

function toInt64(cell: unknown): unknown {
  if (typeof cell === "number") return Number.isSafeInteger(cell) ? BigInt(cell) : undefined;
  return typeof cell === "bigint" && cell >= MIN_INT64 && cell <= MAX_INT64 ? cell : undefined;
}

function compileDecimal(precision: number, scale: number): ToPhysical {
  return (cell) => {
    if (typeof cell !== "string") return undefined;
    const unscaled = fastDecimal(cell, precision, scale) ?? parseDecimal(cell, precision, scale);
    return typeof unscaled === "bigint" ? unscaled : undefined;
  };
}

function compileList(items: DataType, seen: Seen): ToPhysical {
  const toPhysical = compilePhysical(items, seen);
  return (cell) => {
    if (!Array.isArray(cell)) return undefined;
    const list = new Array<unknown>(cell.length);
    for (let i = 0; i < cell.length; i++) {
      const item: unknown = cell[i];
      list[i] = item === null || item === undefined ? null : toPhysical(item);
      if (list[i] === undefined) return undefined;
    }
    return list;
  };
}

/** The members as own properties of an object without prototype: the library looks them up by name. */
function compileGroup(properties: readonly Property[], seen: Seen): ToPhysical {
  const members = properties.map(({ name, type, nullable }) => ({
    name,
    nullable,
    toPhysical: compilePhysical(type, seen),
  }));
  return (cell) => {
    if (typeof cell !== "object" || cell === null || Array.isArray(cell)) return undefined;
    const group: Record<string, unknown> = Object.create(null);
    for (const { name, nullable, toPhysical } of members) {
      const member = Object.hasOwn(cell, name) ? (cell as Record<string, unknown>)[name] : null;
      if (member === null || member === undefined) {
        if (!nullable) return undefined;
        group[name] = null;
        continue;
      }
      group[name] = toPhysical(member);
      if (group[name] === undefined) return undefined;
    }
    return group;
  };
}
