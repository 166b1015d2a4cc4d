import { kindOfName } from "../../formats/kind-of-name.ts";
import { STANDARD } from "../../pipe/standard.ts";
import { flow } from "../flow.ts";
import { type PipeFlags, requestOf, takingWhatComes } from "../pipe-flags.ts";
import { shownFormat } from "../stream-format.ts";
import type { Terminal } from "../terminal.ts";

/** A filter: records from standard input or files, to standard output or a file. */
export async function pipeCommand(flags: PipeFlags, terminal: Terminal, sources: readonly string[]): Promise<number> {
  const request = requestOf(flags, sources);
  const { out = STANDARD, to } = flags;
  if (out === STANDARD) return flow({ ...takingWhatComes(request), to: to ?? shownFormat() }, flags, terminal);
  return flow({ ...request, out, to: to ?? kindOfName(out)?.format }, flags, terminal);
}
