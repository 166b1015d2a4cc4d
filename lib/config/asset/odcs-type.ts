import { DativoError } from "../../contract/errors.ts";
import { parseType } from "../../contract/types.ts";
import type { Keys } from "../document/config-fault.ts";
import type { AssetNotes } from "./asset-notes.ts";
import type { OdcsItem } from "./odcs-schema.ts";

/** The type of an ODCS property, in the spelling of a contract (`decimal(12,2)`, `timestamptz`). */
export function odcsType(property: OdcsItem, keys: Keys, notes: AssetNotes): string {
  const { logicalType, physicalType } = property;
  switch (logicalType) {
    case undefined:
      return typeOfPhysical(physicalType, keys, notes);
    case "number":
      return decimalOf(physicalType) ?? "double";
    case "date":
      return dateType(property, keys, notes);
    case "timestamp":
      return timestampType(property, keys, notes);
    case "time":
      checkFormat(TIME_FORMAT, property, keys, notes);
      if (property.logicalTypeOptions?.timezone)
        notes.planned([...keys, "logicalTypeOptions", "timezone"], "times with an offset");
      return "time";
    case "map":
      if (!property.map) notes.fault([...keys, "map"], "is required: the types of key and value");
      return "object";
    default:
      return logicalType;
  }
}

function typeOfPhysical(physicalType: string | undefined, keys: Keys, notes: AssetNotes): string {
  if (physicalType !== undefined && isType(physicalType)) return physicalType.trim().toLowerCase();
  notes.warning(keys, "has no logicalType: taken as string");
  return "string";
}

function isType(text: string): boolean {
  try {
    parseType(text);
    return true;
  } catch (error) {
    if (error instanceof DativoError) return false;
    throw error;
  }
}

/** `DECIMAL(12,2)`, `numeric`, `NUMBER(10,2)`; a bare NUMBER is no decimal. */
function decimalOf(physicalType = ""): string | undefined {
  const match = /^\s*(?:(?:decimal|numeric)(?:\s*\(([\d\s,]+)\))?|number\s*\((\s*\d+\s*,\s*\d+\s*)\))\s*$/i.exec(
    physicalType,
  );
  if (!match) return undefined;
  const args = (match[1] ?? match[2])?.replace(/\s/g, "");
  return args === undefined ? "decimal" : `decimal(${args})`;
}

const DATE = "(?:yyyy|uuuu|YYYY)-MM-(?:dd|DD)";
const CLOCK = "HH:mm(?::ss(?:\\.S{1,9})?)?";
const OFFSET = "(?:'?Z'?|Z{2,5}|X{1,3}|x{1,3}|OOOO)";
const DATE_FORMAT = new RegExp(`^${DATE}$`);
const TIME_FORMAT = new RegExp(`^${CLOCK}$`);
const TIMESTAMP_FORMAT = new RegExp(`^${DATE}(?:(?:'T'|T| )${CLOCK} ?${OFFSET}?)?$`);

/** Before 3.1 the standard had dates only, and their format told whether there was a time in them. */
function dateType(property: OdcsItem, keys: Keys, notes: AssetNotes): string {
  const format = property.logicalTypeOptions?.format ?? "";
  if (TIME_FORMAT.test(format)) return "time";
  const hasClock = /H|h/.test(format) || /^\s*(?:timestamp|datetime)/i.test(property.physicalType ?? "");
  if (hasClock) return timestampType(property, keys, notes);
  checkFormat(DATE_FORMAT, property, keys, notes);
  return "date";
}

function timestampType(property: OdcsItem, keys: Keys, notes: AssetNotes): string {
  const { format = "", timezone } = property.logicalTypeOptions ?? {};
  checkFormat(TIMESTAMP_FORMAT, property, keys, notes);
  const isZonedPhysical = /timestamptz|timestamp_?tz|with time zone|datetimeoffset/i.test(property.physicalType ?? "");
  const isZoned = timezone ?? (isZonedPhysical || new RegExp(`${OFFSET}$`).test(format));
  return isZoned ? "timestamptz" : "timestamp";
}

function checkFormat(known: RegExp, { logicalTypeOptions }: OdcsItem, keys: Keys, notes: AssetNotes): void {
  const format = logicalTypeOptions?.format;
  if (format !== undefined && !known.test(format)) {
    notes.planned(
      [...keys, "logicalTypeOptions", "format"],
      `reading dates and times as '${format}'; ISO 8601 is read`,
    );
  }
}
