import { createJiti, type Jiti } from "jiti";
import { DativoError } from "../../contract/errors.ts";
import { keepSourceMap } from "./source-maps.ts";

export const jiti: Jiti = createJiti(import.meta.url, {
  // A cache in a shared temporary folder could be written by others.
  fsCache: false,
  interopDefault: false,
  sourceMaps: true,
});

export interface Script {
  /** As stack traces and errors name it. */
  readonly shown: string;
  readonly file: string;
  readonly bytes: Uint8Array;
}

/**
 * A script of any kind as the body of a function that imports by `jitiImport` and `require`.
 *
 * @throws DativoError DTV_PLUGIN_LOAD for what does not parse
 */
export function transpile({ shown, file, bytes }: Script, isAsync: boolean): string {
  const source = new TextDecoder().decode(bytes).replace(/^#!/, "//");
  const ts = /\.[cm]?ts$/.test(file);
  const code = jiti.transform({ source, filename: file, ts, async: isAsync });
  if (code.startsWith("exports.__JITI_ERROR__")) throw syntaxError(shown, code);
  return keepSourceMap(shown, code);
}

/** Modules that a script names in so many words, of what {@link transpile} made of it. */
export function importsOf(code: string): string[] {
  const found = code.matchAll(/\b(?:jitiImport|require)\(\s*(["'`])((?:\\.|(?!\1)[^\\\n$])*)\1\s*\)/g);
  return [...new Set([...found].map((match) => match[2] as string))];
}

function syntaxError(shown: string, code: string): DativoError {
  const fault = JSON.parse(code.slice(code.indexOf("{"), code.lastIndexOf("}") + 1)) as {
    line: number;
    column: number;
    message: string;
  };
  const place = `${shown}:${fault.line}:${fault.column}`;
  return new DativoError(
    "DTV_PLUGIN_LOAD",
    `Plugin ${shown} could not be loaded: ${fault.message.trim()} at ${place}`,
    {
      culprit: place,
      hint: "Mend the syntax there.",
    },
  );
}
