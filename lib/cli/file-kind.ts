import { basename } from "node:path";
import { COMPRESSION_SUFFIXES } from "../contract/compression.ts";
import { DativoError } from "../contract/errors.ts";
import { type KindOfName, kindOfName, knownSuffixes } from "../formats/kind-of-name.ts";

/** What a file name tells of its content. */
export interface FileKind {
  readonly connector: KindOfName["format"];
  readonly options: Readonly<Record<string, unknown>>;
  /** The name without folders and suffixes, as a job could be called. */
  readonly stem: string;
}

/** @throws DativoError DTV_CONFIG_INVALID when the name ends in nothing that is known. */
export function fileKindOf(path: string): FileKind {
  const kind = kindOfName(path);
  const [stem = "data"] = basename(path).split(".");
  if (kind) return { connector: kind.format, options: kind.options, stem: nameOf(stem) };
  const compressed = Object.values(COMPRESSION_SUFFIXES).map((suffix) => `.${suffix}`);
  throw new DativoError("DTV_CONFIG_INVALID", `What ${path} holds cannot be told from its name`, {
    culprit: path,
    hint: `Known are ${knownSuffixes().join(", ")}, each also with ${compressed.join(", ")}.`,
  });
}

/** A text as a name that a file, a job and a table can have. */
function nameOf(stem: string): string {
  return (
    stem
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "_")
      .replace(/^_+|_+$/g, "") || "data"
  );
}
