/** What native code makes of the stored values of a column: the cells that are made of them here. */
import type { LogicalType } from "hyparquet";
import type { Shape } from "./column-shape.ts";
import type { Leaf } from "./leaf.ts";
import { logicalTypeOf } from "./logical-type.ts";

/** As `rust/parquet/src/decode/plan.rs` has it. */
export type NativeCells =
  | { readonly kind: "boolean" | "double" | "uint64" | "date" | "string" | "uuid" | "binary" }
  | { readonly kind: "integer"; readonly signed: boolean }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "time"; readonly unit: string }
  | { readonly kind: "timestamp"; readonly unit: string; readonly zoned: boolean };

/** Why a column is not decoded natively. */
export class NotNative extends Error {}

/** @throws NotNative */
export function nativeCellsOf(shape: Shape): NativeCells {
  if (shape.kind === "leaf") return leafCells(shape.leaf);
  // The library does not hold the levels of its pages against each other.
  throw new NotNative(`column '${shape.leaves[0]?.node.path[0]}' is nested`);
}

function leafCells({ name, type, node: { element } }: Leaf): NativeCells {
  const logical = logicalTypeOf(element);
  // Its days go beyond what the library's nanoseconds hold.
  if (element.type === "INT96") throw new NotNative(`column '${name}' is INT96`);
  if (logical?.type === "NULL") throw new NotNative(`column '${name}' has no type`);
  switch (type.kind) {
    case "boolean":
    case "double":
    case "date":
    case "binary":
      return { kind: type.kind };
    case "string":
      return { kind: logical?.type === "UUID" ? "uuid" : "string" };
    case "integer":
      return { kind: "integer", signed: logical?.type !== "INTEGER" || logical.isSigned };
    case "decimal": {
      const { precision, scale } = type;
      return logical?.type === "INTEGER" ? { kind: "uint64" } : { kind: "decimal", precision, scale };
    }
    case "time":
      return { kind: "time", unit: unitOf(logical) };
    case "timestamp":
      return { kind: "timestamp", unit: unitOf(logical), zoned: type.zoned };
    default:
      throw new NotNative(`column '${name}' is JSON`);
  }
}

function unitOf(logical: LogicalType | undefined): string {
  return logical && "unit" in logical ? logical.unit.toLowerCase() : "";
}
