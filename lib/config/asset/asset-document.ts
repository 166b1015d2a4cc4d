import { z } from "zod";
import { bag, text, texts } from "../document/declaration.ts";
import { assetExtensions, fundamentals } from "./asset-sections.ts";
import { flatField } from "./flat-field.ts";
import { odcsSchemaObject } from "./odcs-schema.ts";

const flatKeys = {
  ...fundamentals,
  name: text.describe("Name of the contract, and of what is made from it: files, tables"),
  ...assetExtensions,
  schema: z.array(flatField).min(1).describe("The fields that every record has"),
  team: z
    .strictObject({
      owner: text.optional().describe("Who answers for the data"),
      roles: z.array(bag).optional().describe("People: name, email, responsibility"),
    })
    .optional()
    .describe("Who answers for the data"),
};

/** The flat form: one list of fields with Dativo's types. */
export const flatAssetDocument = z.strictObject(flatKeys).describe("A contract in the flat form");

/** The form of old: everything under `asset:`, ownership under `governance:`. */
export const nestedAssetDocument = z
  .strictObject({
    $schema: z.string().optional().describe("JSON Schema for editors; ignored"),
    asset: z
      .strictObject({
        ...flatKeys,
        governance: z
          .strictObject({
            owner: text.optional().describe("Who answers for the data"),
            tags: texts.optional().describe("Free labels"),
            classification: z
              .union([text, texts], { error: "expected a text or a list of texts" })
              .optional()
              .describe("Classification of the data as a whole"),
            retention_days: z.int().min(0).optional().describe("Days to keep the data"),
          })
          .optional()
          .describe("Ownership; taken over into team, tags and compliance where those say nothing"),
      })
      .describe("The contract"),
  })
  .describe("A contract in the nested form of old");

/** The form of the Open Data Contract Standard, 3.0 to 3.2, with Dativo's additions. */
export const odcsAssetDocument = z
  .strictObject({
    ...fundamentals,
    name: text.optional().describe("Name of the contract"),
    ...assetExtensions,
    schema: z.array(odcsSchemaObject).min(1).describe("The objects (tables, files) that the contract describes"),
    team: z
      .union([bag, z.array(bag)], { error: "expected a mapping or a list" })
      .optional()
      .describe("The team: a mapping with members, or a list of members"),
  })
  .describe("A contract in the form of the Open Data Contract Standard");

export const assetDocument = z
  .union([odcsAssetDocument, flatAssetDocument, nestedAssetDocument])
  .describe("A data contract, in one of three forms");

export type FlatAssetDocument = z.output<typeof flatAssetDocument>;
export type NestedAssetDocument = z.output<typeof nestedAssetDocument>;
export type OdcsAssetDocument = z.output<typeof odcsAssetDocument>;
