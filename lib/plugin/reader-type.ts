import type { SourceConfig } from "../contract/config.ts";
import { DativoError } from "../contract/errors.ts";
import { didYouMean } from "../contract/options.ts";
import { FORMATS } from "../formats/formats.ts";
import { kindOfName, knownSuffixes } from "../formats/kind-of-name.ts";
import { STORE_SCHEMES } from "../storage/object/object-uri.ts";

/**
 * The type of the reader that reads a source: of a store, the format of its files, as `file_format` or their names say. A
 * plugin reads whatever it is.
 *
 * @throws DativoError DTV_CONFIG_INVALID
 */
export function readerTypeOf({ type, fileFormat, files }: SourceConfig, custom?: string): string {
  if (custom !== undefined || !Object.hasOwn(STORE_SCHEMES, type)) return type;
  const known = Object.keys(FORMATS);
  if (fileFormat !== undefined) {
    if (known.includes(fileFormat)) return fileFormat;
    const near = didYouMean(fileFormat, known) || `; it reads ${known.join(", ")}`;
    throw invalid("source.file_format", `Connector '${type}' does not read '${fileFormat}'${near}`);
  }
  const [first, ...others] = new Set(files.map(({ path = "" }) => formatOf(path)));
  if (others.length === 0 && first !== undefined) return first;
  throw invalid("source.files", `The files are of several formats: ${[first, ...others].join(", ")}`);
}

function formatOf(path: string): string {
  const kind = kindOfName(path);
  // An ending that stands for options too: those are the job's to say.
  if (kind && Object.keys(kind.options).length === 0) return kind.format;
  throw invalid("source.file_format", `The name ${path} does not say its format: file_format is required`, path);
}

function invalid(culprit: string, message: string, path?: string): DativoError {
  const hint = path === undefined ? undefined : `Names that say it end with ${knownSuffixes().join(", ")}.`;
  return new DativoError("DTV_CONFIG_INVALID", message, { culprit, hint });
}
