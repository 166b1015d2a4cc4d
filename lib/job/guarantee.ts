import type { ReaderClass } from "../contract/reader.ts";
import type { WriterClass } from "../contract/writer.ts";
import type { Guarantee } from "./receipt.ts";

/** What a pair of reader and writer can promise: the lesser of the two decides. */
export function guaranteeOf(reader: ReaderClass, writer: WriterClass, publishesFiles: boolean): Guarantee {
  const replay = reader.replay ?? 2;
  const atomic = isAtomic(writer, publishesFiles);
  return { effect: effectOf(replay, atomic), reader: `R${replay}`, writer: atomic ? "W3" : "W1" };
}

/** Files that the engine publishes are decided in one record; a writer of its own must be able to answer for a commit. */
function isAtomic(writer: WriterClass, publishesFiles: boolean): boolean {
  const { commitFiles, committed } = writer.prototype;
  return commitFiles ? committed !== undefined : publishesFiles;
}

function effectOf(replay: number, atomic: boolean): Guarantee["effect"] {
  if (replay === 1) return atomic ? "at-most-once" : "none";
  return atomic ? "exactly-once" : "at-least-once";
}
