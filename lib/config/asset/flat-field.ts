/** A field of the flat form of a contract, with Dativo's types and rules. */
import { z } from "zod";
import { TEXT_FORMATS } from "../../contract/text-formats.ts";
import { text } from "../document/declaration.ts";

const bound = z.union([z.number(), text], { error: "expected a number or a text" });

const fieldRules = {
  type: text.describe(
    "Type: string, integer, double, decimal(p,s), boolean, date, time, timestamp, timestamptz, binary, array<…>, object",
  ),
  required: z.boolean().optional().meta({ description: "A record without a value is wrong", default: false }),
  unique: z.boolean().optional().meta({ description: "No two records have the same value", default: false }),
  primary_key: z.boolean().optional().meta({
    description: "Part of the primary key: required, and unique together with its other parts",
    default: false,
  }),
  enum: z
    .array(z.union([z.string(), z.number(), z.boolean()], { error: "expected a text, a number or a truth value" }))
    .min(1)
    .optional()
    .describe("The only values that are right"),
  pattern: text.optional().describe("RE2 expression found somewhere in the text; anchor it with ^ and $"),
  minimum: bound.optional().describe("Least value"),
  maximum: bound.optional().describe("Greatest value"),
  exclusive_minimum: bound.optional().describe("Every value is greater than this"),
  exclusive_maximum: bound.optional().describe("Every value is less than this"),
  min_length: z.int().min(0).optional().describe("Least number of characters"),
  max_length: z.int().min(0).optional().describe("Greatest number of characters"),
  format: z.enum(Object.keys(TEXT_FORMATS)).optional().describe("What the text is"),
  integers: z.literal("bigint").optional().describe("Rows carry the integer as bigint, which holds all 64 bits"),
  classification: text.optional().describe("A label such as public, internal, pii"),
  description: text.optional().describe("Meaning of the field"),
};

const flatRules = z.strictObject(fieldRules);

export interface FlatItem extends z.output<typeof flatRules> {
  readonly properties?: FlatField[] | undefined;
  readonly items?: FlatItem | undefined;
}

export interface FlatField extends FlatItem {
  readonly name: string;
}

const flatItem: z.ZodType<FlatItem> = z.strictObject({
  ...fieldRules,
  get properties(): z.ZodType<FlatField[] | undefined> {
    return z.array(flatField).min(1).optional().describe("Members of an object");
  },
  get items(): z.ZodType<FlatItem | undefined> {
    return flatItem.optional().describe("Elements of an array");
  },
});

export const flatField: z.ZodType<FlatField> = z.strictObject({
  name: text.describe("Name of the field"),
  ...fieldRules,
  get properties(): z.ZodType<FlatField[] | undefined> {
    return z.array(flatField).min(1).optional().describe("Members of an object");
  },
  get items(): z.ZodType<FlatItem | undefined> {
    return flatItem.optional().describe("Elements of an array");
  },
});
