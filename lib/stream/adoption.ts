/**
 * How a writer at the end of a pipeline tells the stages before it that it is there.
 *
 * A check that finds bad records must not pass judgement itself when a writer follows that keeps those records: the
 * error would tear the pipeline down while they are still on their way. A reader must not give the memory of a batch
 * back when a writer follows that does so once the batch is written. Node emits `pipe` on a stream when another is
 * piped into it, `pipeline()` included, before any data flows; a foreign stage in between breaks the chain, and check
 * and reader then act for themselves.
 */
export const adopt: unique symbol = Symbol("dativo.adopt");

interface Adoptable {
  [adopt](): void;
}

/** Passes the word on to the stream that is piped into this one, if it is one of ours. */
export function adoptUpstream(source: unknown): void {
  if (typeof source === "object" && source !== null && adopt in source) (source as Adoptable)[adopt]();
}
