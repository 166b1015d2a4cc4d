import type { ReplayClass } from "../contract/reader.ts";
import type { TransformClass } from "../contract/transform.ts";
import type { WriterClass } from "../contract/writer.ts";

/** What the class of a script says of itself before there is one of it, told by the process that loaded it. */
export interface ReaderFacts {
  readonly replay: ReplayClass;
  /** It extends `FileReader`. */
  readonly readsFiles: boolean;
  /** It leaves the reading to `FileReader`, which can say what it would read. */
  readonly surveys: boolean;
}

export interface TransformFacts {
  readonly input: NonNullable<TransformClass["input"]>;
  /** Of `open` and `flush`, those that it has: the engine goes by that. */
  readonly hooks: readonly OptionalHook[];
}

export const OPTIONAL_HOOKS = ["open", "flush"] as const;
export type OptionalHook = (typeof OPTIONAL_HOOKS)[number];

export interface WriterFacts {
  readonly input: NonNullable<WriterClass["input"]>;
  /** It extends `FileWriter`, whose records are rows in the process of a script. */
  readonly writesFiles: boolean;
  readonly durableStaging: boolean;
  readonly settlesTypes: boolean;
  readonly commits: boolean;
  /** It can say whether its target has a commit. */
  readonly answers: boolean;
}
