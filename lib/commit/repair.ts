import { DativoError } from "../contract/errors.ts";
import { compareState, describeBehind, targetBehind } from "./agreement.ts";
import type { LedgerPlace, LedgerTools } from "./ledger.ts";
import { underLock } from "./lock-job.ts";
import { recover } from "./recover.ts";
import { readStateFileOrFault, unusable, writeStateFile } from "./state-file.ts";

export interface Repair {
  readonly status: "repaired" | "unchanged";
  /** What was wrong with the state. */
  readonly was: "right" | "missing" | "damaged" | "behind";
  /** The number of the commit that state and target now agree on; 0 before the first one. */
  readonly seq: number;
}

/**
 * Writes the state file anew from the target's own record, whatever became of it.
 *
 * @throws DativoError DTV_TARGET_BEHIND when the state knows more than the target, or may have.
 */
export function repairState(place: LedgerPlace & { readonly stateFile: string }, tools: LedgerTools): Promise<Repair> {
  const { stateFile } = place;
  return underLock(place, tools, async () => {
    const latest = await recover(place, tools);
    const state = await readStateFileOrFault(stateFile);
    const isDamaged = state instanceof DativoError;
    if (isDamaged) {
      if (!latest) throw targetBehind("The state is damaged, and the target has no record to write it from", stateFile);
    } else {
      const agreement = compareState(state, latest);
      const seq = latest?.seq ?? 0;
      if (agreement === "ahead") throw targetBehind(describeBehind(state?.seq ?? 0, seq), stateFile);
      if (!latest || agreement === "agrees") return { status: "unchanged", was: "right", seq };
    }
    await writeStateFile(stateFile, latest).catch((cause: unknown) => {
      throw unusable(stateFile, cause);
    });
    return { status: "repaired", was: isDamaged ? "damaged" : state ? "behind" : "missing", seq: latest.seq };
  });
}
