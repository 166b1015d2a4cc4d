/** Sections of a job, also of features that are not built yet: they are declared so that a fault in them is found. */
import { z } from "zod";
import { bag, text } from "../document/declaration.ts";

export const checkpointSection = z.strictObject({
  records: z.int().min(1).optional().describe("Records read since the last commit"),
  size_mb: z.number().positive().optional().describe("Their size in memory, in MiB"),
  seconds: z.number().positive().optional().describe("Time since the last commit"),
});

export const retrySection = z.strictObject({
  max_retries: z.int().min(0).max(100).optional().meta({ description: "Repeats after the first try", default: 3 }),
  max_attempts: z.int().min(1).max(10).optional().describe("Tries in all: max_retries + 1"),
  initial_delay_seconds: z.number().min(0).optional().meta({ description: "Wait before the first repeat", default: 5 }),
  retry_delay_seconds: z.number().min(0).optional().describe("Another name of initial_delay_seconds"),
  max_delay_seconds: z.number().min(0).optional().meta({ description: "Longest wait", default: 300 }),
  backoff_multiplier: z.number().min(1).optional().meta({ description: "Growth of the wait", default: 2 }),
  deadline_seconds: z
    .number()
    .min(0)
    .optional()
    .describe("No repeat is begun later than this after the first start; by default there is no such limit"),
  retryable_exit_codes: z.array(z.int()).optional().meta({
    description: "Exit codes of an engine's processes that are worth a repeat",
    planned: "repeating by the exit code of an engine",
  }),
  retryable_error_patterns: z.array(text).optional().describe("Patterns of error texts that are worth a repeat"),
  retryable_errors: z.array(text).optional().describe("Another name of retryable_error_patterns"),
});

export const catalogSection = z.strictObject({
  type: z.enum(["aws_glue", "databricks_unity", "nessie", "openmetadata"]).optional().describe("Kind of data catalog"),
  connection: bag.optional().describe("How to reach the catalog"),
  database: text.optional().describe("Database of the catalog; by default the domain of the contract"),
  table_name: text.optional().describe("Table of the catalog; by default the name of the contract"),
  push_lineage: z.boolean().optional().meta({ description: "Send where the data came from", default: true }),
  push_metadata: z.boolean().optional().meta({ description: "Send description, owner and tags", default: true }),
});

const LIMITS = "limits on a plugin";

export const pluginsSection = z.strictObject({
  pins: z
    .record(
      z.string(),
      z.string().regex(/^sha256:[0-9a-f]{64}$/i, { error: "expected sha256: and 64 hexadecimal digits" }),
    )
    .optional()
    .describe(
      "What plugins, and files that they import, must be to the byte: path, package or URI, and sha256:… of its content. One that is another is refused before a line of it runs; dativo plugin lock writes a file of these",
    ),
  sandbox: z
    .strictObject({
      enabled: z.boolean().optional().meta({
        description:
          "Keep plugins from the files, programs and network of the machine: each runs in a process of its own, which the kernel holds (Linux); always so in cloud mode",
        default: false,
      }),
      mode: z
        .enum(["in_process", "process", "container"])
        .optional()
        .meta({
          description:
            "Where plugins run: in Dativo's own process, each in one of its own, where a crash ends the run and nothing else, or in a container",
          default: "in_process",
          planned: "running plugins in a container of their own",
          built: ["in_process", "process"],
        }),
      cpu_limit: z.number().gt(0).max(1).optional().meta({ description: "Share of one core", planned: LIMITS }),
      memory_limit: text
        .optional()
        .meta({ description: "Memory of each plugin in the sandbox, such as 512m or 1g", default: "512m" }),
      cpu_seconds: z
        .int()
        .min(1)
        .optional()
        .meta({ description: "Processor time of each plugin in the sandbox, over all of its life", default: 3600 }),
      timeout: z
        .number()
        .positive()
        .max(86_400)
        .optional()
        .describe(
          "Seconds that one call into a plugin may take, in the sandbox and in mode process; 30 by default in the sandbox, and no limit without it",
        ),
      network: z.boolean().optional().meta({
        description: "Let plugins in the sandbox reach the network; in cloud mode the operator has to grant it too",
        default: false,
      }),
      network_disabled: z.boolean().optional().describe("The opposite of network, by its earlier name"),
      seccomp_profile: text.optional().meta({ description: "System calls that plugins may make", planned: LIMITS }),
      container_image: text
        .optional()
        .meta({ description: "Image of the container", planned: "containers for plugins" }),
    })
    .optional()
    .describe("How plugins are kept apart"),
});
