/** A function for each type that writes a cell; what it wrote of a cell that is none of the type is to be taken back. */
import { parseDecimal } from "../../../contract/decimal.ts";
import { fastDecimal } from "../../../contract/fast-decimal.ts";
import { dayOf, microsOf, timeOf } from "../../../contract/iso-counts.ts";
import type { DataType, Property } from "../../../contract/types.ts";
import { isWellFormed } from "../../../contract/well-formed.ts";
import { jsonText } from "../../parquet/encode/json-text.ts";
import type { DatumBuffer } from "./datum-buffer.ts";

/** Writes a cell that is not null; false for one that is none of its type. */
export type Write = (out: DatumBuffer, cell: unknown) => boolean;

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** The branches of `["null", type]`. */
const IS_NULL = 0;
const IS_VALUE = 1;

export function compileWriter(type: DataType): Write {
  switch (type.kind) {
    case "string":
      return writeText;
    case "integer":
      return writeInteger;
    case "double":
      return writeDouble;
    case "boolean":
      return writeBoolean;
    case "binary":
      return (out, cell) => writeBytes(out, cell instanceof Uint8Array ? cell : undefined);
    case "decimal":
      return decimalWriter(type.precision, type.scale);
    case "date":
      return (out, cell) => writeCount(out, typeof cell === "string" ? dayOf(cell) : undefined);
    case "time":
      return (out, cell) => writeCount(out, typeof cell === "string" ? timeOf(cell) : undefined);
    case "timestamp":
      return (out, cell) => writeCount(out, typeof cell === "string" ? microsOf(cell) : undefined);
    case "array":
      return type.items ? listWriter(type.items) : writeJson;
    case "object":
      return type.properties ? recordWriter(type.properties) : writeJson;
  }
}

/** As {@link compileWriter}, but for any cell of a field. */
export function compileMemberWriter({ type, nullable }: Pick<Property, "type" | "nullable">): Write {
  const write = compileWriter(type);
  if (!nullable) return (out, cell) => cell !== null && cell !== undefined && write(out, cell);
  return (out, cell) => {
    if (cell === null || cell === undefined) {
      out.writeLong(IS_NULL);
      return true;
    }
    out.writeLong(IS_VALUE);
    return write(out, cell);
  };
}

function writeText(out: DatumBuffer, cell: unknown): boolean {
  if (typeof cell !== "string" || !isWellFormed(cell)) return false;
  out.writeText(cell);
  return true;
}

function writeInteger(out: DatumBuffer, cell: unknown): boolean {
  const fits =
    typeof cell === "number"
      ? Number.isSafeInteger(cell)
      : typeof cell === "bigint" && cell >= MIN_INT64 && cell <= MAX_INT64;
  return writeCount(out, fits ? (cell as number | bigint) : undefined);
}

function writeDouble(out: DatumBuffer, cell: unknown): boolean {
  if (typeof cell !== "number") return false;
  out.writeDouble(cell);
  return true;
}

function writeBoolean(out: DatumBuffer, cell: unknown): boolean {
  if (typeof cell !== "boolean") return false;
  out.writeByte(cell ? 1 : 0);
  return true;
}

function writeCount(out: DatumBuffer, count: number | bigint | undefined): boolean {
  if (count === undefined) return false;
  const number = Number(count);
  out.writeLong(Number.isSafeInteger(number) ? number : count);
  return true;
}

function writeBytes(out: DatumBuffer, bytes: Uint8Array | undefined): boolean {
  if (!bytes) return false;
  out.writeBytes(bytes);
  return true;
}

function writeJson(out: DatumBuffer, cell: unknown): boolean {
  return writeBytes(out, jsonText(cell));
}

function decimalWriter(precision: number, scale: number): Write {
  return (out, cell) => {
    if (typeof cell !== "string") return false;
    const unscaled = fastDecimal(cell, precision, scale) ?? parseDecimal(cell, precision, scale);
    return writeBytes(out, typeof unscaled === "bigint" ? twosComplement(unscaled) : undefined);
  };
}

/** As few bytes as hold the number, big end first. */
function twosComplement(value: bigint): Buffer {
  let size = 1;
  while (BigInt.asIntN(8 * size, value) !== value) size++;
  return Buffer.from(
    BigInt.asUintN(8 * size, value)
      .toString(16)
      .padStart(2 * size, "0"),
    "hex",
  );
}

/** All items in one block. */
function listWriter(items: DataType): Write {
  const write = compileMemberWriter({ type: items, nullable: true });
  return (out, cell) => {
    if (!Array.isArray(cell)) return false;
    if (cell.length > 0) out.writeLong(cell.length);
    for (let i = 0; i < cell.length; i++) if (!write(out, cell[i])) return false;
    out.writeLong(0);
    return true;
  };
}

function recordWriter(properties: readonly Property[]): Write {
  const members = properties.map((property) => ({ name: property.name, write: compileMemberWriter(property) }));
  return (out, cell) => {
    if (typeof cell !== "object" || cell === null || Array.isArray(cell)) return false;
    for (const { name, write } of members) {
      const member = Object.hasOwn(cell, name) ? (cell as Record<string, unknown>)[name] : null;
      if (!write(out, member)) return false;
    }
    return true;
  };
}
