import type { StageContext } from "../contract/context.ts";
import type { Reject } from "../contract/reject.ts";
import { warningsIn } from "./abi2.ts";
import { importRejects } from "./import-rejects.ts";
import { BATCH } from "./layout.ts";
import { NativeRows } from "./native-rows.ts";

/**
 * Tells the run what a dtv_batch says besides its rows: rejected and filtered records, and warnings.
 *
 * @returns the rejected records.
 */
export function tellOf(
  batch: Buffer,
  owner: string,
  ctx: StageContext,
  placed = (reject: Reject): Reject => reject,
): readonly Reject[] {
  const lines = NativeRows.takeFrom(batch, BATCH.rejects);
  const rejects = lines ? importRejects(lines, owner) : [];
  for (const reject of rejects) ctx.reject(placed(reject));
  ctx.filtered(Number(batch.readBigUInt64LE(BATCH.rowsFiltered)));
  for (const warning of warningsIn(batch)) ctx.log.warn(warning);
  return rejects;
}
