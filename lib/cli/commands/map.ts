import { flow } from "../flow.ts";
import { type PipeFlags, requestOf, takingWhatComes } from "../pipe-flags.ts";
import { streamFormat } from "../stream-format.ts";
import type { Terminal } from "../terminal.ts";

/** A process in the middle of a pipe: a script over every record of standard input. */
export async function mapCommand(flags: PipeFlags, terminal: Terminal, scripts: readonly string[]): Promise<number> {
  const request = takingWhatComes(requestOf(flags));
  const { steps } = request;
  const to = flags.to ?? streamFormat();
  return flow({ ...request, to, steps: { ...steps, maps: [...scripts, ...steps.maps] } }, flags, terminal);
}
