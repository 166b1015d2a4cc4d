import { binaryCell, requiredJsonCell, textCell, uuidCell } from "../../parquet/decode/byte-cells.ts";
import { decimalCells } from "../../parquet/decode/decimal-cells.ts";
import { dateText, microsStamp, millisStamp, nanosStamp, timeText } from "../../parquet/decode/temporal-cells.ts";
import { Unfit } from "../../parquet/decode/unfit.ts";
import { AvroFault } from "../fault.ts";
import type { LeafType, LogicalType } from "../schema/avro-type.ts";
import type { Read } from "./compile-reader.ts";
import type { Datum } from "./datum.ts";

const FLOAT_BYTES = 4;
const DOUBLE_BYTES = 8;
/** ISO text, about. */
const STAMP_LENGTH = 27;
/** A value of 38 digits takes 16; what is so much longer is not padded but damaged, and costly to look at. */
const MAX_DECIMAL_BYTES = 256;
const TOO_LONG = new Unfit(`is a decimal of more than ${MAX_DECIMAL_BYTES} bytes`);

export function leafReader(type: LeafType): Read {
  const { kind, logical, symbols } = type;
  if (logical) return logicalReader(type, logical);
  switch (kind) {
    case "null":
      return () => null;
    case "boolean":
      return (datum) => {
        const byte = datum.readByte();
        if (byte > 1) throw new AvroFault(`a truth value is ${byte}`);
        return byte === 1;
      };
    case "int":
      return (datum) => datum.readInt();
    case "long":
      return (datum) => datum.readLong();
    case "float":
      return (datum) => datum.bytes.readFloatLE(datum.take(FLOAT_BYTES));
    case "double":
      return (datum) => datum.bytes.readDoubleLE(datum.take(DOUBLE_BYTES));
    case "string":
      return readText;
    case "enum":
      return (datum) => symbols[datum.readIndex(symbols.length, "symbol")];
    case "bytes":
    case "fixed":
      return (datum) => {
        const start = takeBytes(datum, type);
        datum.weighBytes(datum.at - start);
        return binaryCell(datum.bytes, start, datum.at);
      };
  }
}

function logicalReader(type: LeafType, logical: LogicalType): Read {
  switch (logical.name) {
    case "json":
      return readJson;
    case "uuid":
      return type.kind === "string" ? readText : (datum) => uuidCell(datum.bytes, takeBytes(datum, type));
    case "decimal": {
      const cells = decimalCells(logical.precision, logical.scale);
      return (datum) => {
        const start = takeBytes(datum, type);
        datum.weighText(logical.precision);
        const isLong = datum.at - start > MAX_DECIMAL_BYTES;
        return datum.settle(isLong ? TOO_LONG : cells.ofBytes(datum.bytes, start, datum.at));
      };
    }
    default: {
      const toText = temporalTextOf(logical.name);
      return (datum) => {
        datum.weighText(STAMP_LENGTH);
        return datum.settle(toText(type.kind === "int" ? datum.readInt() : datum.readLong()));
      };
    }
  }
}

type TemporalText = (value: number | bigint) => unknown;

function temporalTextOf(name: Exclude<LogicalType["name"], "decimal" | "json" | "uuid">): TemporalText {
  switch (name) {
    case "date":
      return (days) => dateText(Number(days));
    case "time-millis":
      return (millis) => timeText(Number(millis) * 1000);
    case "time-micros":
      return (micros) => timeText(Number(micros));
    default: {
      const zoned = !name.startsWith("local-");
      if (name.endsWith("millis")) return (millis) => millisStamp(millis, zoned);
      return name.endsWith("micros") ? (micros) => microsStamp(micros, zoned) : (nanos) => nanosStamp(nanos, zoned);
    }
  }
}

function readText(datum: Datum): unknown {
  const start = datum.takeSized();
  datum.weighText(datum.at - start);
  return datum.settle(textCell(datum.bytes, start, datum.at));
}

/** A value of JSON takes memory of its own; what it takes is not known before, and is bounded by its text. */
function readJson(datum: Datum): unknown {
  const start = datum.takeSized();
  datum.weigh(JSON_WEIGHT * (datum.at - start));
  return datum.settle(requiredJsonCell(datum.bytes, start, datum.at));
}

/** Memory that a byte of JSON makes at most, about: `[[],[],…` */
const JSON_WEIGHT = 16;

function takeBytes(datum: Datum, { kind, size }: LeafType): number {
  return kind === "fixed" ? datum.take(size) : datum.takeSized();
}
