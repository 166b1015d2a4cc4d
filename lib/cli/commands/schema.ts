import { DOCUMENT_KINDS, type DocumentKind, jsonSchemaOf } from "../../config/reference/json-schema.ts";
import { DativoError } from "../../contract/errors.ts";
import { didYouMean } from "../../contract/options.ts";
import { EXIT } from "../exit-code.ts";
import { printJson } from "../print-json.ts";
import type { GlobalOptions } from "../program.ts";
import type { Terminal } from "../terminal.ts";

/** Prints the JSON Schema of a document, which editors use to complete and to check. */
export async function schemaCommand(
  _flags: GlobalOptions,
  _terminal: Terminal,
  [kind = ""]: readonly string[],
): Promise<number> {
  if (!isKind(kind)) {
    throw new DativoError("DTV_CONFIG_INVALID", `There is no document '${kind}'${didYouMean(kind, DOCUMENT_KINDS)}`, {
      hint: `The documents are ${DOCUMENT_KINDS.join(", ")}.`,
    });
  }
  printJson(jsonSchemaOf(kind));
  return EXIT.done;
}

function isKind(text: string): text is DocumentKind {
  return (DOCUMENT_KINDS as readonly string[]).includes(text);
}
