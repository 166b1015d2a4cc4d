/**
 * Walks over the metadata of the messages of an Arrow stream, so that a count in damaged bytes is refused before
 * anything is allocated for it. The library that reads the messages afterwards trusts every count.
 *
 * Metadata are FlatBuffers (https://flatbuffers.dev/internals): a table has the offset of its fields in a vtable before
 * it, and a vector its count in front.
 */
const SCHEMA = 1;
const RECORD_BATCH = 3;
/** Lists and structs inside one another. */
const MAX_DEPTH = 100;
/** A record batch of more is none of ours, and its nodes are believed where there are no buffers. */
const MAX_ROWS = 2n ** 31n;

/** @throws RangeError for bytes that are no such stream */
export function checkStream(bytes: Uint8Array): void {
  for (let at = 0; ; ) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
    must(view.getInt32(0, true) === -1, "a message does not begin as one");
    const length = view.getInt32(4, true);
    if (length === 0) return;
    must(length > 0 && length <= view.byteLength - 8, "a message is longer than its bytes");
    const body = checkMessage(new DataView(view.buffer, view.byteOffset + 8, length));
    at += 8 + length;
    must(body >= 0n && body <= BigInt(bytes.length - at), "a body is longer than its bytes");
    at += Number(body);
  }
}

/** The length of the body that follows. */
function checkMessage(view: DataView): bigint {
  const message = new Table(view, view.getUint32(0, true));
  const [kind, header] = [message.byte(1), message.table(2)];
  must(header !== undefined, "a message is empty");
  if (kind === SCHEMA) checkFields(header, 1, 0, { left: view.byteLength / 4 });
  else if (kind === RECORD_BATCH) checkBatch(header);
  else must(false, `a message of kind ${kind} is none of ours`);
  return message.long(3);
}

function checkBatch(batch: Table): void {
  const nodes = batch.vector(1, 16);
  batch.vector(2, 16);
  must(batch.table(3) === undefined, "it is compressed");
  must(batch.vector(4, 8).count === 0, "it has views");
  for (let i = 0; i < nodes.count; i++) {
    const rows = batch.view.getBigInt64(nodes.start + i * 16, true);
    must(rows >= 0n && rows < MAX_ROWS, `a column of ${rows} values`);
  }
}

function checkFields(parent: Table, slot: number, depth: number, budget: { left: number }): void {
  must(depth <= MAX_DEPTH, "types are nested too deep");
  parent.vector(slot === 1 ? 2 : 6, 4);
  const fields = parent.vector(slot, 4);
  for (let i = 0; i < fields.count; i++) {
    // Damaged offsets may lead to the same field again and again.
    must(budget.left-- > 0, "there are more fields than bytes for them");
    const field = parent.at(fields.start + i * 4);
    must(field.table(4) === undefined, "it has dictionaries");
    checkFields(field, 5, depth + 1, budget);
  }
}

/** A table of FlatBuffers; a DataView throws RangeError for what lies outside the message. */
class Table {
  readonly view: DataView;
  readonly #start: number;
  readonly #vtable: number;

  constructor(view: DataView, start: number) {
    this.view = view;
    this.#start = start;
    this.#vtable = start - view.getInt32(start, true);
  }

  byte(slot: number): number {
    const place = this.#place(slot);
    return place === undefined ? 0 : this.view.getUint8(place);
  }

  long(slot: number): bigint {
    const place = this.#place(slot);
    return place === undefined ? 0n : this.view.getBigInt64(place, true);
  }

  table(slot: number): Table | undefined {
    const place = this.#place(slot);
    return place === undefined ? undefined : this.at(place);
  }

  /** The table that an offset leads to. */
  at(place: number): Table {
    return new Table(this.view, place + this.view.getUint32(place, true));
  }

  vector(slot: number, stride: number): { readonly start: number; readonly count: number } {
    const place = this.#place(slot);
    if (place === undefined) return { start: 0, count: 0 };
    const start = place + this.view.getUint32(place, true) + 4;
    const count = this.view.getUint32(start - 4, true);
    must(start + count * stride <= this.view.byteLength, "a list is longer than its message");
    return { start, count };
  }

  #place(slot: number): number | undefined {
    const entry = 4 + slot * 2;
    if (entry >= this.view.getUint16(this.#vtable, true)) return undefined;
    const offset = this.view.getUint16(this.#vtable + entry, true);
    return offset === 0 ? undefined : this.#start + offset;
  }
}

function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new RangeError(what);
}
