/** A leaf of the schema: which type its cells have, and how they are made from what is stored. */
import type { LogicalType, SchemaElement } from "hyparquet";
import type { DataType } from "../../../contract/types.ts";
import { ParquetFault } from "../fault.ts";
import { binaryCell, jsonCell, requiredJsonCell, textCell, uuidCell } from "./byte-cells.ts";
import { decimalCells } from "./decimal-cells.ts";
import { logicalTypeOf } from "./logical-type.ts";
import { float16Cell, int32Cells, int64Cells, uint32Cells } from "./number-cells.ts";
import type { SchemaNode } from "./schema-tree.ts";
import { dateCells, int96Cell, timeCells, timeMillisCells, timestampCells } from "./temporal-cells.ts";

/** From stored values to cells. Byte arrays go one at a time, numbers a run at a time. */
export type CellMaker =
  | { readonly physical: "BOOLEAN" | "FLOAT" | "DOUBLE" }
  | { readonly physical: "INT32"; readonly toCells: (raw: Int32Array) => unknown[] }
  | { readonly physical: "INT64"; readonly toCells: (raw: BigInt64Array) => unknown[] }
  | { readonly physical: "BYTE_ARRAY"; readonly toCell: ByteCell }
  | { readonly physical: "FIXED"; readonly width: number; readonly toCell: ByteCell };

export type ByteCell = (bytes: Buffer, start: number, end: number) => unknown;

export interface Leaf {
  /** Dotted, for messages. */
  readonly name: string;
  readonly node: SchemaNode;
  readonly type: DataType;
  readonly maker: CellMaker;
}

type Cells = Pick<Leaf, "type" | "maker">;

const INTEGER: DataType = { kind: "integer" };
const STRING: DataType = { kind: "string" };
const DOUBLE: DataType = { kind: "double" };
const DATE: DataType = { kind: "date" };
const TIME: DataType = { kind: "time" };
const BINARY: DataType = { kind: "binary" };
/** All of an unsigned 64-bit integer, which the type integer does not hold. */
const UINT64 = { precision: 20, scale: 0 } as const;
const MAX_PRECISION = 38;

/** @throws ParquetFault for a type that is not read, or that the stored type cannot carry */
export function leafOf(node: SchemaNode): Leaf {
  const name = node.path.join(".");
  const { element } = node;
  const logical = logicalTypeOf(element);
  const cells = cellsOf(node, logical);
  if (cells) return { name, node, ...cells };
  const what = logical ? `${nameOf(logical)} in ${element.type}` : `of type ${element.type}`;
  throw new ParquetFault(`its column '${name}' is ${what}, which is not read`, {
    hint: "Leave the column out with the option `columns`, or write it in another type.",
  });
}

function cellsOf(node: SchemaNode, logical: LogicalType | undefined): Cells | undefined {
  switch (node.element.type) {
    case "BOOLEAN":
      return logical ? undefined : { type: { kind: "boolean" }, maker: { physical: "BOOLEAN" } };
    case "FLOAT":
    case "DOUBLE":
      return logical ? undefined : { type: DOUBLE, maker: { physical: node.element.type } };
    case "INT32":
      return int32(logical);
    case "INT64":
      return int64(logical);
    case "INT96":
      return fixed({ kind: "timestamp", zoned: false }, 12, int96Cell);
    case "BYTE_ARRAY":
      return byteArray(node, logical);
    case "FIXED_LEN_BYTE_ARRAY":
      return fixedBytes(node.element, logical);
    default:
      return undefined;
  }
}

function int32(logical: LogicalType | undefined): Cells | undefined {
  const cells = (type: DataType, toCells: (raw: Int32Array) => unknown[]): Cells => ({
    type,
    maker: { physical: "INT32", toCells },
  });
  switch (logical?.type) {
    case undefined:
      return cells(INTEGER, int32Cells);
    case "INTEGER":
      return cells(INTEGER, logical.isSigned ? int32Cells : uint32Cells);
    case "NULL":
      return cells(STRING, int32Cells);
    case "DATE":
      return cells(DATE, dateCells);
    case "TIME":
      return logical.unit === "MILLIS" ? cells(TIME, timeMillisCells) : undefined;
    case "DECIMAL": {
      const decimal = decimalOf(logical);
      return decimal && cells(decimal.type, decimal.cells.ofInt32);
    }
    default:
      return undefined;
  }
}

