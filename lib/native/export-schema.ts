import koffi from "koffi";
import type { Field, Schema } from "../contract/schema.ts";
import type { Property } from "../contract/types.ts";
import { LEXICAL, membersOf } from "../formats/arrow/arrow-field.ts";
import { formatOf } from "../formats/arrow/arrow-type.ts";
import { ARROW_SCHEMA, NULLABLE } from "./layout.ts";
import { addressOf, fixedBytes, fixedText, keepBehind, pointerTable } from "./memory.ts";
import { encodeMetadata } from "./schema-metadata.ts";

/**
 * The schema of records as a struct type, with its own metadata and of that of its fields only how untyped ones lie there:
 * an ArrowSchema that a library may read while it is referenced. It stays ours: nobody releases it.
 */
export function exportSchema({ fields, metadata }: Schema): Buffer {
  return makeStruct({ name: "", type: { kind: "object", properties: fields }, nullable: false }, metadata);
}

/** Arrow's canonical name of text that holds JSON (https://arrow.apache.org/docs/format/CanonicalExtensions.html#json). */
const JSON_TEXT = { "ARROW:extension:name": "arrow.json", "ARROW:extension:metadata": "" };

function makeField(field: Property & Pick<Field, "metadata">): Buffer {
  const lexical = field.metadata?.[LEXICAL];
  const extension = formatOf(field.type) === undefined ? JSON_TEXT : {};
  return makeStruct(field, lexical === undefined ? extension : { [LEXICAL]: lexical });
}

function makeStruct({ name, type, nullable }: Property, facts: Schema["metadata"]): Buffer {
  // What has no declared inside goes as JSON text.
  const format = fixedText(formatOf(type) ?? "u");
  const metadata = encodeMetadata(facts);
  const label = fixedText(name);
  const children = membersOf(type).map(makeField);
  const table = pointerTable(children);
  const struct = fixedBytes(ARROW_SCHEMA.size);
  struct.writeBigUInt64LE(addressOf(format), ARROW_SCHEMA.format);
  struct.writeBigUInt64LE(addressOf(label), ARROW_SCHEMA.name);
  if (metadata) struct.writeBigUInt64LE(addressOf(metadata), ARROW_SCHEMA.metadata);
  struct.writeBigInt64LE(nullable ? NULLABLE : 0n, ARROW_SCHEMA.flags);
  struct.writeBigInt64LE(BigInt(children.length), ARROW_SCHEMA.children);
  struct.writeBigUInt64LE(children.length === 0 ? 0n : addressOf(table), ARROW_SCHEMA.childPointers);
  struct.writeBigUInt64LE(keepCallback(), ARROW_SCHEMA.release);
  return keepBehind(struct, [format, label, table, metadata]);
}

let callback: bigint | undefined;

/** A struct without a callback counts as released; this one is there to be seen, not called. */
function keepCallback(): bigint {
  callback ??= koffi.register(() => {}, koffi.pointer(koffi.proto("void dativo_keep_schema(void *)")));
  return callback;
}
