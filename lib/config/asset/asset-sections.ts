/** The keys that the forms of a contract have in common. */
import { z } from "zod";
import { bag, text, texts } from "../document/declaration.ts";

const list = z.array(bag);

/** Keys that ODCS gives every contract. */
export const fundamentals = {
  $schema: z.string().optional().describe("JSON Schema for editors; ignored"),
  apiVersion: z
    .string()
    .regex(/^v?3\.\d+(\.\d+)?(-\w+)?$/, { error: "expected a version 3 of the standard, such as v3.1.0" })
    .optional()
    .describe("Version of the Open Data Contract Standard: v3.0.0 to v3.2.0"),
  kind: z.literal("DataContract").optional().describe("Kind of document"),
  id: text.optional().describe("Identifier of the contract, such as a UUID"),
  version: z
    .union([text, z.number()], { error: "expected a version such as 1.0.0" })
    .optional()
    .meta({ description: "Version of the contract", default: "1.0.0" }),
  status: text.optional().describe("proposed, draft, active, deprecated, retired"),
  domain: text.optional().describe("Data domain"),
  dataProduct: text.optional().describe("Data product"),
  tenant: text.optional().describe("Tenant that the contract is for"),
  description: z
    .union([text, bag], { error: "expected a text, or a mapping with purpose, limitations and usage" })
    .optional()
    .describe("What the data is: a text, or purpose, limitations and usage"),
  tags: texts.optional().describe("Free labels"),
  servers: list.optional().describe("Where the data resides"),
  support: list.optional().describe("Where to ask"),
  price: bag.optional().describe("What the data costs"),
  roles: list.optional().describe("Roles that give access to the data"),
  slaDefaultElement: text.optional().describe("Element that service levels apply to"),
  slaProperties: list.optional().describe("Service levels"),
  authoritativeDefinitions: list.optional().describe("Links to definitions"),
  customProperties: list.optional().describe("Properties outside the standard"),
  contractCreatedTs: text.optional().describe("When the contract was written"),
  context: bag.optional().describe("Instructions and statements for programs that read the contract"),
};

/** Keys that Dativo adds to every form. */
export const assetExtensions = {
  source_type: text.optional().describe("Connector type that the data comes from"),
  object: text.optional().describe("Object that the contract describes; chooses among several under schema"),
  target: z
    .strictObject({
      file_format: text.optional().describe("Format the data is meant to be kept in"),
      partitioning: texts.optional().describe("Columns that files are divided by, where the job names none"),
      mode: z
        .enum(["strict", "merge", "relaxed"])
        .optional()
        .meta({
          description: "What becomes of columns that were not there before",
          default: "strict",
          planned: "taking new columns into a target",
          built: ["strict"],
        }),
    })
    .optional()
    .describe("How the data is meant to be kept"),
  compliance: z
    .looseObject({
      classification: z
        .union([text, texts], { error: "expected a text or a list of texts" })
        .optional()
        .describe("Classification of the data as a whole"),
      regulations: texts.optional().describe("Regulations that apply"),
      retention_days: z.int().min(0).optional().describe("Days to keep the data"),
      security: bag.optional().describe("access_control, encryption_required"),
      user_consent_required: z.boolean().optional().describe("People must have agreed"),
    })
    .optional()
    .describe("What the law and the house ask for"),
  data_quality: z
    .looseObject({
      expectations: list.optional().meta({
        description: "Checks in words of their own; write rules at the fields instead",
        planned: "checking data_quality.expectations",
        built: [[]],
      }),
      monitoring: z
        .looseObject({
          enabled: z.boolean().optional().describe("Somebody watches the data"),
          oncall_rotation: text.optional().describe("Who is called; required when enabled"),
        })
        .optional()
        .describe("Who watches the data"),
      alerts: bag.optional().describe("Channels and thresholds, for other tools"),
    })
    .optional()
    .describe("How the data is watched"),
  change_management: bag.optional().describe("How the contract may change, for people"),
  finops: z
    .looseObject({
      cost_center: text.optional().describe("Who pays"),
      business_tags: texts.optional().describe("Free labels"),
      project: text.optional().describe("Project"),
      environment: text.optional().describe("Environment"),
    })
    .optional()
    .describe("Cost labels"),
};
