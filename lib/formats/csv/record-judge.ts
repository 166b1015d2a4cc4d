import type { Fault } from "../../contract/reject.ts";
import { QUOTES_FIT, TEXT_AFTER_QUOTE } from "./record-list.ts";
import type { Stretch } from "./stretch.ts";

export interface Expectation {
  /** Number of fields. */
  readonly fields: number;
  /** What says so: `the header has 5`. */
  readonly reason: string;
  readonly allowNul: boolean;
}

/**
 * What is wrong with the records of a stretch, by their numbers in it: text that is not in the encoding, U+0000, odd
 * quotes, a wrong number of fields. What the whole stretch is free of is not looked for in each record.
 */
export function judgeRecords(stretch: Stretch, expected: Expectation): ReadonlyMap<number, readonly Fault[]> {
  const { records, encoding, bytes } = stretch;
  const judged = new Map<number, readonly Fault[]>();
  const isValid = encoding.isValid(bytes);
  const hasNul = !expected.allowNul && holdsNul(stretch, bytes);
  for (let i = 0; i < records.length; i++) {
    const quotes = records.quoteFaults[i] as number;
    const fields = records.fields[i] as number;
    if (isValid && !hasNul && quotes === QUOTES_FIT && fields === expected.fields) continue;
    const faults: Fault[] = [];
    if (!isValid && !encoding.isValid(stretch.raw(i))) faults.push(fault("encoding", `is not ${encoding.name}`));
    if (hasNul && holdsNul(stretch, stretch.raw(i))) faults.push(fault("nul", "holds the character U+0000"));
    if (quotes !== QUOTES_FIT) faults.push(fault("quote", describeQuotes(quotes, fields)));
    else if (fields !== expected.fields) faults.push(fault("fields", `has ${countFields(fields)}, ${expected.reason}`));
    if (faults.length > 0) judged.set(i, faults);
  }
  return judged;
}

/** A zero byte is the character U+0000 only where a unit is a byte. */
function holdsNul({ encoding }: Stretch, bytes: Buffer): boolean {
  return bytes.includes(0) && encoding.forParser(bytes).includes(0);
}

function fault(rule: string, reason: string): Fault {
  return { column: null, rule, reason };
}

function describeQuotes(quotes: number, field: number): string {
  return quotes === TEXT_AFTER_QUOTE
    ? `has text behind the closing quote of field ${field}`
    : `has a quote inside field ${field}, which does not begin with one`;
}

function countFields(fields: number): string {
  return fields === 1 ? "1 field" : `${fields} fields`;
}
