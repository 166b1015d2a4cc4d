import type { FieldSpec } from "../../contract/asset.ts";
import { TEXT_FORMATS } from "../../contract/text-formats.ts";
import type { Keys } from "../document/config-fault.ts";
import { type AssetNotes, boundValue, enumValues } from "./asset-notes.ts";
import { objectRules, qualityRules } from "./odcs-quality.ts";
import type { OdcsItem, OdcsProperty, OdcsSchemaObject } from "./odcs-schema.ts";
import { odcsType } from "./odcs-type.ts";

type ItemSpec = Omit<FieldSpec, "name">;

/** The fields of an ODCS schema object, with the rules of its properties and of the object itself. */
export function odcsFields(object: OdcsSchemaObject, keys: Keys, notes: AssetNotes): FieldSpec[] {
  const { unique } = objectRules(object, keys, notes);
  const { properties = [] } = object;
  if (properties.length === 0) notes.fault([...keys, "properties"], "is required: the fields that every record has");
  return properties.map((property, index) => {
    const spec = toField(property, [...keys, "properties", index], notes);
    return unique.includes(property.name) ? { ...spec, unique: true } : spec;
  });
}

function toField(property: OdcsProperty, keys: Keys, notes: AssetNotes): FieldSpec {
  return { name: property.name, ...toItem(property, keys, notes) };
}

function toItem(property: OdcsItem, keys: Keys, notes: AssetNotes): ItemSpec {
  const type = odcsType(property, keys, notes);
  const isText = type === "string";
  const quality = qualityRules(property.quality ?? [], keys, isText, notes);
  const given = property.enum?.map((entry) => entry.value);
  return dropUndefined({
    type,
    required: property.required || quality.required || undefined,
    unique: property.unique || quality.unique || undefined,
    primaryKey: property.primaryKey || undefined,
    enum: given ? enumValues(given, (index) => [...keys, "enum", index, "value"], isText, notes) : quality.enum,
    pattern: onePattern(property, quality.pattern, keys, notes),
    ...boundsOf(property, type, keys, notes),
    minLength: property.logicalTypeOptions?.minLength,
    maxLength: property.logicalTypeOptions?.maxLength,
    format: textFormat(property, keys, notes),
    classification: property.classification,
    description: property.description,
    properties: membersOf(property, keys, notes),
    items: property.items && toItem(property.items, [...keys, "items"], notes),
  });
}

function membersOf(property: OdcsItem, keys: Keys, notes: AssetNotes): FieldSpec[] | undefined {
  const required = property.logicalTypeOptions?.required ?? [];
  const members = property.properties?.map((member, index) => {
    const spec = toField(member, [...keys, "properties", index], notes);
    return required.includes(member.name) ? { ...spec, required: true } : spec;
  });
  for (const [index, name] of required.entries()) {
    if (!members?.some((member) => member.name === name)) {
      notes.planned(
        [...keys, "logicalTypeOptions", "required", index],
        `requiring '${name}', which is not among the properties`,
      );
    }
  }
  return members && members.length > 0 ? members : undefined;
}

function onePattern(
  property: OdcsItem,
  fromQuality: string | undefined,
  keys: Keys,
  notes: AssetNotes,
): string | undefined {
  const own = property.logicalTypeOptions?.pattern;
  if (own !== undefined && fromQuality !== undefined && own !== fromQuality) {
    notes.planned([...keys, "quality"], "checking two patterns of one property");
  }
  return own ?? fromQuality;
}

function textFormat({ logicalType, logicalTypeOptions }: OdcsItem, keys: Keys, notes: AssetNotes): string | undefined {
  const format = logicalTypeOptions?.format;
  // A password looks like any text.
  if (logicalType !== "string" || format === undefined || format === "password") return undefined;
  if (Object.hasOwn(TEXT_FORMATS, format)) return format;
  notes.planned([...keys, "logicalTypeOptions", "format"], `checking the format '${format}'`);
  return undefined;
}

type Bounds = Pick<FieldSpec, "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum">;

function boundsOf(property: OdcsItem, type: string, keys: Keys, notes: AssetNotes): Bounds {
  const options = property.logicalTypeOptions ?? {};
  const at = [...keys, "logicalTypeOptions"];
  const read = (key: keyof Bounds): number | string | undefined => {
    const value = options[key];
    return typeof value === "number" || typeof value === "string"
      ? boundValue(value, [...at, key], type, notes)
      : undefined;
  };
  const size = sizeOf(property, at, notes);
  const least = read("minimum") ?? size?.[0];
  const greatest = read("maximum") ?? size?.[1];
  // Before 3.1 `exclusiveMinimum: true` spoke of minimum.
  return {
    ...(options.exclusiveMinimum === true
      ? { exclusiveMinimum: least }
      : { minimum: least, exclusiveMinimum: read("exclusiveMinimum") }),
    ...(options.exclusiveMaximum === true
      ? { exclusiveMaximum: greatest }
      : { maximum: greatest, exclusiveMaximum: read("exclusiveMaximum") }),
  };
}

const SIZES: Readonly<Record<string, readonly [least: number, greatest: number]>> = {
  i8: [-128, 127],
  u8: [0, 255],
  i16: [-32_768, 32_767],
  u16: [0, 65_535],
  i32: [-2_147_483_648, 2_147_483_647],
  u32: [0, 4_294_967_295],
};

/** The range that the format of an integer allows. */
function sizeOf(
  { logicalType, logicalTypeOptions }: OdcsItem,
  at: Keys,
  notes: AssetNotes,
): readonly [number, number] | undefined {
  const format = logicalTypeOptions?.format;
  if (format === undefined || (logicalType !== "integer" && logicalType !== "number")) return undefined;
  if (Object.hasOwn(SIZES, format)) return SIZES[format];
  // A double holds every f32 as it is.
  if (!["i64", "f32", "f64"].includes(format)) notes.planned([...at, "format"], `numbers of the size '${format}'`);
  return undefined;
}

function dropUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
}
