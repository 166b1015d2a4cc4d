import type { StageContext } from "../../contract/context.ts";
import { DativoError } from "../../contract/errors.ts";
import type { Reply } from "../frame.ts";
import { packValue, unpackValue } from "../wire-value.ts";

/** A player of a script; what its hooks return goes back as it is, for the other process to check. */
export type ScriptPlayer = { ctx: StageContext } & Readonly<Record<string, unknown>>;

/** @throws DativoError DTV_PLUGIN_CLASS when it has not the one hook that it must have */
export function prepareScript(player: ScriptPlayer, hook: string, name: string, context: StageContext): void {
  if (typeof player[hook] !== "function") {
    throw new DativoError("DTV_PLUGIN_CLASS", `${name} has no ${hook}()`, { culprit: name });
  }
  player.ctx = context;
}

/** Calls the hook of a question that names it and brings its values. */
export async function answerCall(player: ScriptPlayer, hook: unknown, body: Uint8Array): Promise<Reply> {
  return { header: {}, body: packValue(await callHook(player, String(hook), unpackValue(body) as unknown[])) };
}

export async function callHook(player: ScriptPlayer, hook: string, values: readonly unknown[]): Promise<unknown> {
  return (player[hook] as (...values: readonly unknown[]) => unknown).apply(player, [...values]);
}

/** The answer to a call of which nobody takes the result: it may be anything, as a connection that was opened. */
export const DONE: Reply = { header: {}, body: packValue(undefined) };
