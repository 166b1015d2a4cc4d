/** The end of a file: what the footer says of the messages before it (File.fbs). */
import { must } from "./fault.ts";
import { FlatTable } from "./ipc/flat-table.ts";
import { KIND } from "./ipc/message.ts";
import type { Block } from "./ipc/stream-decoder.ts";

export const MAGIC = "ARROW1";
/** The length of the footer, and the magic. */
export const TAIL_BYTES = 4 + MAGIC.length;
const BLOCK_BYTES = 24;

/**
 * Gathers what follows the records of a file. A footer may name the batches in another order, or not all of them; what
 * was read in the order of the bytes is then not what the file holds, and is refused.
 */
export class FileFooter {
  readonly #chunks: Uint8Array[] = [];
  readonly #limitBytes: number;
  #length = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  push(bytes: Uint8Array): void {
    this.#length += bytes.length;
    must(this.#length <= this.#limitBytes, `its footer is larger than the limit of ${this.#limitBytes} bytes`);
    this.#chunks.push(Uint8Array.from(bytes));
  }

  /** @throws ArrowFault for a footer that does not name the messages that were read */
  end(blocks: readonly Block[]): void {
    const bytes = Buffer.concat(this.#chunks);
    const end = bytes.length - TAIL_BYTES;
    const length = footerLengthOf(bytes.subarray(Math.max(0, end)), end);
    const { dictionaries, batches } = readFooter(bytes.subarray(end - length, end));
    for (const [kind, said] of [
      [KIND.dictionary, dictionaries],
      [KIND.batch, batches],
    ] as const) {
      const read = blocks.filter((block) => block.kind === kind).map(({ at }) => at);
      must(
        String(said.map(({ at }) => at)) === String(read),
        "its footer names others than the batches that stand in it",
      );
    }
  }
}

/** Bytes of a footer, by the last {@link TAIL_BYTES} of a file and what there is before them. @throws ArrowFault */
export function footerLengthOf(tail: Buffer, before: number): number {
  const isTail = before >= 0 && tail.toString("latin1", tail.length - MAGIC.length) === MAGIC;
  must(isTail, "it ends within its footer, or before it");
  const length = tail.readInt32LE();
  must(length > 0 && length <= before, `it gives ${length} for the length of its footer`);
  return length;
}

/** Where a message stands in a file. */
export interface FilePlace {
  readonly at: number;
  readonly headBytes: number;
  readonly bodyBytes: number;
}

export interface Footer {
  readonly schema: FlatTable;
  readonly dictionaries: readonly FilePlace[];
  readonly batches: readonly FilePlace[];
}

export function readFooter(bytes: Uint8Array): Footer {
  const footer = FlatTable.root(bytes);
  const schema = footer.table(1);
  must(schema !== undefined, "its footer has no schema");
  return { schema, dictionaries: placesOf(footer, 2), batches: placesOf(footer, 3) };
}

function placesOf(footer: FlatTable, slot: number): FilePlace[] {
  const { start, count } = footer.vector(slot, BLOCK_BYTES);
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * BLOCK_BYTES;
    const headBytes = footer.view.getInt32(at + 8, true);
    must(headBytes >= 0, `it gives ${headBytes} for the length of a message`);
    return { at: footer.longAt(at), headBytes, bodyBytes: footer.longAt(at + 16) };
  });
}
