import { COMPRESSION_SUFFIXES, COMPRESSIONS } from "../contract/compression.ts";
import { DativoError } from "../contract/errors.ts";
import { FORMATS, type FormatName } from "../formats/formats.ts";

/**
 * The option that makes of a file what its name says: `out.csv.gz` is compressed with gzip.
 *
 * @throws DativoError DTV_OPTION_INVALID where it would be something else
 */
export function namedCompression(path: string, format: FormatName, asked: unknown): { readonly compression?: string } {
  const kind = COMPRESSIONS.find((each) => path.toLowerCase().endsWith(`.${COMPRESSION_SUFFIXES[each]}`));
  if (kind === undefined) return {};
  const suffix = `.${COMPRESSION_SUFFIXES[kind]}`;
  if (!FORMATS[format].isText) {
    throw misnamed(path, `${format} is compressed inside, and not as a whole file`, `Name it without ${suffix}.`);
  }
  if (kind === "brotli") throw misnamed(path, "brotli is read and not written", "Name it .gz or .zst.");
  if (asked !== undefined && asked !== kind) {
    throw misnamed(path, `its compression is to be ${String(asked)}`, `The name ends in ${suffix}, which is ${kind}.`);
  }
  return { compression: kind };
}

function misnamed(path: string, why: string, hint: string): DativoError {
  return new DativoError("DTV_OPTION_INVALID", `${path} would not be what its name says: ${why}`, {
    culprit: path,
    hint,
  });
}
