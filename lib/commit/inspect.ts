import { DativoError } from "../contract/errors.ts";
import { type Agreement, compareState } from "./agreement.ts";
import type { LedgerPlace } from "./ledger.ts";
import { type Holder, readLock } from "./lock.ts";
import { type CommitRecord, type EndState, startOf } from "./record.ts";
import { readStateFileOrFault, type StateFile } from "./state-file.ts";

/** What the books of a job say now. */
export interface Books {
  readonly state: Pick<StateFile, "seq" | "runId"> | undefined;
  /** Why the state cannot be read; it is then not empty, but unknown. */
  readonly stateFault: DativoError | undefined;
  /** The target's own record. */
  readonly target: CommitRecord | undefined;
  /** Undefined when the state cannot be read. */
  readonly agreement: Agreement | undefined;
  /** What the next run starts from, as the target says, and without its word as the state does. */
  readonly start: EndState;
  readonly lock: { readonly holder: Holder | undefined; readonly isAlive: boolean } | undefined;
  /** What earlier runs left for the next one to finish, undo or remove, or one under way still needs. */
  readonly left: readonly { readonly what: "manifest" | "staging"; readonly runId: string }[];
}

/** Looks into the books of a job. Takes no lock and changes nothing, so that a run may be under way. */
export async function inspectBooks({ books, stateFile }: LedgerPlace): Promise<Books> {
  const lock = await readLock(books.lock);
  const latest = await books.latest();
  const read = stateFile === undefined ? undefined : await readStateFileOrFault(stateFile);
  const fault = read instanceof DativoError ? read : undefined;
  const state = read instanceof DativoError ? undefined : read;
  return {
    state,
    stateFault: fault,
    target: latest,
    agreement: fault ? undefined : compareState(state, latest),
    start: latest ? startOf(latest) : (state ?? startOf(undefined)),
    lock: lock && { holder: lock.holder, isAlive: lock.isAlive },
    left: [
      ...(await books.pending()).map(({ runId }) => ({ what: "manifest" as const, runId })),
      ...(await books.staged()).map((runId) => ({ what: "staging" as const, runId })),
    ],
  };
}
