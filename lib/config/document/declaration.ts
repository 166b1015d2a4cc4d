/**
 * The building blocks of the document declarations.
 *
 * A declaration is the one source of the parser, the error texts, the JSON Schema and the reference page, so every
 * key carries its meaning; a key whose feature is not built carries that too.
 */
import { z } from "zod";

/** What a declaration says of a key besides its type. */
export interface KeyFacts {
  readonly description?: string | undefined;
  readonly default?: unknown;
  /** The feature that this key asks for, in words that follow "not built yet". */
  readonly planned?: string | undefined;
  /** Values of the key that ask for nothing, and so are fine. */
  readonly built?: readonly unknown[] | undefined;
}

/** Text that is not empty. */
export const text = z.string().min(1);

/** A mapping that belongs to the user and passes untouched. */
export const bag = z.record(z.string(), z.unknown());

/** A list of texts. */
export const texts = z.array(text);

/** Who can do a connector's work; recipes and jobs may hold options for each under its name. */
export const ENGINES = ["native", "airbyte", "meltano", "singer", "jdbc", "spark"] as const;

const engineOptions = z
  .looseObject({
    native: bag.optional().describe("Options for the built-in engine only"),
    airbyte: bag.optional().describe("Options for the Airbyte engine only"),
    meltano: bag.optional().describe("Options for the Meltano engine only"),
    singer: bag.optional().describe("Options for the Singer engine only"),
    jdbc: bag.optional().describe("Options for the JDBC engine only"),
    spark: bag.optional().describe("Options for the Spark engine only"),
  })
  .describe("Options of the reader or writer; flat keys win over those under the name of the engine");

export const engineSection = z.strictObject({
  type: z
    .enum(ENGINES)
    .optional()
    .describe("Who does the work: native (built in), airbyte, meltano, singer, jdbc, spark"),
  options: engineOptions.optional(),
});

export const credentialsSection = z.looseObject({
  type: text.optional().describe("Kind of credentials: none, api_key, bearer, token, basic, service_account"),
  from_env: text
    .optional()
    .describe(
      "Environment variable that holds the secret; where it is not set, the secret manager is asked for its name in lower case",
    ),
  from_secret: text.optional().describe("Name of the secret in the secret manager"),
  file_template: text.optional().describe("Path of a credentials file; {tenant} stands for the tenant id"),
});

export const STRATEGIES = [
  "file_modified_time",
  "spreadsheet_modified_time",
  "updated_at",
  "updated_after",
  "created",
  "cdc",
  "full_refresh",
  "incremental",
] as const;

/** What is declared of a key, whatever it is wrapped in. */
export function factsOf(schema: z.ZodType): KeyFacts {
  const outer = schema.meta() as KeyFacts | undefined;
  const inner = innerOf(schema);
  const below = inner && factsOf(inner);
  const fallback = schema instanceof z.ZodDefault ? { default: schema.def.defaultValue } : {};
  return { ...below, ...fallback, ...outer };
}

/** The type itself, without what makes it optional. */
export function unwrap(schema: z.ZodType): z.ZodType {
  const inner = innerOf(schema);
  return inner ? unwrap(inner) : schema;
}

export function isOptional(schema: z.ZodType): boolean {
  return schema.safeParse(undefined).success;
}

function innerOf(schema: z.ZodType): z.ZodType | undefined {
  return schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
    ? (schema.unwrap() as z.ZodType)
    : undefined;
}
