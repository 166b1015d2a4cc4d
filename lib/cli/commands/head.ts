import { flow } from "../flow.ts";
import { type PipeFlags, requestOf, takingWhatComes } from "../pipe-flags.ts";
import { shownFormat } from "../stream-format.ts";
import type { Terminal } from "../terminal.ts";

const DEFAULT_RECORDS = 10;

/** The first records. */
export async function headCommand(flags: PipeFlags, terminal: Terminal, sources: readonly string[]): Promise<number> {
  const request = takingWhatComes(requestOf({ ...flags, limit: flags.limit ?? DEFAULT_RECORDS }, sources));
  return flow({ ...request, to: flags.to ?? shownFormat() }, flags, terminal);
}
