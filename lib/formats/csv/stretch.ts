import { Provenance } from "../../contract/provenance.ts";
import type { RecordList } from "./record-list.ts";
import type { TextEncoding } from "./text-encoding.ts";

/** A stretch of a file with the places of the records in it. */
export class Stretch {
  readonly records: RecordList;
  /** From the first unit of the first record to the last of the last, and a line end. */
  readonly bytes: Buffer;
  readonly encoding: TextEncoding;

  /** `bytes` are copied: what they are a view of moves on. */
  constructor(records: RecordList, bytes: Uint8Array, encoding: TextEncoding) {
    this.records = records;
    this.bytes = Buffer.concat([bytes, encoding.lineEnd]);
    this.encoding = encoding;
  }

  get length(): number {
    return this.records.length;
  }

  raw(index: number): Buffer {
    return this.#slice(index, index, 0);
  }

  /** Neighbouring records with what stands between them and a line end. */
  run(first: number, last: number): Buffer {
    return this.#slice(first, last, 1);
  }

  /** Places of the records, of which the first has the number `firstRow`. */
  provenance(source: string, firstRow: number): Provenance {
    const { starts, ends, lines } = this.records;
    const { unitBytes } = this.encoding;
    return new Provenance(source, (index) => firstRow + index, {
      lines,
      offsets: starts.map((start) => start * unitBytes),
      lengths: starts.map((start, i) => ((ends[i] as number) - start) * unitBytes),
      bytes: this.bytes.subarray(0, -unitBytes),
      base: (starts[0] as number) * unitBytes,
    });
  }

  #slice(first: number, last: number, tail: number): Buffer {
    const { starts, ends } = this.records;
    const { unitBytes } = this.encoding;
    const origin = starts[0] as number;
    const from = (starts[first] as number) - origin;
    const to = (ends[last] as number) - origin + tail;
    return this.bytes.subarray(from * unitBytes, to * unitBytes);
  }
}
