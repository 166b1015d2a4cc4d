import { z } from "zod";
import { ENGINES, text, texts } from "../document/declaration.ts";

const role = z.enum(["source", "target"]);

const connectorEntry = z.strictObject({
  roles: z.array(role).min(1).describe("What the connector can be used for"),
  default_engine: z.enum(ENGINES).describe("Engine of recipes that name none"),
  engines_supported: z.array(z.enum(ENGINES)).min(1).describe("Engines that a recipe or job may choose"),
  category: text.optional().describe("Kind of system: files, database, crm, payments, storage"),
  allowed_in_cloud: z.boolean().optional().meta({ description: "May be used with --mode cloud", default: true }),
  supports_incremental: z.boolean().optional().meta({ description: "Can read only what is new", default: false }),
  incremental_strategy_default: text
    .optional()
    .describe("How new records are told from old, unless a job says otherwise"),
  objects_supported: texts.optional().describe("Objects that source.objects may name; any when absent"),
  requires_tables: z.boolean().optional().meta({ description: "A source must list its tables", default: false }),
  supports_queries: z.boolean().optional().meta({ description: "Takes queries instead of tables", default: false }),
  file_formats: texts.optional().describe("Formats that target.file_format may name; any when absent"),
  supports_schema_evolution: z
    .boolean()
    .optional()
    .meta({ description: "Takes new columns into what was written before", default: false }),
  planned: z
    .array(role)
    .optional()
    .describe("Roles that need a custom reader or writer, because this version has no built-in one"),
});

const legacyEntry = connectorEntry.omit({ roles: true }).partial();

/** The registry: what each connector type can do. */
export const registryDocument = z
  .strictObject({
    $schema: z.string().optional().describe("JSON Schema for editors; ignored"),
    version: z.int().optional().describe("Version of the form: 3"),
    connectors: z.record(z.string(), connectorEntry).optional().describe("Connector type → what it can do"),
    sources: z.record(z.string(), legacyEntry).optional().describe("The form before version 3: types that can be read"),
    targets: z
      .record(z.string(), legacyEntry)
      .optional()
      .describe("The form before version 3: types that can be written"),
  })
  .describe("The registry: what each connector type can do");

export type RegistryDocument = z.output<typeof registryDocument>;
