import { Document } from "yaml";

/** A document as YAML text, with comment lines at its head. */
export function formatYaml(value: Readonly<Record<string, unknown>>, comments: readonly string[] = []): string {
  const document = new Document(value);
  document.commentBefore = comments.map((line) => ` ${line}`).join("\n");
  return document.toString({ lineWidth: 0 });
}
