/** Messages of a stream, and the footer of a file (Message.fbs, Schema.fbs, File.fbs). The numbers are those of the slots. */
import { Builder } from "flatbuffers";
import type { ArrowColumn } from "../arrow-column.ts";
import { KIND, METADATA_VERSION } from "./message.ts";
import { addMetadata, addSchema, type WireField } from "./write-schema.ts";

export interface WrittenMessage {
  /** To be written one after another. */
  readonly bytes: readonly Uint8Array[];
  /** Prefix and metadata, without the body. */
  readonly headBytes: number;
  readonly bodyBytes: number;
}

export interface FileBlock {
  readonly at: number;
  readonly headBytes: number;
  readonly bodyBytes: number;
}

type Texts = Readonly<Record<string, string>>;

/** The mark that a stream ends with. */
export const END_OF_STREAM = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0);
const PREFIX_BYTES = 8;
const PADDING = new Uint8Array(8);

export function schemaMessage(fields: readonly WireField[], metadata: Texts): WrittenMessage {
  const builder = new Builder(1024);
  return wrap(builder, KIND.schema, addSchema(builder, fields, metadata), []);
}

export function batchMessage(columns: readonly ArrowColumn[], length: number, metadata: Texts = {}): WrittenMessage {
  const builder = new Builder(1024);
  const all = columns.flatMap(withInner);
  const buffers = all.flatMap((column) => column.buffers.map((buffer) => buffer ?? PADDING.subarray(0, 0)));
  const nodes = structs(builder, all, 16, ({ length, nullCount }) => {
    builder.writeInt64(BigInt(nullCount));
    builder.writeInt64(BigInt(length));
  });
  const ends = endsOf(buffers);
  const regions = structs(builder, buffers, 16, (buffer, index) => {
    builder.writeInt64(BigInt(buffer.length));
    builder.writeInt64(BigInt(ends[index - 1] ?? 0));
  });
  builder.startObject(5);
  builder.addFieldInt64(0, BigInt(length), 0n);
  builder.addFieldOffset(1, nodes, 0);
  builder.addFieldOffset(2, regions, 0);
  return wrap(builder, KIND.batch, builder.endObject(), buffers, metadata);
}

/** What stands at the end of a file: schema, places of the batches, length of this, magic. */
export function fileFooter(fields: readonly WireField[], metadata: Texts, batches: readonly FileBlock[]): Uint8Array {
  const builder = new Builder(1024);
  const blocks = structs(builder, batches, 24, ({ at, headBytes, bodyBytes }) => {
    builder.writeInt64(BigInt(bodyBytes));
    builder.pad(4);
    builder.writeInt32(headBytes);
    builder.writeInt64(BigInt(at));
  });
  const dictionaries = structs(builder, [], 24, () => {});
  const schema = addSchema(builder, fields, metadata);
  builder.startObject(5);
  builder.addFieldInt16(0, METADATA_VERSION, 0);
  builder.addFieldOffset(1, schema, 0);
  builder.addFieldOffset(2, dictionaries, 0);
  builder.addFieldOffset(3, blocks, 0);
  builder.finish(builder.endObject());
  const footer = builder.asUint8Array();
  const tail = Buffer.from("\0\0\0\0ARROW1", "latin1");
  tail.writeInt32LE(footer.length);
  return Buffer.concat([footer, tail]);
}

function wrap(
  builder: Builder,
  kind: number,
  header: number,
  buffers: readonly Uint8Array[],
  metadata: Texts = {},
): WrittenMessage {
  const pairs = addMetadata(builder, metadata);
  const bodyBytes = endsOf(buffers).at(-1) ?? 0;
  builder.startObject(5);
  builder.addFieldInt16(0, METADATA_VERSION, 0);
  builder.addFieldInt8(1, kind, 0);
  builder.addFieldOffset(2, header, 0);
  builder.addFieldInt64(3, BigInt(bodyBytes), 0n);
  builder.addFieldOffset(4, pairs, 0);
  builder.finish(builder.endObject());
  const head = prefixed(builder.asUint8Array());
  const body = buffers.filter(({ length }) => length > 0).flatMap((buffer) => [buffer, paddingOf(buffer.length)]);
  return { bytes: [head, ...body.filter(({ length }) => length > 0)], headBytes: head.length, bodyBytes };
}

/** Mark, length, and the metadata filled up so that the body begins at a multiple of eight. */
function prefixed(metadata: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(PREFIX_BYTES + padded(metadata.length));
  bytes.writeInt32LE(-1);
  bytes.writeInt32LE(bytes.length - PREFIX_BYTES, 4);
  bytes.set(metadata, PREFIX_BYTES);
  return bytes;
}

/** The column, and depth first what is inside of it. */
function withInner(column: ArrowColumn): ArrowColumn[] {
  return [column, ...column.children.flatMap(withInner)];
}

/** Where each buffer ends in the body, with what fills it up. */
function endsOf(buffers: readonly Uint8Array[]): number[] {
  let end = 0;
  return buffers.map(({ length }) => {
    end += padded(length);
    return end;
  });
}

/** Elements of a fixed width, written from the last, each from its last member. */
function structs<T>(
  builder: Builder,
  of: readonly T[],
  width: number,
  write: (value: T, index: number) => void,
): number {
  builder.startVector(width, of.length, 8);
  for (let index = of.length - 1; index >= 0; index--) write(of[index] as T, index);
  return builder.endVector();
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}

function paddingOf(length: number): Uint8Array {
  return PADDING.subarray(0, padded(length) - length);
}
