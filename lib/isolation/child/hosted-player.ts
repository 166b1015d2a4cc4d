import type { StageContext } from "../../contract/context.ts";
import type { Header, Reply } from "../frame.ts";

/** A player that answers questions from the other process. */
export interface HostedPlayer {
  answer(verb: string, header: Header, body: Uint8Array): Promise<Reply>;
  close(): Promise<void>;
}

export type MakePlayer = (made: Header, context: StageContext) => HostedPlayer;

export interface LoadedPlugin {
  readonly make: MakePlayer;
  /** For the other process: the digest of its file, and what a script says of itself. */
  readonly told: Header;
}
