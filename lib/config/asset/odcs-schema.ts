/** `schema` of the Open Data Contract Standard: objects, their properties, and rules on both. */
import { z } from "zod";
import { bag, text, texts } from "../document/declaration.ts";

const list = z.array(bag);
const bound = z.union([z.number(), z.string()], { error: "expected a number or a text" });
/** A number since 3.1; before, a truth value that speaks of minimum or maximum. */
const exclusiveBound = z.union([z.number(), z.string(), z.boolean()], {
  error: "expected a number, a text or a truth value",
});

const elementKeys = {
  id: text.optional().describe("Identifier of the element within the contract"),
  physicalName: text.optional().describe("Name in the source; records are known by name"),
  physicalType: text.optional().describe("Type in the source, such as VARCHAR(18) or DECIMAL(12,2)"),
  description: text.optional().describe("Meaning of the element"),
  businessName: text.optional().describe("Name that people use"),
  authoritativeDefinitions: list.optional().describe("Links to definitions"),
  tags: texts.optional().describe("Free labels"),
  customProperties: list.optional().describe("Properties outside the standard"),
  synonyms: list.optional().describe("Other names, for search"),
  relationships: list.optional().describe("Foreign keys; not checked, since one file cannot tell"),
};

const qualityRule = z.looseObject({
  type: z
    .enum(["text", "library", "sql", "custom"])
    .optional()
    .describe("Kind of rule: text is prose, library a metric"),
  metric: text.optional().describe("nullValues, missingValues, invalidValues, duplicateValues, rowCount"),
  rule: text.optional().describe("Name of metric before 3.1"),
  arguments: bag.optional().describe("validValues and pattern of invalidValues, properties of duplicateValues"),
  mustBe: z.unknown().optional().describe("The metric is this; 0 makes a rule that every record must keep"),
  severity: text.optional().describe("error, warning, info"),
});

const typeOptions = z.strictObject({
  minLength: z.int().min(0).optional().describe("Least number of characters"),
  maxLength: z.int().min(0).optional().describe("Greatest number of characters"),
  pattern: text.optional().describe("Expression found somewhere in the text"),
  format: text
    .optional()
    .describe(
      "Of text: email, uuid, uri, hostname, ipv4, ipv6; of dates: an ISO 8601 pattern; of numbers: their size, such as i64",
    ),
  minimum: bound.optional().describe("Least value"),
  maximum: bound.optional().describe("Greatest value"),
  exclusiveMinimum: exclusiveBound.optional().describe("Every value is greater than this"),
  exclusiveMaximum: exclusiveBound.optional().describe("Every value is less than this"),
  multipleOf: z.number().optional().meta({ description: "Step of the values", planned: "checking multipleOf" }),
  timezone: z.boolean().optional().describe("Timestamps carry their offset"),
  defaultTimezone: text.optional().meta({
    description: "Zone of timestamps without an offset; UTC",
    planned: "timestamps in a time zone other than UTC",
    built: ["UTC", "Etc/UTC", "Z", "+00:00"],
  }),
  minItems: z
    .int()
    .min(0)
    .optional()
    .meta({ description: "Least number of elements", planned: "checking minItems", built: [0] }),
  maxItems: z
    .int()
    .min(0)
    .optional()
    .meta({ description: "Greatest number of elements", planned: "checking maxItems" }),
  uniqueItems: z
    .boolean()
    .optional()
    .meta({ description: "No element twice", planned: "checking uniqueItems", built: [false] }),
  minProperties: z
    .int()
    .min(0)
    .optional()
    .meta({ description: "Least number of members", planned: "checking minProperties", built: [0] }),
  maxProperties: z
    .int()
    .min(0)
    .optional()
    .meta({ description: "Greatest number of members", planned: "checking maxProperties" }),
  required: texts.optional().describe("Members that an object must have"),
});

const propertyKeys = {
  ...elementKeys,
  logicalType: z
    .enum(["string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean", "map"])
    .optional()
    .describe("Type; by default read off physicalType"),
  logicalTypeOptions: typeOptions.optional().describe("Rules on the values"),
  primaryKey: z.boolean().optional().meta({ description: "Part of the primary key", default: false }),
  primaryKeyPosition: z.int().optional().describe("Place in the primary key"),
  required: z.boolean().optional().meta({ description: "A record without a value is wrong", default: false }),
  unique: z.boolean().optional().meta({ description: "No two records have the same value", default: false }),
  partitioned: z.boolean().optional().describe("The source is divided by this column"),
  partitionKeyPosition: z.int().optional().describe("Place among the partition columns"),
  classification: text.optional().describe("A label such as public, internal, pii"),
  encryptedName: text.optional().describe("Column that holds the encrypted value"),
  transformSourceObjects: texts.optional().describe("Where the values were computed from"),
  transformLogic: text.optional().describe("How the values were computed"),
  transformDescription: text.optional().describe("The same, for people"),
  examples: z.array(z.unknown()).optional().describe("Values for people to look at"),
  criticalDataElement: z.boolean().optional().describe("The business hangs on it"),
  semanticType: z
    .enum(["column", "measure", "dimension"])
    .optional()
    .describe("Part that the property plays in analysis"),
  enum: z
    .array(
      z.looseObject({ value: z.unknown().describe("The value"), label: z.string().optional().describe("Its meaning") }),
    )
    .min(1)
    .optional()
    .describe("The only values that are right"),
  map: bag.optional().meta({ description: "Types of the keys and values of a map", planned: "checking inside maps" }),
  quality: z.array(qualityRule).optional().describe("Rules on the values"),
};

const propertyRules = z.strictObject(propertyKeys);

export interface OdcsItem extends z.output<typeof propertyRules> {
  readonly name?: string | undefined;
  readonly properties?: OdcsProperty[] | undefined;
  readonly items?: OdcsItem | undefined;
}

export interface OdcsProperty extends OdcsItem {
  readonly name: string;
}

const odcsItem: z.ZodType<OdcsItem> = z.strictObject({
  name: text.optional().describe("Name of the element"),
  ...propertyKeys,
  get properties(): z.ZodType<OdcsProperty[] | undefined> {
    return z.array(odcsProperty).optional().describe("Members of an object");
  },
  get items(): z.ZodType<OdcsItem | undefined> {
    return odcsItem.optional().describe("Elements of an array");
  },
});

const odcsProperty: z.ZodType<OdcsProperty> = z.strictObject({
  name: text.describe("Name of the property"),
  ...propertyKeys,
  get properties(): z.ZodType<OdcsProperty[] | undefined> {
    return z.array(odcsProperty).optional().describe("Members of an object");
  },
  get items(): z.ZodType<OdcsItem | undefined> {
    return odcsItem.optional().describe("Elements of an array");
  },
});

export const odcsSchemaObject = z.strictObject({
  name: text.describe("Name of the object"),
  ...elementKeys,
  logicalType: z.literal("object").optional().describe("Always object"),
  dataGranularityDescription: text.optional().describe("What one record stands for"),
  properties: z
    .array(odcsProperty)
    .optional()
    .describe("The fields that every record has; required of the object that is used"),
  quality: z.array(qualityRule).optional().describe("Rules on the records together"),
  context: bag.optional().describe("Instructions and statements for programs that read the contract"),
});

export type OdcsSchemaObject = z.output<typeof odcsSchemaObject>;
export type QualityRule = z.output<typeof qualityRule>;
