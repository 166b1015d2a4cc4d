import { COMPRESSION_SUFFIXES } from "../contract/compression.ts";
import { FORMATS, type FormatName, knownFormat } from "./formats.ts";

/** What a file name tells of its content. */
export interface KindOfName {
  readonly format: FormatName;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Endings that say how a file is compressed, and nothing of what is in it. */
const COMPRESSIONS: ReadonlySet<string> = new Set(Object.values(COMPRESSION_SUFFIXES));

/** The format that the ending of a name stands for; undefined when it stands for none. */
export function kindOfName(path: string): KindOfName | undefined {
  const suffixes = (path.split(/[/\\]/).at(-1) as string).toLowerCase().split(".").slice(1);
  const suffix = suffixes.filter((each) => !COMPRESSIONS.has(each)).at(-1) ?? "";
  for (const format of Object.keys(FORMATS) as FormatName[]) {
    if (!knownFormat(format).extensions.includes(suffix)) continue;
    return { format, options: suffix === "tsv" ? { delimiter: "\t" } : {} };
  }
  return undefined;
}

/** Endings of names that are known. */
export function knownSuffixes(): string[] {
  return (Object.keys(FORMATS) as FormatName[]).flatMap((format) =>
    knownFormat(format).extensions.map((each) => `.${each}`),
  );
}
