import { DativoError } from "../contract/errors.ts";
import { didYouMean } from "../contract/options.ts";
import { FORMAT_NAMES, type FormatName, isFormatName } from "../formats/formats.ts";

/** @throws DativoError DTV_OPTION_INVALID for a format that there is not */
export function requireFormat(name: string): FormatName {
  if (isFormatName(name)) return name;
  throw new DativoError("DTV_OPTION_INVALID", `There is no format '${name}'${didYouMean(name, FORMAT_NAMES)}`, {
    culprit: name,
    hint: `The formats are ${FORMAT_NAMES.join(", ")}.`,
  });
}
