import { DativoError } from "../../contract/errors.ts";
import { kindOfName, knownSuffixes } from "../../formats/kind-of-name.ts";
import { STANDARD } from "../../pipe/standard.ts";
import { flow } from "../flow.ts";
import { type PipeFlags, requestOf } from "../pipe-flags.ts";
import type { Terminal } from "../terminal.ts";

/** One file into another of another format. */
export async function convertCommand(flags: PipeFlags, terminal: Terminal, files: readonly string[]): Promise<number> {
  const [source = STANDARD, target = STANDARD] = files;
  if (target !== STANDARD && flags.to === undefined && kindOfName(target) === undefined) throw unknown(target);
  return flow({ ...requestOf(flags, [source]), out: target }, flags, terminal);
}

function unknown(path: string): DativoError {
  return new DativoError("DTV_OPTION_INVALID", `What ${path} is to hold cannot be told from its name`, {
    culprit: path,
    hint: `Known are ${knownSuffixes().join(", ")}; or give the format with --to.`,
  });
}
