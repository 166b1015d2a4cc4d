import type { Schema } from "../contract/schema.ts";
import { formatType } from "../contract/types.ts";
import type { CommitRecord } from "./record.ts";

/** How many fields are named. */
const MAX_NAMED = 5;

/** The fields of a schema with their types, as a record keeps them. */
export function fieldsOf(schema: Schema): Record<string, string> {
  return Object.fromEntries(
    schema.fields.map(({ name, type, lexical, nullable }) => [
      name,
      `${lexical ? "text" : formatType(type)}${nullable ? "" : " not null"}`,
    ]),
  );
}

/** Says so when records of one schema are added to records of another. */
export function describeSchemaChange(before: CommitRecord | undefined, after: CommitRecord): string | undefined {
  const [old, now] = [before?.schemaFingerprint, after.schemaFingerprint];
  if (after.mode === "overwrite" || old === undefined || now === undefined || old === now) return undefined;
  const changes = changesOf(before?.fields ?? {}, after.fields ?? {});
  const more = changes.length > MAX_NAMED ? `; and ${changes.length - MAX_NAMED} more` : "";
  const named = changes.slice(0, MAX_NAMED).join("; ") || "the fields have another order";
  return `The schema of what was loaded before differs: ${named}${more}; --full-refresh loads everything with one schema`;
}

function changesOf(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => {
    const [old, now] = [before, after].map((fields) => (Object.hasOwn(fields, name) ? fields[name] : undefined));
    if (old === now) return [];
    if (now === undefined) return [`'${name}' is gone`];
    return [old === undefined ? `'${name}' is new` : `'${name}' was ${old} and is ${now}`];
  });
}
