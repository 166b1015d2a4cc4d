import type { AssetDefinition } from "../../../lib/contract/asset.ts";
import { INERT_CONTEXT } from "../../../lib/contract/context.ts";
import { DativoError } from "../../../lib/contract/errors.ts";
import { decodeBytes } from "../../../lib/contract/files/decode-bytes.ts";
import { refuseFields } from "../../../lib/contract/files/file-writer.ts";
import type { DecodeContext, Format } from "../../../lib/contract/format.ts";
import type { Reject } from "../../../lib/contract/reject.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { Validate } from "../../../transforms/validate/validate.ts";
import { bytesOf } from "./parquet/codec.ts";

/** How a format is written and read. */
export interface Leg {
  readonly format: Format;
  readonly write: Readonly<Record<string, unknown>>;
  readonly read: Readonly<Record<string, unknown>>;
}

/** What became of some records on their way. */
type Carried =
  | { readonly outcome: "read"; readonly rows: unknown[][] }
  /** The writer would not take a value, or a reader or the contract rejected a record. */
  | { readonly outcome: "refused" | "rejected"; readonly reason: string };

/** Writes records as one format after another; each time they are read back and held to their contract. */
export async function carry(
  asset: AssetDefinition,
  rows: readonly unknown[][],
  legs: readonly Leg[],
): Promise<Carried> {
  let at = rows.map((row) => [...row]);
  for (const leg of legs) {
    const written = await write(asset, at, leg);
    if (!(written instanceof Uint8Array)) return written;
    const carried = await read(asset, written, leg);
    if (carried.outcome !== "read") return carried;
    at = carried.rows;
  }
  return { outcome: "read", rows: at };
}

async function write(asset: AssetDefinition, rows: readonly unknown[][], leg: Leg): Promise<Uint8Array | Carried> {
  const schema = asset.targetSchema();
  const columns = schema.fields.map((_, column) => rows.map((row) => row[column]));
  try {
    refuseFields(leg.format, schema);
    const encoder = leg.format.encoder?.(leg.write, { schema, metadata: {} });
    if (!encoder) throw new Error(`${leg.format.name} cannot be written`);
    const batch = RowBatch.fromColumns(schema, columns, rows.length, { exact: true });
    return Buffer.concat([...(await encoder.encode(batch)), ...(await encoder.end())]);
  } catch (error) {
    if (error instanceof DativoError && error.code === "DTV_VALUE_UNFIT") {
      return { outcome: "refused", reason: error.message };
    }
    throw error;
  }
}

async function read(asset: AssetDefinition, bytes: Uint8Array, { format, read: options }: Leg): Promise<Carried> {
  const rejects: Reject[] = [];
  const reject = (found: Reject): void => void rejects.push(found);
  const check = new Validate({ asset });
  check.ctx = { ...INERT_CONTEXT, reject };
  const rows: unknown[][] = [];
  const context: DecodeContext = { source: `test.${format.extension}`, batchRows: 3, reject, warn: () => {} };
  for await (const batch of decode(format, bytes, options, context)) {
    await check.open(batch.schema);
    const checked = RowBatch.from(check.apply(batch));
    for (let row = 0; row < checked.length; row++) {
      rows.push(checked.schema.fields.map((_, column) => checked.cells(column)[row]));
    }
  }
  const [first] = rejects;
  return first
    ? { outcome: "rejected", reason: first.faults.map(({ reason }) => reason).join() }
    : { outcome: "read", rows };
}

async function* decode(format: Format, bytes: Uint8Array, options: unknown, context: DecodeContext) {
  const source = (async function* () {
    yield bytes;
  })();
  const batches = format.decodeAt?.(bytesOf(bytes), options, context) ?? decodeBytes(format, options, source, context);
  for await (const batch of batches) yield RowBatch.from(batch);
}
