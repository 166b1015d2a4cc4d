/** Files made by hand: any bytes in any frame. */
import avsc from "avsc";

export const SYNC: Buffer = Buffer.from("0123456789abcdef");

/** A number as Avro writes it. */
export function long(value: number | bigint): Buffer {
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  const bytes: number[] = [];
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

export function sized(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([long(bytes.length), bytes]);
}

export interface Block {
  readonly count: number | bigint;
  readonly data: Buffer;
  readonly size?: number | bigint;
  readonly sync?: Buffer;
}

export function header(schema: unknown, codec?: string): Buffer {
  const entries = Object.entries({ "avro.schema": JSON.stringify(schema), ...(codec ? { "avro.codec": codec } : {}) });
  const texts = entries.flatMap(([key, value]) => [sized(key), sized(value)]);
  return Buffer.concat([Buffer.from("Obj\u0001"), long(entries.length), ...texts, long(0), SYNC]);
}

export function block({ count, data, size = data.length, sync = SYNC }: Block): Buffer {
  return Buffer.concat([long(count), long(size), data, sync]);
}

export function file(schema: unknown, blocks: readonly Block[], codec?: string): Buffer {
  return Buffer.concat([header(schema, codec), ...blocks.map(block)]);
}

/** A record of one field. */
export function recordOf(type: unknown, name = "a"): object {
  return { type: "record", name: "r", fields: [{ name, type }] };
}

/** A file of one field, its values encoded by avsc, which passes over logical types that it is not told of. */
export function valuesFile(type: unknown, values: readonly unknown[]): Buffer {
  const schema = recordOf(type);
  const codec = avsc.Type.forSchema(schema as avsc.Schema, { typeHook: exactLongs, wrapUnions: "always" } as never);
  const data = Buffer.concat(values.map((a) => codec.toBuffer({ a })));
  return file(schema, [{ count: values.length, data }]);
}

const exactLong = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint | number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === "bigint",
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

/** Longs as bigints, in avsc, also where they have a logical type. */
export function exactLongs(schema: avsc.Schema): avsc.Type | undefined {
  const type = typeof schema === "object" && "type" in schema ? schema.type : schema;
  return (type as unknown) === "long" ? exactLong : undefined;
}
