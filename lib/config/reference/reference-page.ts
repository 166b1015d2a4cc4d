import { z } from "zod";
import { factsOf, isOptional, unwrap } from "../document/declaration.ts";
import { DOCUMENTS, type DocumentKind } from "./json-schema.ts";

/** The Markdown reference page of a document, written from its declaration. */
export function referencePage(kind: DocumentKind): string {
  const schema: z.ZodType = DOCUMENTS[kind];
  const title = `# Keys of the ${kind} document\n\n${factsOf(schema).description}.\n`;
  const forms = schema instanceof z.ZodUnion ? (schema.options as z.ZodType[]) : [schema];
  const tables = forms.map((form) => {
    const heading = forms.length > 1 ? `\n## ${factsOf(form).description}\n` : "";
    return `${heading}\n${optionsTable(form)}`;
  });
  return `${title}${tables.join("")}`;
}

/** A table of the keys of a declaration. */
export function optionsTable(schema: z.ZodType): string {
  return table(rowsOf(schema));
}

interface Row {
  readonly key: string;
  readonly type: string;
  readonly fallback: string;
  readonly meaning: string;
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ key, type, fallback, meaning }) => `| \`${key}\` | ${type} | ${fallback} | ${meaning} |`);
  return ["| key | type | default | meaning |", "|---|---|---|---|", ...lines, ""].join("\n");
}

/** One row per key, those inside it below it. A type that holds itself is shown once. */
function rowsOf(schema: z.ZodType, at = "", above: readonly z.ZodType[] = []): Row[] {
  const type = unwrap(schema);
  if (above.includes(type)) return [];
  const within = [...above, type];
  if (type instanceof z.ZodArray) return rowsOf(type.element as z.ZodType, `${at}[]`, within);
  if (type instanceof z.ZodRecord) return rowsOf(type.valueType as z.ZodType, `${at}.*`, within);
  if (!(type instanceof z.ZodObject)) return [];
  return Object.entries(type.shape).flatMap(([key, child]) => {
    const path = at === "" ? key : `${at}.${key}`;
    return [rowOf(path, child as z.ZodType), ...rowsOf(child as z.ZodType, path, within)];
  });
}

function rowOf(key: string, schema: z.ZodType): Row {
  const { description = "", default: fallback, planned } = factsOf(schema);
  const required = isOptional(schema) ? "" : " **Required.**";
  return {
    key,
    type: escapeCell(typeName(unwrap(schema))),
    fallback: fallback === undefined ? "" : `\`${JSON.stringify(fallback)}\``,
    meaning: escapeCell(`${description}.${required}${planned === undefined ? "" : ` *Not built yet: ${planned}.*`}`),
  };
}

function typeName(type: z.ZodType): string {
  if (type instanceof z.ZodString) return "text";
  if (type instanceof z.ZodNumber) return type.format === "safeint" ? "whole number" : "number";
  if (type instanceof z.ZodBoolean) return "true or false";
  if (type instanceof z.ZodNull) return "null";
  if (type instanceof z.ZodEnum) return type.options.map(spell).join(", ");
  if (type instanceof z.ZodLiteral) return [...type.values].map(spell).join(", ");
  if (type instanceof z.ZodPipe) return typeName(unwrap(type.out as z.ZodType));
  if (type instanceof z.ZodArray) return `list of ${typeName(unwrap(type.element as z.ZodType))}`;
  if (type instanceof z.ZodUnion)
    return (type.options as z.ZodType[]).map((option) => typeName(unwrap(option))).join(" or ");
  if (type instanceof z.ZodObject || type instanceof z.ZodRecord) return "mapping";
  return "any";
}

/** A line end, or nothing at all, is not to be seen as it stands. */
function spell(value: unknown): string {
  const text = String(value);
  return /^[\x21-\x7e][ -\x7e]*$/.test(text) ? `\`${text}\`` : `\`${JSON.stringify(text)}\``;
}

/** A bar would end the cell. */
function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}
