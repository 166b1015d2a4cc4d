/** Views of text and bytes (https://arrow.apache.org/docs/format/Columnar.html#variable-size-binary-view-layout). */
import type { ArrowField } from "./arrow-field.ts";
import { type ArrowSource, invalid, need } from "./read-cells.ts";

const VIEW_BYTES = 16;
/** A value that is no longer stands in its view. */
const INLINE_BYTES = 12;
/** The buffers behind validity and views. */
const FIRST_DATA = 2;

export function readViews(
  array: ArrowSource,
  field: ArrowField,
  text: boolean,
  first: number,
  count: number,
  isNull: (index: number) => boolean = () => false,
): unknown[] {
  const views = need(array, field, 1, first * VIEW_BYTES, (first + count) * VIEW_BYTES);
  return Array.from({ length: count }, (_, i) => {
    if (isNull(i)) return null;
    const bytes = bytesOf(array, field, views, i * VIEW_BYTES);
    return text ? decodeText(bytes, field) : new Uint8Array(bytes);
  });
}

function bytesOf(array: ArrowSource, field: ArrowField, views: Buffer, at: number): Buffer {
  const length = views.readInt32LE(at);
  if (length < 0) return invalid(field, `has a value of ${length} bytes`);
  if (length <= INLINE_BYTES) return views.subarray(at + 4, at + 4 + length);
  const [buffer, offset] = [views.readInt32LE(at + 8), views.readInt32LE(at + 12)];
  if (buffer < 0 || offset < 0) return invalid(field, "has a view of nothing");
  return need(array, field, FIRST_DATA + buffer, offset, offset + length);
}

function decodeText(bytes: Buffer, field: ArrowField): string {
  const text = bytes.toString("utf8");
  // What is not UTF-8 comes out as U+FFFD, which a text may also hold.
  return text.includes("\ufffd") && Buffer.compare(Buffer.from(text), bytes) !== 0
    ? invalid(field, "holds text that is not UTF-8")
    : text;
}
