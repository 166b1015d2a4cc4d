import type { EventEmitter } from "node:events";
import type { AssetDefinition } from "../contract/asset.ts";
import type { Flow } from "./envelope.ts";

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

/**
 * How a check tells the reader right before it which contract it will hold records to. It is asked when the reader
 * begins, for until then more may be piped; undefined when the reader must leave the work to the check.
 */
export const pushDown: unique symbol = Symbol("dativo.pushDown");

export type Offer = () => AssetDefinition | undefined;

interface Offered {
  [pushDown](offer: Offer): void;
}

export function pushDownTo(source: unknown, offer: Offer): void {
  if (typeof source === "object" && source !== null && pushDown in source) (source as Offered)[pushDown](offer);
}

/**
 * True when more than one taker gets the very batches that a stream gives. Records held to a contract would then go to
 * somebody who has not asked for it, and memory of a library to two who each give it back.
 */
export function isShared(stream: EventEmitter): boolean {
  if (stream.listenerCount("data") + stream.listenerCount("readable") > 1) return true;
  // A stage of ours makes batches of its own, or was asked itself.
  return pipesOf(stream).some((next) => !(adopt in next) && isShared(next));
}

/** How a writer learns of a reading whose envelopes may not reach it, because foreign streams stand before it. */
export const join: unique symbol = Symbol("dativo.join");

interface Joinable {
  [join](flow: Flow): void;
}

/**
 * Tells every writer of ours that a stream is piped into, directly or through others, whose records it will get; true
 * when there is one.
 *
 * Node has no public word for what a stream is piped into. Should its own one change, no writer is found, and what a
 * foreign stage drops is lost to it.
 */
export function joinWriters(stream: unknown, flow: Flow): boolean {
  let found = false;
  for (const next of pipesOf(stream)) {
    if (join in next) (next as Joinable)[join](flow);
    found = join in next || joinWriters(next, flow) || found;
  }
  return found;
}

/** True when a stream is piped into a writer of ours, and into nothing else. */
export function feedsWriters(stream: EventEmitter): boolean {
  const next = pipesOf(stream);
  return next.length > 0 && next.every((one) => join in one) && !isShared(stream);
}

/** How a writer tells that it reads the types of untyped fields off the first batch, for all that follow. */
export const settles: unique symbol = Symbol("dativo.settles");

interface Settling {
  readonly [settles]: boolean;
}

/** True when that writer settles types. */
export function feedsSettlers(stream: EventEmitter): boolean {
  return feedsWriters(stream) && pipesOf(stream).every((one) => (one as unknown as Settling)[settles]);
}

function pipesOf(stream: unknown): readonly EventEmitter[] {
  return (stream as Piped)._readableState?.pipes ?? [];
}

interface Piped {
  readonly _readableState?: { readonly pipes?: readonly EventEmitter[] };
}
