import koffi from "koffi";
import type { Schema } from "../contract/schema.ts";
import type { Property } from "../contract/types.ts";
import { membersOf } from "../formats/arrow/arrow-field.ts";
import { formatOf } from "../formats/arrow/arrow-type.ts";
import { ARROW_SCHEMA, NULLABLE } from "./layout.ts";
import { addressOf, fixedBytes, fixedText, pointerTable } from "./memory.ts";
import { encodeMetadata } from "./schema-metadata.ts";

/** An ArrowSchema that a library may read while the object is referenced. It stays ours: nobody releases it. */
export interface ExportedSchema {
  readonly struct: Buffer;
  readonly memory: readonly unknown[];
}

/** The schema of records as a struct type, with its own metadata and without that of its fields. */
export function exportSchema({ fields, metadata }: Schema): ExportedSchema {
  const exported = exportField({ name: "", type: { kind: "object", properties: fields }, nullable: false });
  const encoded = encodeMetadata(metadata);
  if (encoded) exported.struct.writeBigUInt64LE(addressOf(encoded), ARROW_SCHEMA.metadata);
  return { struct: exported.struct, memory: [exported.memory, encoded] };
}

/** Arrow's canonical name of text that holds JSON (https://arrow.apache.org/docs/format/CanonicalExtensions.html#json). */
const JSON_TEXT = { "ARROW:extension:name": "arrow.json", "ARROW:extension:metadata": "" };

function exportField({ name, type, nullable }: Property): ExportedSchema {
  const known = formatOf(type);
  // What has no declared inside goes as JSON text.
  const format = fixedText(known ?? "u");
  const metadata = known === undefined ? encodeMetadata(JSON_TEXT) : undefined;
  const label = fixedText(name);
  const children = membersOf(type).map(exportField);
  const table = pointerTable(children.map((child) => child.struct));
  const struct = fixedBytes(ARROW_SCHEMA.size);
  struct.writeBigUInt64LE(addressOf(format), ARROW_SCHEMA.format);
  struct.writeBigUInt64LE(addressOf(label), ARROW_SCHEMA.name);
  if (metadata) struct.writeBigUInt64LE(addressOf(metadata), ARROW_SCHEMA.metadata);
  struct.writeBigInt64LE(nullable ? NULLABLE : 0n, ARROW_SCHEMA.flags);
  struct.writeBigInt64LE(BigInt(children.length), ARROW_SCHEMA.children);
  struct.writeBigUInt64LE(children.length === 0 ? 0n : addressOf(table), ARROW_SCHEMA.childPointers);
  struct.writeBigUInt64LE(keepCallback(), ARROW_SCHEMA.release);
  return { struct, memory: [format, label, table, metadata, children] };
}

let callback: bigint | undefined;

/** A struct without a callback counts as released; this one is there to be seen, not called. */
function keepCallback(): bigint {
  callback ??= koffi.register(() => {}, koffi.pointer(koffi.proto("void dativo_keep_schema(void *)")));
  return callback;
}
