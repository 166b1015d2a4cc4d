import { Provenance } from "../../contract/provenance.ts";

/** The list is full when its lines span this many bytes, whatever their number. */
const MAX_SPAN_BYTES = 4 * 1024 * 1024;

/** Where lines stand. Positions count bytes from the first of the stream. */
export class LineList {
  readonly starts: number[] = [];
  /** Behind the last byte, the line end left out. */
  readonly ends: number[] = [];
  /** From 1. */
  readonly lines: number[] = [];

  get length(): number {
    return this.starts.length;
  }

  /** Whether these are the lines of a batch; `position` is that behind the last of them. */
  isFull(capacity: number, position: number): boolean {
    const first = this.starts[0];
    return this.length >= capacity || (first !== undefined && position - first >= MAX_SPAN_BYTES);
  }

  add(start: number, end: number, line: number): void {
    this.starts.push(start);
    this.ends.push(end);
    this.lines.push(line);
  }

  /** Places of the lines in `bytes`, which begin with the first of them; the first record has the number `firstRow`. */
  provenance(source: string, firstRow: number, bytes: Uint8Array): Provenance {
    return new Provenance(source, (index) => firstRow + index, {
      lines: this.lines,
      offsets: this.starts,
      lengths: this.starts.map((start, i) => (this.ends[i] as number) - start),
      bytes,
      base: this.starts[0] as number,
    });
  }
}