function int64(logical: LogicalType | undefined): Cells | undefined {
  const cells = (type: DataType, toCells: (raw: BigInt64Array) => unknown[]): Cells => ({
    type,
    maker: { physical: "INT64", toCells },
  });
  switch (logical?.type) {
    case undefined:
      return cells(INTEGER, int64Cells);
    case "INTEGER":
      return logical.isSigned ? cells(INTEGER, int64Cells) : cells({ kind: "decimal", ...UINT64 }, uint64Cells);
    case "NULL":
      return cells(STRING, int64Cells);
    case "TIME":
      return logical.unit === "MILLIS" ? undefined : cells(TIME, (raw) => timeCells(raw, logical.unit));
    case "TIMESTAMP": {
      const { unit } = logical;
      const zoned = logical.isAdjustedToUTC === true;
      return cells({ kind: "timestamp", zoned }, (raw) => timestampCells(raw, unit, zoned));
    }
    case "DECIMAL": {
      const decimal = decimalOf(logical);
      return decimal && cells(decimal.type, decimal.cells.ofInt64);
    }
    default:
      return undefined;
  }
}

function byteArray(node: SchemaNode, logical: LogicalType | undefined): Cells | undefined {
  const cells = (type: DataType, toCell: ByteCell): Cells => ({ type, maker: { physical: "BYTE_ARRAY", toCell } });
  switch (logical?.type) {
    case "STRING":
    case "ENUM":
    case "NULL":
      return cells(STRING, textCell);
    case "JSON":
      return cells({ kind: "object" }, node.repetition === "OPTIONAL" ? jsonCell : requiredJsonCell);
    case undefined:
    case "BSON":
    case "GEOMETRY":
    case "GEOGRAPHY":
      return cells(BINARY, binaryCell);
    case "DECIMAL": {
      const decimal = decimalOf(logical);
      return decimal && cells(decimal.type, decimal.cells.ofBytes);
    }
    default:
      return undefined;
  }
}

function fixedBytes({ type_length: width }: SchemaElement, logical: LogicalType | undefined): Cells | undefined {
  if (width === undefined || !Number.isInteger(width) || width < 1) return undefined;
  switch (logical?.type) {
    case undefined:
    case "NULL":
      return fixed(BINARY, width, binaryCell);
    case "UUID":
      return width === 16 ? fixed(STRING, width, uuidCell) : undefined;
    case "FLOAT16":
      return width === 2 ? fixed(DOUBLE, width, float16Cell) : undefined;
    case "DECIMAL": {
      const decimal = decimalOf(logical);
      return decimal && fixed(decimal.type, width, decimal.cells.ofBytes);
    }
    default:
      return undefined;
  }
}

function fixed(type: DataType, width: number, toCell: ByteCell): Cells {
  return { type, maker: { physical: "FIXED", width, toCell } };
}

function nameOf(logical: LogicalType): string {
  return logical.type === "DECIMAL" ? `decimal(${logical.precision},${logical.scale})` : logical.type;
}

function decimalOf({ precision, scale }: { precision: number; scale: number }) {
  const isRead =
    Number.isInteger(precision) && precision >= 1 && precision <= MAX_PRECISION && scale >= 0 && scale <= precision;
  if (!isRead) return undefined;
  const type: DataType = { kind: "decimal", precision, scale };
  return { type, cells: decimalCells(precision, scale) };
}

function uint64Cells(raw: BigInt64Array): string[] {
  return Array.from(new BigUint64Array(raw.buffer, raw.byteOffset, raw.length), String);
}
