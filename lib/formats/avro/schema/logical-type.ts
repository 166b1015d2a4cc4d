import { AvroFault } from "../fault.ts";
import { type LeafType, type LogicalType, type TemporalName, TYPE_PROPERTY } from "./avro-type.ts";

type Kind = LeafType["kind"];

const TEMPORAL: ReadonlyMap<unknown, readonly [TemporalName, Kind]> = new Map(
  (
    [
      ["date", "int"],
      ["time-millis", "int"],
      ["time-micros", "long"],
      ["timestamp-millis", "long"],
      ["timestamp-micros", "long"],
      ["timestamp-nanos", "long"],
      ["local-timestamp-millis", "long"],
      ["local-timestamp-micros", "long"],
      ["local-timestamp-nanos", "long"],
    ] as const
  ).map((entry) => [entry[0], entry]),
);

const MAX_PRECISION = 38;
const UUID_BYTES = 16;

/**
 * The logical type of a leaf, where there is one that fits its kind; unknown ones are passed over, as the specification
 * asks (`duration` among them, so that it is bytes).
 *
 * @throws AvroFault for a decimal that Dativo has no type for
 */
export function logicalTypeOf(
  kind: Kind,
  size: number,
  json: Readonly<Record<string, unknown>>,
): LogicalType | undefined {
  const { logicalType: name, [TYPE_PROPERTY]: ours } = json;
  if (kind === "string" && (ours === "array" || ours === "object")) return { name: "json", of: ours };
  const [temporal, base] = TEMPORAL.get(name) ?? [];
  if (temporal !== undefined) return base === kind ? { name: temporal } : undefined;
  if (name === "uuid" && (kind === "string" || (kind === "fixed" && size === UUID_BYTES))) return { name };
  return name === "decimal" && (kind === "bytes" || kind === "fixed") ? decimalOf(json) : undefined;
}

function decimalOf({ precision, scale = 0 }: Readonly<Record<string, unknown>>): LogicalType {
  const isRead =
    isWhole(precision) && isWhole(scale) && precision >= 1 && precision <= MAX_PRECISION && scale <= precision;
  if (isRead) return { name: "decimal", precision, scale };
  throw new AvroFault(`its schema has a decimal(${String(precision)},${String(scale)})`, {
    hint: `Precision is 1 to ${MAX_PRECISION} digits, scale is 0 to the precision. Write it again with a type that fits.`,
  });
}

function isWhole(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}
