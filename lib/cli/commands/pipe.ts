import { STANDARD } from "../../pipe/standard.ts";
import { flow } from "../flow.ts";
import { type PipeFlags, requestOf, takingWhatComes } from "../pipe-flags.ts";
import { shownFormat } from "../stream-format.ts";
import type { Terminal } from "../terminal.ts";

/** A filter: records from standard input or files, to standard output or a file. */
export async function pipeCommand(flags: PipeFlags, terminal: Terminal, sources: readonly string[]): Promise<number> {
  const request = requestOf(flags, sources);
  const { out = STANDARD } = flags;
  if (out === STANDARD) return flow({ ...takingWhatComes(request), to: flags.to ?? shownFormat() }, flags, terminal);
  return flow({ ...request, out }, flags, terminal);
}
