/** Where the records of a batch stand in their source, so that a rejected one can be found again. */
export class Provenance {
  /** File, table or object. */
  readonly source: string;
  /** Number of the record at a position, from 1; a header is not counted. */
  readonly rowAt: (index: number) => number;
  /** Place of each record in the decompressed bytes of a file, when the source is one. */
  readonly spans: Spans | undefined;
  /** Given where the numbers say it all, so that another process can be told. */
  readonly numbering: Numbering | undefined;

  constructor(source: string, rowAt: (index: number) => number, spans?: Spans, numbering?: Numbering) {
    this.source = source;
    this.rowAt = rowAt;
    this.spans = spans;
    this.numbering = numbering;
  }

  /** Provenance of records that have a number and nothing else, one after another but for those that are missing. */
  static numbered(source: string, first: number, missing: readonly number[] = []): Provenance {
    const gaps = [...missing].sort((a, b) => a - b);
    const rowAt = (index: number): number => {
      let row = first + index;
      for (const gap of gaps) {
        if (gap > row) break;
        row++;
      }
      return row;
    };
    return new Provenance(source, rowAt, undefined, { first, missing: gaps });
  }

  /** The same for some of the records, in the order given. */
  take(indices: readonly number[]): Provenance {
    const { spans } = this;
    const pick = (from: ArrayLike<number>): number[] => indices.map((i) => from[i] as number);
    return new Provenance(
      this.source,
      (index) => this.rowAt(indices[index] as number),
      spans && {
        lines: pick(spans.lines),
        offsets: pick(spans.offsets),
        lengths: pick(spans.lengths),
        bytes: spans.bytes,
        base: spans.base,
      },
    );
  }

  /** The same from a position on. */
  from(start: number): Provenance {
    const { spans } = this;
    const tail = (of: ArrayLike<number>): number[] => Array.prototype.slice.call(of, start);
    return new Provenance(
      this.source,
      (index) => this.rowAt(start + index),
      spans && { ...spans, lines: tail(spans.lines), offsets: tail(spans.offsets), lengths: tail(spans.lengths) },
    );
  }

  /** Place and raw bytes of one record. */
  at(index: number): Place {
    const place = { source: this.source, row: this.rowAt(index) };
    if (!this.spans) return place;
    const { lines, offsets, lengths, bytes, base } = this.spans;
    const offset = offsets[index] as number;
    const length = lengths[index] as number;
    return {
      ...place,
      line: lines[index] as number,
      offset,
      length,
      // A copy: it outlives the batch, whose stretch of the source is much larger. (slice of a Buffer is a view.)
      raw: new Uint8Array(bytes.subarray(offset - base, offset - base + length)),
    };
  }
}

export interface Numbering {
  /** From 1. */
  readonly first: number;
  /** Numbers of records from there on that are not here: they were rejected before. */
  readonly missing: readonly number[];
}

export interface Spans {
  /** Line on which each record starts, from 1. */
  readonly lines: ArrayLike<number>;
  /** First byte of each record, from 0, in the original encoding after decompression. */
  readonly offsets: ArrayLike<number>;
  /** Length of each record in bytes, without its terminator. */
  readonly lengths: ArrayLike<number>;
  /** A stretch of the source that holds the records; its first byte stands at `base`. */
  readonly bytes: Uint8Array;
  readonly base: number;
}

export interface Place {
  readonly source: string;
  readonly row?: number;
  readonly line?: number;
  readonly offset?: number;
  readonly length?: number;
  readonly raw?: Uint8Array;
}

/** `zips.csv, line 17 (byte 1024)`, as far as it is known. */
export function describePlace(place: Place): string {
  if (place.line !== undefined) return `${place.source}, line ${place.line} (byte ${place.offset})`;
  return place.row === undefined ? place.source : `${place.source}, record ${place.row}`;
}
