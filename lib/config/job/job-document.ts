import { z } from "zod";
import { mapOptions } from "../../contract/map-options.ts";
import { bag, credentialsSection, engineSection, STRATEGIES, text, texts } from "../document/declaration.ts";
import { catalogSection, checkpointSection, pluginsSection, retrySection } from "./job-sections.ts";

const fileEntry = z.looseObject({
  path: text.optional().describe("Path or glob pattern, or a URL such as s3://bucket/key"),
  file: text.optional().describe("Another name of path"),
  file_path: text.optional().describe("Another name of path"),
  id: text.optional().describe("Id of the file where it has one (Google Drive)"),
  file_id: text.optional().describe("Another name of id"),
  object: text.optional().describe("Label of the file's records"),
});

const tableEntry = z.looseObject({
  name: text.describe("Name of the table, schema.table where it is not in the default schema"),
  object: text.optional().describe("Label of the table's records"),
  cursor_field: text.optional().describe("Column that orders the records for incremental reads"),
});

const incrementalSection = z.strictObject({
  strategy: text
    .optional()
    .describe(
      `How new records are told from old: ${STRATEGIES.join(", ")}; a custom reader may have others. By default the connector's own. full_refresh reads everything and replaces what was loaded, incremental is the connector's own strategy`,
    ),
  cursor_field: text
    .nullable()
    .optional()
    .describe(
      "Field that orders the records; required by updated_at, updated_after and created. Of files a field of the contract; a service may take null",
    ),
  lookback_days: z
    .int()
    .min(0)
    .max(36_500)
    .optional()
    .describe(
      "Days before the highest value of cursor_field for which records that come late are loaded, of 24 hours; with file_modified_time, days before the newest file for which files are looked at by their content",
    ),
  grown_files: z.enum(["continue", "reread", "refuse"]).optional().meta({
    description:
      "What becomes of a text file that has what it had and more lines behind that: only those are read, or all of it once more, or the run stops",
    default: "continue",
  }),
  state_path: text
    .optional()
    .describe("File that keeps the state instead of the one under STATE_DIR; not in cloud mode"),
});

export const sourceSection = z.strictObject({
  type: text.optional().describe("Connector type, where it is not the recipe's"),
  description: text.optional().describe("A note for people"),
  custom_reader: text
    .optional()
    .describe("Plugin that reads: path/to/reader.ts:ClassName; a connector recipe is then optional"),
  connection: bag.optional().describe("How to reach the source; passed to the reader as it is"),
  credentials: credentialsSection
    .optional()
    .describe("Secrets of the source, over those of the recipe; passed to the reader"),
  objects: texts.optional().describe("Objects of an API to read; passed to the reader"),
  files: z.array(fileEntry).optional().describe("Files to read"),
  file_format: text
    .optional()
    .describe(
      "Format of the files of a store: csv, jsonl, json, parquet, avro, arrow; by default what their names say",
    ),
  tables: z.array(tableEntry).optional().describe("Tables to read"),
  sheets: z.array(bag).optional().meta({ description: "Sheets to read", planned: "reading Google Sheets" }),
  spreadsheets: z.array(bag).optional().meta({ description: "Spreadsheets to read", planned: "reading Google Sheets" }),
  spreadsheet_id: text.optional().meta({ description: "The spreadsheet to read", planned: "reading Google Sheets" }),
  incremental: incrementalSection
    .nullable()
    .optional()
    .describe("Read only what is new; off unless set, null or empty switches it off"),
  engine: engineSection.optional().describe("Who does the work, and its options"),
  rate_limits: bag.optional().meta({
    description: "Requests per second and burst, over those of the recipe",
    planned: "holding a reader to rate limits",
  }),
  dsn: text.optional().describe("Connection string of a database; passed to the reader"),
});

export const targetSection = z.strictObject({
  type: text.optional().describe("Connector type, where it is not the recipe's"),
  description: text.optional().describe("A note for people"),
  custom_writer: text
    .optional()
    .describe("Plugin that writes: path/to/writer.ts:ClassName; a connector recipe is then optional"),
  connection: bag
    .optional()
    .describe(
      "How to reach the target, over the recipe's connection_template; a file target is the folder or URL under path; passed to the writer",
    ),
  credentials: credentialsSection
    .optional()
    .describe("Secrets of the target, over those of the recipe; passed to the writer"),
  write_mode: z
    .enum(["append", "overwrite"])
    .optional()
    .meta({ description: "Add to what is there, or replace it; a full refresh overwrites", default: "append" }),
  layout: z
    .enum(["flat", "run-dir"])
    .default("flat")
    .describe("Files side by side in the target folder, or one folder per run, whose files appear all at once"),
  allow_duplicates: z.boolean().default(false).describe("Let a full refresh append, which adds every record once more"),
  file_format: text
    .optional()
    .describe("Format of the files: parquet, csv, json, iceberg, delta; by default the recipe's"),
  partitioning: texts
    .optional()
    .describe(
      "Columns that files are divided by, into folders column=value; by default the contract's, then the recipe's",
    ),
  parquet_target_size_mb: z.int().min(1).optional().meta({
    description: "Size in MiB at which a file is closed and the next begun (engine option target_size_mb)",
    default: 150,
  }),
  engine: engineSection.optional().describe("Who does the work, and its options"),
  catalog: z.union([text, bag], { error: "expected the name of a catalog or a mapping" }).optional().meta({
    description: "Table catalog that the files are registered with",
    planned: "registering files with a table catalog",
  }),
  branch: text.optional().describe("Branch of the catalog; by default the tenant id"),
  warehouse: text.optional().describe("Warehouse of the catalog"),
  markdown_kv_storage: bag.optional().meta({
    description: "How records become Markdown-KV documents",
    planned: "writing Markdown-KV",
  }),
});

