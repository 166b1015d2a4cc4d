import type { PluginSources } from "../contract/plugin-sources.ts";
import type { ScriptOrigin } from "../plugin/script/script-modules.ts";
import type { Sandbox } from "./sandbox.ts";

/** A plugin that is to run in a process of its own. */
export interface Plugin {
  readonly file: string;
  /** Factory of a library, or class of a script. */
  readonly symbol: string;
  readonly role: "reader" | "transform" | "writer";
  readonly kind: "library" | "script";
  /** Of a script: where it was found, and what pins know it by. */
  readonly origin?: ScriptOrigin | undefined;
  readonly sources?: PluginSources | undefined;
}

/** A plugin that was found, whatever it is to do. */
export interface PluginPlace extends Omit<Plugin, "symbol" | "role"> {
  readonly name: string;
}

/** What its process is held to. */
export interface Limits {
  /** How long a stage may take to stop once the run is cancelled; its plugin is ended well before. */
  readonly graceMs: number;
  /** How long one call may take; undefined for as long as it likes. */
  readonly timeoutMs: number | undefined;
  /** Where the relative paths of a job begin. */
  readonly cwd: string;
  /** What holds it besides; undefined for nothing. */
  readonly sandbox?: Sandbox | undefined;
}

export function nameOf({ file, symbol, origin }: Plugin): string {
  return `${origin?.shown ?? file}:${symbol}`;
}
