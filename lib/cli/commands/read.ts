import { flow } from "../flow.ts";
import { type PipeFlags, requestOf } from "../pipe-flags.ts";
import { streamFormat } from "../stream-format.ts";
import type { Terminal } from "../terminal.ts";

/** The first process of a pipe: files to standard output. */
export async function readCommand(flags: PipeFlags, terminal: Terminal, sources: readonly string[]): Promise<number> {
  return flow({ ...requestOf(flags, sources), to: flags.to ?? streamFormat() }, flags, terminal);
}
