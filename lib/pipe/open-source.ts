import { SourceConfig } from "../contract/config.ts";
import { DativoError } from "../contract/errors.ts";
import { didYouMean } from "../contract/options.ts";
import type { BaseReader } from "../contract/reader.ts";
import type { Storage } from "../contract/storage.ts";
import { FORMAT_NAMES, type FormatName, isFormatName } from "../formats/formats.ts";
import { kindOfName } from "../formats/kind-of-name.ts";
import { RECOGNISED_BYTES, recogniseFormat } from "../formats/recognise-format.ts";
import { BUILTIN_READERS } from "../plugin/builtin.ts";
import type { PipeRequest } from "./pipe-request.ts";
import { isStandard } from "./standard.ts";

type Source = Pick<PipeRequest, "sources" | "from" | "fromOptions">;

/** The reader of a source. */
export async function openSource({ sources, from, fromOptions }: Source, storage: Storage): Promise<BaseReader> {
  if (from !== undefined) requireFormat(from);
  if (isStandard(sources)) {
    if (sources.length > 1) throw mixed();
    const options = { ...fromOptions, ...(from === undefined ? {} : { format: from }) };
    return readerOf("stdin", new SourceConfig({ type: "stdin", engine: { options } }));
  }
  const { format, options } = await formatOf(sources[0] as string, from, storage);
  const files = sources.map((path) => ({ path }));
  return readerOf(
    format,
    new SourceConfig({ type: format, files, engine: { options: { ...options, ...fromOptions } } }),
  );
}

/** @throws DativoError DTV_OPTION_INVALID for a format that there is not */
export function requireFormat(name: string): FormatName {
  if (isFormatName(name)) return name;
  throw new DativoError("DTV_OPTION_INVALID", `There is no format '${name}'${didYouMean(name, FORMAT_NAMES)}`, {
    culprit: name,
    hint: `The formats are ${FORMAT_NAMES.join(", ")}.`,
  });
}

async function readerOf(type: string, config: SourceConfig): Promise<BaseReader> {
  const readerClass = await (BUILTIN_READERS[type] as NonNullable<(typeof BUILTIN_READERS)[string]>)();
  return new readerClass(config);
}

/** By what was asked for, else by the name, else by the first bytes. */
export async function formatOf(
  path: string,
  from: string | undefined,
  storage: Storage,
): Promise<{ format: FormatName; options: Readonly<Record<string, unknown>> }> {
  const named = kindOfName(path);
  if (from !== undefined) return { format: requireFormat(from), options: named?.format === from ? named.options : {} };
  if (named) return named;
  const [first] = await storage.find(path);
  const file = await storage.open(first?.path ?? path);
  try {
    for await (const bytes of file.bytes()) return recogniseFormat(bytes.subarray(0, RECOGNISED_BYTES));
    return { format: "csv", options: {} };
  } finally {
    await file.close();
  }
}

function mixed(): DativoError {
  return new DativoError("DTV_OPTION_INVALID", "Standard input (-) cannot be one of several sources", {
    hint: "Name files only, or pipe all of them in: cat a.jsonl b.jsonl | dativo pipe",
  });
}
