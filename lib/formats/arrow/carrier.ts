import { DativoError } from "../../contract/errors.ts";
import type { Field } from "../../contract/schema.ts";
import type { DataType } from "../../contract/types.ts";

/**
 * The type by which the cells of a field travel. Those of a typed field are of its type. Untyped ones may be anything
 * that a source gives: they travel as what they all are, or else as JSON, which keeps all digits.
 */
export function carrierOf({ name, type, lexical }: Field, cells: readonly unknown[]): DataType {
  if (!lexical) return type;
  const kinds = new Set(cells.map(kindOf));
  kinds.delete(undefined);
  const [only] = kinds;
  if (kinds.size <= 1) return only ?? { kind: "string" };
  if (!kinds.has(BINARY)) return JSON_TEXT;
  throw new DativoError("DTV_VALUE_UNFIT", `Field '${name}' holds bytes and other values, and has no type`, {
    culprit: name,
    hint: "Give the field a type in the contract.",
  });
}

const STRING: DataType = { kind: "string" };
const DOUBLE: DataType = { kind: "double" };
const BOOLEAN: DataType = { kind: "boolean" };
const BINARY: DataType = { kind: "binary" };
const JSON_TEXT: DataType = { kind: "object" };

function kindOf(cell: unknown): DataType | undefined {
  if (cell === null || cell === undefined) return undefined;
  if (typeof cell === "string") return STRING;
  if (typeof cell === "number") return DOUBLE;
  if (typeof cell === "boolean") return BOOLEAN;
  return cell instanceof Uint8Array ? BINARY : JSON_TEXT;
}
