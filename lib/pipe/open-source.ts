import { SourceConfig } from "../contract/config.ts";
import { DativoError } from "../contract/errors.ts";
import type { BaseReader } from "../contract/reader.ts";
import type { Storage } from "../contract/storage.ts";
import { BUILTIN_READERS } from "../plugin/builtin.ts";
import { kindOfFiles } from "./kind-of-files.ts";
import type { PipeRequest } from "./pipe-request.ts";
import { requireFormat } from "./require-format.ts";
import { isStandard } from "./standard.ts";

type Source = Pick<PipeRequest, "sources" | "from" | "fromOptions">;

/** The reader of a source. */
export async function openSource(source: Source, storage: Storage): Promise<BaseReader> {
  const { sources, from, fromOptions } = source;
  if (from !== undefined) requireFormat(from);
  if (isStandard(sources)) {
    if (sources.length > 1) throw mixed();
    const options = { ...fromOptions, ...(from === undefined ? {} : { format: from }) };
    return readerOf("stdin", new SourceConfig({ type: "stdin", engine: { options } }));
  }
  const { format, options } = await kindOfFiles(source, storage);
  const files = sources.map((path) => ({ path }));
  return readerOf(format, new SourceConfig({ type: format, files, engine: { options } }));
}

async function readerOf(type: string, config: SourceConfig): Promise<BaseReader> {
  const readerClass = await (BUILTIN_READERS[type] as NonNullable<(typeof BUILTIN_READERS)[string]>)();
  return new readerClass(config);
}

function mixed(): DativoError {
  return new DativoError("DTV_OPTION_INVALID", "Standard input (-) cannot be one of several sources", {
    hint: "Name files only, or pipe all of them in: cat a.jsonl b.jsonl | dativo pipe",
  });
}
