/**
 * Types as the Arrow C Data Interface spells them
 * (https://arrow.apache.org/docs/format/CDataInterface.html#data-type-description-format-strings).
 */
import type { DataType } from "../../contract/types.ts";

/** How the values of a column lie in memory. */
export type Storage =
  | { readonly kind: "int"; readonly bytes: 1 | 2 | 4 | 8; readonly signed: boolean }
  | { readonly kind: "float"; readonly bytes: 2 | 4 | 8 }
  | { readonly kind: "decimal"; readonly bytes: 4 | 8 | 16 | 32; readonly scale: number }
  | { readonly kind: "bits" }
  /** Days in four bytes, milliseconds in eight. */
  | { readonly kind: "date"; readonly bytes: 4 | 8 }
  | { readonly kind: "ticks"; readonly what: "time" | "timestamp"; readonly bytes: 4 | 8; readonly perSecond: bigint }
  | { readonly kind: "bytes"; readonly offsets: 4 | 8; readonly text: boolean }
  | { readonly kind: "fixed"; readonly bytes: number; readonly uuid?: true }
  /** Sixteen bytes each: a short value, or where it stands in one of the buffers behind them. */
  | { readonly kind: "views"; readonly text: boolean }
  | { readonly kind: "json" }
  | { readonly kind: "list"; readonly offsets: 4 | 8 }
  | { readonly kind: "fixed_list"; readonly items: number }
  | { readonly kind: "struct" }
  /** No value at all, and no memory. */
  | { readonly kind: "null" };

/** Storage whose values stand side by side, each as wide as the others. */
export type FixedStorage = Extract<Storage, { kind: "int" | "float" | "decimal" | "date" | "ticks" | "fixed" }>;

export interface ArrowType {
  readonly storage: Storage;
  /** Undefined for lists and structs, whose type needs their children. */
  readonly type: DataType | undefined;
}

const integer = (bytes: 1 | 2 | 4 | 8, signed: boolean): ArrowType => ({
  storage: { kind: "int", bytes, signed },
  type: { kind: "integer" },
});
const bytes = (offsets: 4 | 8, text: boolean): ArrowType => ({
  storage: { kind: "bytes", offsets, text },
  type: { kind: text ? "string" : "binary" },
});
const MAX_PRECISION = 38;
const TICKS: Readonly<Record<string, bigint>> = { s: 1n, m: 1000n, u: 1_000_000n, n: 1_000_000_000n };

const PLAIN: Readonly<Record<string, ArrowType>> = {
  c: integer(1, true),
  C: integer(1, false),
  s: integer(2, true),
  S: integer(2, false),
  i: integer(4, true),
  I: integer(4, false),
  l: integer(8, true),
  L: integer(8, false),
  e: { storage: { kind: "float", bytes: 2 }, type: { kind: "double" } },
  f: { storage: { kind: "float", bytes: 4 }, type: { kind: "double" } },
  g: { storage: { kind: "float", bytes: 8 }, type: { kind: "double" } },
  b: { storage: { kind: "bits" }, type: { kind: "boolean" } },
  u: bytes(4, true),
  U: bytes(8, true),
  z: bytes(4, false),
  Z: bytes(8, false),
  vu: { storage: { kind: "views", text: true }, type: { kind: "string" } },
  vz: { storage: { kind: "views", text: false }, type: { kind: "binary" } },
  n: { storage: { kind: "null" }, type: { kind: "string" } },
  tdD: { storage: { kind: "date", bytes: 4 }, type: { kind: "date" } },
  tdm: { storage: { kind: "date", bytes: 8 }, type: { kind: "date" } },
  "+l": { storage: { kind: "list", offsets: 4 }, type: undefined },
  "+L": { storage: { kind: "list", offsets: 8 }, type: undefined },
  // A list of structs of a key and a value, in memory as in a row.
  "+m": { storage: { kind: "list", offsets: 4 }, type: undefined },
  "+s": { storage: { kind: "struct" }, type: undefined },
};
const DECIMAL_BYTES: Readonly<Record<string, 4 | 8 | 16 | 32>> = { 32: 4, 64: 8, 128: 16, 256: 32 };

/** What a format string means; undefined for types that no contract has. */
export function readFormat(format: string): ArrowType | undefined {
  if (Object.hasOwn(PLAIN, format)) return PLAIN[format];
  const decimal = /^d:(\d+),(\d+)(?:,(\d+))?$/.exec(format);
  if (decimal) return readDecimal(decimal);
  const fixed = /^(\+?)w:(\d{1,9})$/.exec(format);
  if (fixed) {
    const width = Number(fixed[2]);
    return fixed[1]
      ? { storage: { kind: "fixed_list", items: width }, type: undefined }
      : { storage: { kind: "fixed", bytes: width }, type: { kind: "binary" } };
  }
  const ticks = /^t([ts])([smun])(:?)(.*)$/.exec(format);
  return ticks ? readTicks(ticks) : undefined;
}

function readDecimal([, p, s, bits = "128"]: RegExpExecArray): ArrowType | undefined {
  const [precision, scale, bytes] = [Number(p), Number(s), DECIMAL_BYTES[bits]];
  if (bytes === undefined || precision < 1 || precision > MAX_PRECISION || scale > precision) return undefined;
  return { storage: { kind: "decimal", bytes, scale }, type: { kind: "decimal", precision, scale } };
}

function readTicks([, what, unit = "", colon, zone]: RegExpExecArray): ArrowType | undefined {
  const perSecond = TICKS[unit] as bigint;
  if (what === "t") {
    const width = perSecond <= 1000n ? 4 : 8;
    return colon
      ? undefined
      : { storage: { kind: "ticks", what: "time", bytes: width, perSecond }, type: { kind: "time" } };
  }
  if (!colon) return undefined;
  return {
    storage: { kind: "ticks", what: "timestamp", bytes: 8, perSecond },
    type: { kind: "timestamp", zoned: zone !== "" },
  };
}

/** The format string of a type as we give it; lists and structs without a declared inside have none. */
export function formatOf(type: DataType): string | undefined {
  switch (type.kind) {
    case "string":
      return "u";
    case "integer":
      return "l";
    case "double":
      return "g";
    case "boolean":
      return "b";
    case "date":
      return "tdD";
    case "time":
      return "ttu";
    case "timestamp":
      return type.zoned ? "tsu:UTC" : "tsu:";
    case "binary":
      return "z";
    case "decimal":
      return `d:${type.precision},${type.scale}`;
    case "array":
      return type.items ? "+l" : undefined;
    case "object":
      return type.properties ? "+s" : undefined;
  }
}