const transformEntry = z.strictObject({
  plugin: text.describe("Plugin that transforms: path/to/transform.ts:ClassName or path/to/libx.so:create_transform"),
  options: bag.optional().describe("Passed to the plugin as they are"),
});

/** A job: tenant, source, target and contract. */
export const jobDocument = z
  .strictObject({
    $schema: z.string().optional().describe("JSON Schema for editors; ignored"),
    tenant_id: text.describe("Whose data this is: [a-z0-9][a-z0-9_-]{0,62}"),
    name: text.optional().describe("Name of the job; with tenant and target it identifies its state"),
    description: text.optional().describe("A note for people"),
    environment: text.optional().describe("A free label such as prod"),
    source_connector: text
      .optional()
      .describe("Connector to read with; without source_connector_path the recipe of this name that ships with Dativo"),
    source_connector_path: text.optional().describe("Recipe file of the source"),
    target_connector: text
      .optional()
      .describe(
        "Connector to write with; without target_connector_path the recipe of this name that ships with Dativo",
      ),
    target_connector_path: text.optional().describe("Recipe file of the target"),
    asset: text.optional().describe("Label of the contract; chooses among the schema objects of an ODCS file"),
    asset_path: text.describe("Contract file that every record is checked against"),
    source: sourceSection.prefault({}).describe("What is read, over the source recipe"),
    target: targetSection.prefault({}).describe("Where it is written, over the target recipe"),
    transforms: z
      .array(transformEntry)
      .optional()
      .describe("Plugins that change the records that were checked, one after the other; map comes after them"),
    map: mapOptions.optional().describe("Shapes the records that were checked, before they are written"),
    schema_validation_mode: z
      .enum(["strict", "warn"])
      .default("strict")
      .describe("A bad record stops the job (strict), or is put aside and the good ones are published (warn)"),
    max_errors: z.int().min(0).optional().describe("In warn mode: more bad records than this publish nothing"),
    max_error_rate: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe("In warn mode: a larger share of bad records than this publishes nothing"),
    checkpoint: checkpointSection
      .optional()
      .describe(
        "When a long run commits before its end; after a fault the next run goes on from there. Never by default",
      ),
    retry_config: retrySection
      .optional()
      .describe("When and how often a run is repeated that failed for what may pass; without it never"),
    logging: z
      .strictObject({
        level: z
          .enum(["debug", "info", "warn", "error", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "CRITICAL"])
          .optional()
          .describe("Messages below this level are not shown, whatever the command line says"),
        redaction: z.boolean().optional().describe("Secrets are hidden in every message whatever is said here"),
      })
      .optional()
      .describe("What is logged"),
    catalog: catalogSection.optional().meta({
      description: "Data catalog that lineage and metadata are sent to",
      planned: "sending lineage and metadata to a data catalog",
    }),
    classification_overrides: z
      .record(z.string(), text)
      .optional()
      .describe("Field → classification, over the contract's; default is that of all other fields"),
    finops: z
      .strictObject({
        cost_center: text.optional().describe("Who pays"),
        business_tags: texts.optional().describe("Free labels"),
        project: text.optional().describe("Project"),
        environment: text.optional().describe("Environment"),
      })
      .optional()
      .describe("Cost labels, over the contract's"),
    governance_overrides: z
      .strictObject({
        retention_days: z.int().min(0).optional().describe("Days to keep the data"),
        owner: text.optional().describe("Who answers for the data"),
      })
      .optional()
      .describe("Ownership, over the contract's"),
    plugins: pluginsSection.optional().describe("How plugins are run"),
  })
  .describe("A job: what is read for a tenant, where it is written, and the contract that every record must keep");

export type JobDocument = z.output<typeof jobDocument>;

/** What is left of a job when the keys at fault are taken out. */
export const jobDraft = jobDocument.partial();

export type JobDraft = z.output<typeof jobDraft>;
