import { z } from "zod";
import { bag, text } from "../document/declaration.ts";

export const RECEIPT_FORMAT = "dativo.receipt/1";

const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const checksum = z.strictObject({
  name: z.string().describe("Name of the column"),
  type: z
    .string()
    .optional()
    .describe("Type whose values were summed; none for types that are not, such as lists and objects"),
  values: count.describe("Records that have a value"),
  nulls: count.describe("Records that have none"),
  sum: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional()
    .describe(
      "Sum of the hashes of all values, modulo 2^128, which does not depend on their order; there is one with a type",
    ),
});

const checksums = z.array(checksum).optional();

const file = z.strictObject({
  path: text.describe("Path in the target folder, or as the writer named it"),
  sizeBytes: count.optional().describe("Size in bytes"),
  sha256: sha256.optional().describe("SHA-256 of its bytes"),
  rows: count.optional().describe("Records in it"),
  checksums: checksums.describe("What its columns hold; absent when its writer does not say"),
});

const column = z.strictObject({
  name: z.string().describe("Name of the column"),
  type: text.describe("Its type"),
  nullable: z.boolean().describe("Whether a record may lack it"),
});

const counts = z
  .strictObject({
    read: count.describe("Records that the source gave"),
    added: count.describe("Records that a transform made beyond those it was given"),
    filtered: count.describe("Records left out on purpose"),
    rejected: count.describe("Records that broke the contract"),
    written: count.describe("Records that the target was given"),
  })
  .describe("What became of the records: read + added = written + rejected + filtered");

const guarantee = z
  .strictObject({
    effect: z
      .enum(["exactly-once", "at-least-once", "at-most-once", "none"])
      .describe("How often a record arrives, whatever happens"),
    reader: text.describe("Class of the source, R3 at best"),
    writer: text.describe("Class of the target, W3 at best"),
  })
  .describe("What was promised");

const commit = z.strictObject({
  seq: z.int().min(1).describe("Its number"),
  runId: text.describe("The run that its files and rejects are named after"),
  written: count.describe("Records that it made visible"),
  rejected: count.describe("Records that it put aside"),
  rejects: z.string().optional().describe("File that holds those"),
});

const commits = z.array(commit);

const failedAttempt = z.strictObject({
  runId: z.string().optional().describe("The run that failed; none when it had not begun"),
  startedAt: text.describe("When it began"),
  durationMs: count.describe("Milliseconds it took"),
  error: z
    .strictObject({ code: text.describe("Its code"), message: z.string().describe("Its text") })
    .describe("Why it failed"),
  commits: commits.describe("What it had published at checkpoints, which stays"),
  delayMs: count.describe("Milliseconds that were waited after it"),
});

const cursor = z
  .strictObject({
    field: text.describe("The field"),
    lookbackDays: count.describe("Days before its highest value for which records that come late are loaded"),
    from: z.string().optional().describe("Records before this were left out; none on a first run"),
    high: z.string().optional().describe("Its highest value so far"),
    older: count.describe("Records that were left out since they are older than that"),
    late: count.describe("Of these, at least so many that no earlier run found in the same file"),
    loadedBefore: count.describe("Records that were left out since an earlier run loaded them"),
  })
  .describe("How new records were told from old, in a job with a cursor_field; what was left out counts as filtered");

