import { INERT_CONTEXT, type Log, type StageContext } from "../../contract/context.ts";
import { DativoError } from "../../contract/errors.ts";
import type { Reject } from "../../contract/reject.ts";
import { findNativeReader, findNativeWriter } from "../../native/find-native.ts";
import type { Header } from "../frame.ts";
import type { Plugin } from "../plugin.ts";
import { parseAsset, parseSource, parseTarget } from "../wire-config.ts";
import type { HostedPlayer, MakePlayer, Reply } from "./hosted-player.ts";
import { HostedReader } from "./hosted-reader.ts";
import { HostedWriter } from "./hosted-writer.ts";

/** The one plugin of this process: loaded, made, asked, closed. */
export class PluginHost {
  isClosed = false;
  readonly #abort = new AbortController();
  readonly #tell: (level: keyof Log, message: string) => void;
  #make: MakePlayer | undefined;
  #player: HostedPlayer | undefined;
  #rejects: Reject[] = [];
  #filtered = 0;

  constructor(tell: (level: keyof Log, message: string) => void) {
    this.#tell = tell;
  }

  async answer(verb: string, header: Header, body: Uint8Array): Promise<Reply> {
    const reply = await this.#answer(verb, header, body);
    const { rejects, filtered } = this.#takeAside();
    return {
      ...reply,
      header: { ...reply.header, ...(rejects.length > 0 ? { rejects } : {}), ...(filtered > 0 ? { filtered } : {}) },
    };
  }

  async #answer(verb: string, header: Header, body: Uint8Array): Promise<Reply> {
    switch (verb) {
      case "load":
        return this.#load(header as unknown as Plugin);
      case "create":
        this.#player = this.#make?.(header, this.#context(header));
        return { header: {} };
      case "cancel":
        this.#abort.abort(new DativoError("DTV_CANCELLED", "The run was cancelled"));
        return { header: {} };
      case "close":
        await this.#player?.close();
        this.isClosed = true;
        return { header: {} };
      default:
        return (this.#player as HostedPlayer).answer(verb, header, body);
    }
  }

  #load({ file, symbol, role }: Plugin): Reply {
    if (role === "reader") {
      const { playerClass, sha256 } = findNativeReader(file, symbol);
      this.#make = (made, context) => new HostedReader(new playerClass(parseSource(made)), context);
      return { header: { sha256 } };
    }
    const { playerClass, sha256 } = findNativeWriter(file, symbol);
    if (playerClass.prototype.commitFiles) throw commitsItself(file, symbol);
    this.#make = (made, context) => {
      const { asset, target, outputBase } = parseTarget(made);
      return new HostedWriter(new playerClass(asset, target, outputBase), context);
    };
    return { header: { sha256 } };
  }

  #context({ tempDir, contract }: Header): StageContext {
    const say = (level: keyof Log) => (message: string) => this.#tell(level, message);
    return {
      ...INERT_CONTEXT,
      signal: this.#abort.signal,
      log: { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") },
      tempDir: String(tempDir),
      ...(contract === undefined ? {} : { contract: parseAsset(contract) }),
      reject: (reject) => void this.#rejects.push(reject),
      filtered: (count) => {
        this.#filtered += count;
      },
    };
  }

  #takeAside(): { rejects: Reject[]; filtered: number } {
    const taken = { rejects: this.#rejects, filtered: this.#filtered };
    this.#rejects = [];
    this.#filtered = 0;
    return taken;
  }
}

/** Its commit would have to outlive the child, and answer for itself after a crash of either process. */
function commitsItself(file: string, symbol: string): DativoError {
  return new DativoError(
    "DTV_NOT_BUILT",
    `${file}:${symbol} commits by itself, and such writers run in Dativo's own process for now`,
    { culprit: file, hint: "Leave plugins.sandbox.mode out." },
  );
}
