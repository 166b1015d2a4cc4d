import type { FieldSpec } from "../../contract/asset.ts";
import type { Keys } from "../document/config-fault.ts";
import { type AssetNotes, boundValue, enumValues } from "./asset-notes.ts";
import type { FlatField, FlatItem } from "./flat-field.ts";

/** The fields of the flat form, their keys in the case of a program. */
export function flatFields(schema: readonly FlatField[], keys: Keys, notes: AssetNotes): FieldSpec[] {
  return schema.map((field, index) => ({ name: field.name, ...toItem(field, [...keys, index], notes) }));
}

function toItem(field: FlatItem, keys: Keys, notes: AssetNotes): Omit<FieldSpec, "name"> {
  const { type } = field;
  const bound = (
    key: "minimum" | "maximum" | "exclusive_minimum" | "exclusive_maximum",
  ): number | string | undefined => {
    const value = field[key];
    return value === undefined ? undefined : boundValue(value, [...keys, key], type, notes);
  };
  const spec = {
    type,
    required: field.required,
    unique: field.unique,
    primaryKey: field.primary_key,
    enum: field.enum && enumValues(field.enum, (index) => [...keys, "enum", index], TEXT.test(type), notes),
    pattern: field.pattern,
    minimum: bound("minimum"),
    maximum: bound("maximum"),
    exclusiveMinimum: bound("exclusive_minimum"),
    exclusiveMaximum: bound("exclusive_maximum"),
    minLength: field.min_length,
    maxLength: field.max_length,
    format: field.format,
    integers: field.integers,
    classification: field.classification,
    description: field.description,
    properties: field.properties && flatFields(field.properties, [...keys, "properties"], notes),
    items: field.items && toItem(field.items, [...keys, "items"], notes),
  };
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined)) as typeof spec;
}

/** Spellings of the type string. */
const TEXT = /^\s*(?:string|text|varchar|char|uuid)\b/i;
