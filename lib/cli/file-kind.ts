import { basename } from "node:path";
import { DativoError } from "../contract/errors.ts";

/** What a file name tells of its content. */
export interface FileKind {
  readonly connector: "csv" | "jsonl" | "parquet";
  readonly options: Readonly<Record<string, unknown>>;
  /** The name without folders and suffixes, as a job could be called. */
  readonly stem: string;
}

const KINDS: Readonly<Record<string, Omit<FileKind, "stem">>> = {
  csv: { connector: "csv", options: {} },
  tsv: { connector: "csv", options: { delimiter: "\t" } },
  jsonl: { connector: "jsonl", options: {} },
  ndjson: { connector: "jsonl", options: {} },
  parquet: { connector: "parquet", options: {} },
};

/** @throws DativoError DTV_CONFIG_INVALID when the name ends in nothing that is known. */
export function fileKindOf(path: string): FileKind {
  const [stem = "data", ...suffixes] = basename(path).split(".");
  const suffix = suffixes
    .filter((part) => part !== "gz")
    .at(-1)
    ?.toLowerCase();
  const kind = suffix === undefined ? undefined : KINDS[suffix];
  if (kind) return { ...kind, stem: nameOf(stem) };
  throw new DativoError("DTV_CONFIG_INVALID", `What ${path} holds cannot be told from its name`, {
    culprit: path,
    hint: `Known are ${Object.keys(KINDS)
      .map((name) => `.${name}`)
      .join(", ")}, each also with .gz.`,
  });
}

function nameOf(stem: string): string {
  return (
    stem
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "_")
      .replace(/^_+|_+$/g, "") || "data"
  );
}
