/** Where the records of a batch stand in their source. */
import { type Numbering, Provenance, type Spans } from "../contract/provenance.ts";

/** What says the numbers of the records and nothing else; JSON. */
export interface WireNumbers {
  readonly source: string;
  readonly numbering: Numbering | undefined;
  readonly rows: readonly number[] | undefined;
}

export interface WirePlace extends WireNumbers {
  readonly spans: Spans | undefined;
}

export function formatNumbers({ source, numbering, rowAt }: Provenance, length: number): WireNumbers {
  const rows = numbering ? undefined : Array.from({ length }, (_, index) => rowAt(index));
  return { source, numbering, rows };
}

export function formatPlace(provenance: Provenance, length: number): WirePlace {
  const { spans } = provenance;
  return { ...formatNumbers(provenance, length), spans: spans && cut(spans, length) };
}

export function parsePlace({ source, numbering, rows, spans }: WireNumbers & Partial<WirePlace>): Provenance {
  if (!rows) return Provenance.numbered(source, numbering?.first ?? 1, numbering?.missing);
  return new Provenance(source, (index) => rows[index] as number, spans);
}

/** Without the bytes around the records: a chunk of a file holds those of many batches. */
function cut({ lines, offsets, lengths, bytes, base }: Spans, length: number): Spans {
  let [from, to] = [Number.POSITIVE_INFINITY, base];
  for (let i = 0; i < length; i++) {
    from = Math.min(from, offsets[i] as number);
    to = Math.max(to, (offsets[i] as number) + (lengths[i] as number));
  }
  if (length === 0) from = base;
  return { lines, offsets, lengths, bytes: bytes.subarray(from - base, to - base), base: from };
}
