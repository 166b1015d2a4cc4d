import type { StandardStreams } from "../contract/standard-streams.ts";
import { hashInWebAssembly } from "./content-hash.ts";
import type { ReadObserver } from "./local.ts";
import { StandardInput } from "./standard-input.ts";
import { StandardOutput } from "./standard-output.ts";

export interface StandardOptions {
  /** Whether what is read is hashed, so that it is known again. */
  readonly isHashed?: boolean | undefined;
  readonly observe?: ReadObserver | undefined;
}

/** Standard input and output of this process, each made when somebody asks for it. */
export function standardStreams(options: StandardOptions = {}): StandardStreams {
  let input: StandardInput | undefined;
  let output: StandardOutput | undefined;
  return {
    input: () => (input ??= new StandardInput(options)),
    output: () => (output ??= new StandardOutput()),
    proof: undefined,
    hash: hashInWebAssembly,
  };
}
