import { z } from "zod";
import { bag, credentialsSection, engineSection, text, texts } from "../document/declaration.ts";

/** A connector recipe: how to connect, for any tenant. */
export const connectorDocument = z
  .strictObject({
    $schema: z.string().optional().describe("JSON Schema for editors; ignored"),
    name: text.describe("Name of the recipe"),
    type: text.describe("Connector type: its entry in the registry"),
    description: text.optional().describe("A note for people"),
    roles: z
      .array(z.enum(["source", "target"]))
      .optional()
      .describe("What the recipe can be used for; by default what the registry says of its type"),
    default_engine: engineSection
      .optional()
      .describe("Who does the work unless a job says otherwise, and options that lie under the job's"),
    credentials: credentialsSection.optional().describe("Where the secrets are"),
    connection_template: bag.optional().describe("Connection details that lie under the job's connection"),
    incremental: z
      .strictObject({
        strategy: text.optional().describe("How new records are told from old"),
        cursor_field_default: text.optional().describe("Cursor field of jobs that name none"),
        lookback_days_default: z.int().min(0).optional().describe("Look-back of jobs that name none"),
      })
      .optional()
      .describe("Defaults for jobs that read incrementally"),
    rate_limits: z
      .strictObject({
        rps_default: z.number().positive().optional().describe("Requests per second"),
        burst_default: z.number().positive().optional().describe("Requests at once"),
        retry: z
          .strictObject({
            max_retries: z.int().min(0).optional().describe("Repeats of a refused request"),
            backoff: text.optional().describe("How the wait grows: exponential, linear"),
            max_backoff_seconds: z.number().min(0).optional().describe("Longest wait"),
          })
          .optional()
          .describe("What to do when the limit is hit"),
      })
      .optional()
      .describe("What the service allows; a fact, not enforced by this version"),
    catalog: z
      .union([text, bag], { error: "expected the name of a catalog or a mapping" })
      .optional()
      .describe("Table catalog of targets"),
    file_format: text.optional().describe("File format of targets"),
    partitioning_default: texts.optional().describe("Partition columns of jobs that name none"),
  })
  .describe("A connector recipe: how to connect, for any tenant");

export type ConnectorDocument = z.output<typeof connectorDocument>;
