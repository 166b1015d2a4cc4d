/**
 * What travels with a batch and is not its author's business: where it came from, what was counted and rejected on
 * the way, and the memory it occupies. Adapters move it from the input of a stage to its output.
 */
import type { Batch } from "../contract/batch.ts";
import type { Reservation } from "../contract/context.ts";
import type { Reject } from "../contract/reject.ts";
import type { Position } from "../contract/results.ts";
import type { RejectPolicy } from "./policy.ts";

export interface Envelope {
  /** The reading that the batch comes from. */
  readonly flow: Flow;
  /** Where each split can be resumed after the last record of this batch. */
  positions: Map<string, Position>;
  /** Tells the staged values of the reader's state, as of the positions. */
  values: (() => Readonly<Record<string, unknown>>) | undefined;
  /** Records that the reader took in for this batch, also those that it rejected or left out. */
  read: number;
  added: number;
  filtered: number;
  rejects: Reject[];
  lease: Reservation | undefined;
  /** Set by the stage that checks the contract: what rejects mean for the run. */
  policy: RejectPolicy | undefined;
  /** Called when a stage of ours takes the envelope off its batch. */
  onTaken: (() => void) | undefined;
}

const envelopes = new WeakMap<Batch, Envelope>();

export function newEnvelope(flow: Flow): Envelope {
  return {
    flow,
    positions: new Map(),
    values: undefined,
    read: 0,
    added: 0,
    filtered: 0,
    rejects: [],
    lease: undefined,
    policy: undefined,
    onTaken: undefined,
  };
}

export function attachEnvelope(batch: Batch, envelope: Envelope): void {
  envelopes.set(batch, envelope);
  envelope.flow.sent(envelope);
}

/** The envelope of a batch, taken off it; undefined when a foreign stage lost it. */
export function takeEnvelope(batch: Batch): Envelope | undefined {
  const envelope = envelopes.get(batch);
  if (!envelope) return undefined;
  envelopes.delete(batch);
  envelope.flow.taken(envelope);
  envelope.onTaken?.();
  envelope.onTaken = undefined;
  return envelope;
}

/**
 * One reading of a source: knows every lease that is out, so that a failed pipeline gives all of them back, and, for a
 * writer behind foreign stages, every envelope that is out and may be lost.
 */
export class Flow {
  readonly #leases = new Set<Reservation>();
  readonly #out = new Set<Envelope>();
  #failed = false;
  #failure: unknown;
  #isWatched = false;

  add(lease: Reservation): Reservation {
    const tracked: Reservation = {
      bytes: lease.bytes,
      release: () => {
        this.#leases.delete(tracked);
        lease.release();
      },
    };
    if (this.#failed) lease.release();
    else this.#leases.add(tracked);
    return tracked;
  }

  /** Called by any stage of the pipeline that is torn down: what lies in stream buffers will never be written. */
  fail(cause: unknown): void {
    this.#failed = true;
    this.#failure ??= cause;
    for (const lease of this.#leases) lease.release();
  }

  /** Why the first stage failed that did: what befalls others afterwards, whose batches were given back, follows from it. */
  get failure(): unknown {
    return this.#failure;
  }

  /** From now on, envelopes that nobody takes are kept for {@link drain}. */
  watch(): void {
    this.#isWatched = true;
  }

  sent(envelope: Envelope): void {
    if (this.#isWatched) this.#out.add(envelope);
  }

  taken(envelope: Envelope): void {
    this.#out.delete(envelope);
  }

  /**
   * What the envelopes that are out say of records, taken out of them: one that arrives after all says it no more.
   * Positions stay, for they must not arrive before their records.
   */
  drain(): Envelope {
    const drained = newEnvelope(this);
    for (const envelope of this.#out) {
      drained.rejects = drained.rejects.concat(envelope.rejects);
      drained.read += envelope.read;
      drained.added += envelope.added;
      drained.filtered += envelope.filtered;
      drained.policy = envelope.policy ?? drained.policy;
      Object.assign(envelope, { rejects: [], read: 0, added: 0, filtered: 0 });
    }
    this.#out.clear();
    return drained;
  }
}
