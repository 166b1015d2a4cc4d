import type { Log } from "../contract/context.ts";
import { DativoError } from "../contract/errors.ts";
import { reach } from "../storage/fail-point.ts";
import type { LedgerPlace, LedgerTools } from "./ledger.ts";
import type { CommitRecord } from "./record.ts";
import { readStateFileOrFault, type StateFile, unusable, writeStateFile } from "./state-file.ts";

/** How the state stands to the target's own record: the same, older, or newer than it. */
export type Agreement = "agrees" | "behind" | "ahead";

/** A state of the same number that another run wrote is none that the target knows. */
export function compareState(
  state: Pick<StateFile, "seq" | "runId"> | undefined,
  latest: CommitRecord | undefined,
): Agreement {
  const [inState, inTarget] = [state?.seq ?? 0, latest?.seq ?? 0];
  if (inState > inTarget) return "ahead";
  return latest === undefined || state?.runId === latest.runId ? "agrees" : "behind";
}

/**
 * The target's own record wins over the state file. A state file ahead of it means that the target was set back, which
 * only a run that replaces everything may pass over, and a reset; they count on from the state, so that no number comes
 * twice.
 *
 * @returns the number of the last commit that either knows, and whether they agree now.
 */
export async function agree(
  { stateFile }: LedgerPlace,
  latest: CommitRecord | undefined,
  tools: LedgerTools,
  mode: CommitRecord["mode"],
): Promise<{ seq: number; agrees: boolean }> {
  const inTarget = latest?.seq ?? 0;
  if (stateFile === undefined) return { seq: inTarget, agrees: true };
  const state = await readFor(mode, stateFile, tools.log);
  if (state === "damaged") return { seq: inTarget, agrees: false };
  const agreement = compareState(state, latest);
  if (agreement === "ahead") {
    if (mode === "append") throw targetBehind(describeBehind(state?.seq ?? 0, inTarget), stateFile);
    tools.log.warn(`${describeBehind(state?.seq ?? 0, inTarget)}; ${PASSED_OVER[mode]}`);
  }
  if (latest && agreement === "behind") await bringUp(stateFile, latest, tools);
  return { seq: Math.max(state?.seq ?? 0, inTarget), agrees: agreement !== "ahead" };
}

const PASSED_OVER = {
  overwrite: "what it holds is replaced",
  reset: "the reset counts on from the state",
} as const;

/** A reset is how to go on from a state that says nothing. */
async function readFor(
  mode: CommitRecord["mode"],
  stateFile: string,
  log: Log,
): Promise<StateFile | "damaged" | undefined> {
  const state = await readStateFileOrFault(stateFile);
  if (!(state instanceof DativoError)) return state;
  if (mode !== "reset") throw state;
  log.warn(`${state.message}; it is replaced`);
  return "damaged";
}

export function describeBehind(inState: number, inTarget: number): string {
  return `The state says that ${inState} ${inState === 1 ? "commit was" : "commits were"} made, the target knows ${inTarget}`;
}

export function targetBehind(what: string, stateFile: string): DativoError {
  return new DativoError("DTV_TARGET_BEHIND", what, {
    culprit: stateFile,
    hint: "The target was emptied or restored. --full-refresh loads everything again and replaces what is left; `dativo state reset` has the next run add everything to what is left.",
  });
}

/** The state is a copy: a run can do without it. */
async function bringUp(stateFile: string, latest: CommitRecord, { log, onRecovery }: LedgerTools): Promise<void> {
  try {
    await reach("K28");
    await writeStateFile(stateFile, latest);
    log.info("Brought the state up to the target's own record", { seq: latest.seq });
    onRecovery?.({ did: "repaired", seq: latest.seq });
  } catch (cause) {
    log.warn(unusable(stateFile, cause).message);
  }
}