/** What a run did, for machines. */
export const receiptDocument = z
  .strictObject({
    format: z.literal(RECEIPT_FORMAT).describe("Name and version of this document"),
    runId: text.describe("The run, a UUID of version 7"),
    status: z
      .enum(["committed", "unchanged", "failed", "cancelled"])
      .describe(
        "unchanged when nothing was there to load, and nothing was committed; failed or cancelled when the run has an error",
      ),
    error: z
      .strictObject({
        code: text.describe("Its code"),
        message: z.string().describe("What happened"),
        culprit: z.string().optional().describe("Who or what is at fault"),
        hint: z.string().optional().describe("What to do next"),
      })
      .optional()
      .describe("Why the run failed; numbers and lists then say how far it came, and need not balance"),
    job: z
      .strictObject({
        tenant: text.describe("Tenant of the job"),
        name: text.describe("Name of the job, else of its contract"),
        file: z.string().optional().describe("The job file"),
        environment: z.string().optional().describe("The job's own label, such as prod"),
        hash: text.describe("Name of the job's folder under _dativo"),
        seq: z.int().min(1).optional().describe("Number of the last commit"),
      })
      .describe("The job that ran"),
    failedAttempts: z.array(failedAttempt).describe("Tries that failed before this run did not, within retry_config"),
    commits: commits.describe("The commits of the run: one, and one more for each checkpoint"),
    guarantee,
    counts,
    source: z
      .strictObject({
        connector: text.describe("Connector type"),
        reader: text.describe("What read"),
        splits: count.describe("Parts that the source has, such as files"),
        alreadyLoaded: count.describe("Those whose content an earlier run loaded"),
        bytesRead: count.describe("Bytes read"),
        cursor: cursor.optional(),
      })
      .describe("Where the records came from"),
    target: z
      .strictObject({
        connector: text.describe("Connector type"),
        writer: text.describe("What wrote"),
        path: z.string().optional().describe("The target folder, absolute"),
        format: z.string().optional().describe("Format of the files, where a writer of Dativo's own wrote them"),
        options: bag.optional().describe("Options of that format"),
        partitioning: z
          .array(text)
          .optional()
          .describe("Columns that the files were divided by; the last folders of a file's path say their values"),
        mode: z.enum(["append", "overwrite"]).describe("Whether earlier records stay"),
        schema: z.array(column).describe("Columns of the records as they reached the writer"),
      })
      .describe("Where they went"),
    files: z.array(file).describe("Files that became visible"),
    checksums: checksums.describe("The same of all files together; absent when one of them has none"),
    rejects: z
      .strictObject({
        count: count.describe("How many"),
        path: z.string().optional().describe("File that holds them; the last one, where several commits have some"),
      })
      .describe("Rejected records"),
    contract: z
      .strictObject({
        name: text.describe("Its name"),
        version: z.string().describe("Its version"),
        fingerprint: text.describe("Hash of all that it says"),
      })
      .describe("The contract that the records kept"),
    plugins: z
      .array(
        z.strictObject({
          path: text.describe("Its path"),
          sha256: sha256.describe("SHA-256 of its file"),
          version: text.optional().describe("Version of the object that it was fetched from: ETag or generation"),
          previousSha256: sha256.optional().describe("SHA-256 of what ran before it was fetched anew"),
          isolation: z
            .enum(["in_process", "process"])
            .optional()
            .describe("Where it ran: in Dativo's own process, or in one of its own"),
          sandbox: z.boolean().optional().describe("Whether the kernel kept it from what it was not given"),
          network: z.boolean().optional().describe("Whether it could reach the network"),
        }),
      )
      .describe("Plugins that ran"),
    tags: bag.describe("Tags of the job and its contract"),
    positions: bag.describe(
      "Where reading each part of the source ended; of a file its path, size, time and content hash",
    ),
    timings: z
      .strictObject({
        startedAt: text.describe("ISO 8601"),
        finishedAt: text.describe("ISO 8601"),
        durationMs: count.describe("From start to finish"),
        stages: z
          .array(
            z.strictObject({
              stage: text.describe("Name of the stage"),
              busyMs: count.describe("Time it worked"),
              rows: count.describe("Records that it passed on"),
            }),
          )
          .describe("The stages of the run"),
      })
      .describe("When, and how long"),
    peakMemoryBytes: count.describe("Peak resident memory of the process so far"),
    warnings: z.array(z.string()).describe("Warnings of the run"),
  })
  .describe("The receipt of a run");

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

export type ReceiptDocument = Frozen<z.output<typeof receiptDocument>>;
