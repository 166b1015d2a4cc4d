import { INERT_CONTEXT, type Log, type StageContext } from "../../contract/context.ts";
import { DativoError } from "../../contract/errors.ts";
import { type Reject, requireReject } from "../../contract/reject.ts";
import type { Storage } from "../../contract/storage.ts";
import type { Header, Reply } from "../frame.ts";
import { nameOf, type Plugin } from "../plugin.ts";
import { parseAsset } from "../wire-config.ts";
import { type Ask, AskedStorage } from "./asked-storage.ts";
import type { HostedPlayer, MakePlayer } from "./hosted-player.ts";

type Tell = (level: keyof Log, message: string, fields?: Header) => void;

/** The one plugin of this process: loaded, made, asked, closed. */
export class PluginHost {
  isClosed = false;
  readonly #abort = new AbortController();
  readonly #tell: Tell;
  readonly #storage: Storage;
  #name = "";
  #make: MakePlayer | undefined;
  #player: HostedPlayer | undefined;
  #rejects: Reject[] = [];
  #filtered = 0;

  constructor(tell: Tell, ask: Ask) {
    this.#tell = tell;
    this.#storage = new AskedStorage(ask);
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
        await this.#close();
        return { header: {} };
      default:
        return (this.#player as HostedPlayer).answer(verb, header, body);
    }
  }

  /** Its own fault while it is closed does not make it one that has died. */
  async #close(): Promise<void> {
    try {
      await this.#player?.close();
    } finally {
      this.isClosed = true;
    }
  }

  async #load(plugin: Plugin): Promise<Reply> {
    const load =
      plugin.kind === "library"
        ? (await import("./load-library.ts")).loadLibrary
        : (await import("./load-script.ts")).loadScript;
    const { make, told } = await load(plugin);
    this.#make = make;
    this.#name = nameOf(plugin);
    return { header: told };
  }

  #context({ tempDir, contract }: Header): StageContext {
    const say = (level: keyof Log) => (message: string, fields?: Header) => this.#tell(level, message, fields);
    return {
      ...INERT_CONTEXT,
      signal: this.#abort.signal,
      log: { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") },
      tempDir: String(tempDir),
      storage: this.#storage,
      ...(contract === undefined ? {} : { contract: parseAsset(contract) }),
      reject: (reject) => {
        requireReject(reject, this.#name);
        this.#rejects.push(reject);
      },
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
