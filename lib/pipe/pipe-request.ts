import type { MapOptions } from "../contract/map-options.ts";
import type { BaseWriter } from "../contract/writer.ts";
import type { RejectPolicy } from "../stream/policy.ts";

type Options = Readonly<Record<string, unknown>>;

/** What is to flow from where to where. */
export interface PipeRequest {
  /** Files, patterns, or `-` for standard input; one kind of them. */
  readonly sources: readonly string[];
  /** Format of the source; by default told by its name or its first bytes. */
  readonly from?: string | undefined;
  readonly fromOptions: Options;
  /** A file, `-` for standard output, or who takes the records in their place. */
  readonly out: string | BaseWriter;
  /** Whether a file that is there may be replaced. */
  readonly mayReplace: boolean;
  /** Format of the target; by default told by its name, else that of the source where it is text, else JSON Lines. */
  readonly to?: string | undefined;
  readonly toOptions: Options;
  /** File of the contract that records are held to. */
  readonly asset?: string | undefined;
  readonly policy: RejectPolicy;
  /** File or `fd:N` that rejected records go to. */
  readonly rejects?: string | undefined;
  readonly steps: PipeSteps;
}

/** What is done to records on the way, in this order. */
export interface PipeSteps {
  readonly where?: string | undefined;
  readonly shape?: MapOptions | undefined;
  /** Scripts with a function or a transform, as `path.ts` or `path.ts:Name`. */
  readonly maps: readonly string[];
  readonly limit?: number | undefined;
}
