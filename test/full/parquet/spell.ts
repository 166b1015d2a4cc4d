import type { Schema } from "../../../lib/contract/schema.ts";
import type { DataType } from "../../../lib/contract/types.ts";

/** A cell as `read_files.py` spells the value that says the same. */
export function spell(type: DataType, cell: unknown): unknown {
  if (cell === null) return null;
  switch (type.kind) {
    case "string":
      return `text:${cell}`;
    case "integer":
      return `int:${cell}`;
    case "double": {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleBE(cell as number);
      return `double:${bytes.toString("hex")}`;
    }
    case "boolean":
      return `bool:${cell}`;
    case "decimal":
      return `decimal:${cell}`;
    case "date":
      return `date:${cell}`;
    case "time":
      return `time:${cell}`;
    case "timestamp":
      return `stamp:${cell}`;
    case "binary":
      return `bytes:${Buffer.from(cell as Uint8Array).toString("hex")}`;
    case "array":
      return (cell as unknown[]).map((item) => spell(type.items as DataType, item));
    case "object":
      return Object.fromEntries(
        (type.properties ?? []).map((member) => [
          member.name,
          spell(member.type, (cell as Record<string, unknown>)[member.name]),
        ]),
      );
  }
}

/** Columns by their names. */
export function spellAll(schema: Schema, columns: readonly (readonly unknown[])[]): Spelled {
  return Object.fromEntries(
    schema.fields.map(({ name, type }, i) => [name, (columns[i] ?? []).map((cell) => spell(type, cell))]),
  );
}

export type Spelled = Record<string, unknown[]>;
