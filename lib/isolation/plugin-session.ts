import type { StageContext } from "../contract/context.ts";
import { isObjectUri } from "../storage/object/object-uri.ts";
import { projectRoot } from "../storage/project-root.ts";
import { TempFolder } from "../storage/temp-folder.ts";
import type { Access } from "./child-command.ts";
import type { Header } from "./frame.ts";
import { NamedFiles } from "./named-files.ts";
import type { Limits, Plugin } from "./plugin.ts";
import { type Answer, PluginProcess, type Serve } from "./plugin-process.ts";
import { withinBounds } from "./sandbox-command.ts";
import { ServedStorage } from "./served-storage.ts";
import { parseReject } from "./wire-reject.ts";
import { packValue, unpackValue } from "./wire-value.ts";

/** What a player is made of in its process, and what it may reach there. */
export interface Made {
  readonly context: StageContext;
  readonly header: Header;
  readonly access: Omit<Access, "tempDir">;
}

/** One player in a process of its own, which is started, and the player made in it, when it is first asked. */
export class PluginSession {
  readonly #plugin: Plugin;
  readonly #limits: Limits;
  /** Asked when the player is needed: until then it has not its context. */
  readonly #made: () => Made;
  #process: PluginProcess | undefined;
  #ready: Promise<unknown> | undefined;
  #context: StageContext | undefined;
  /** In a sandbox it shares that of nobody. */
  #temporary: TempFolder | undefined;
  #files: ServedStorage | undefined;

  constructor(plugin: Plugin, limits: Limits, made: () => Made) {
    this.#plugin = plugin;
    this.#limits = limits;
    this.#made = made;
  }

  /** @throws DativoError also when the process ends */
  async ask(verb: string, hook: string, header: Header = {}, body?: Uint8Array): Promise<Answer> {
    const process = this.#start();
    await this.#ready;
    return process.ask(verb, hook, header, body);
  }

  /** Calls a method of a script with values, and gives what it returns. */
  async call(hook: string, ...values: readonly unknown[]): Promise<unknown> {
    const answer = await this.ask("call", hook, { hook }, packValue(values));
    this.handOver(answer);
    return unpackValue(answer.body);
  }

  /**
   * What a generator that `hook` gave yields: the next is asked for when one is taken, so that both processes work, and no
   * more than that is made.
   */
  async *readAhead(stream: unknown, hook: string): AsyncGenerator<Answer> {
    const next = (): Promise<Answer> => {
      const answer = this.ask("next", hook, { stream });
      // One that fails after the last was taken is met by nobody.
      answer.catch(() => {});
      return answer;
    };
    try {
      for (let ahead = next(); ; ) {
        const answer = await ahead;
        const isEnd = answer.result["end"] === true;
        if (!isEnd) ahead = next();
        this.handOver(answer);
        yield answer;
        if (isEnd) return;
      }
    } finally {
      // It may have ended with the error that is on its way to the caller.
      await this.ask("return", hook, { stream }).catch(() => {});
    }
  }

  /** Passes on what the player told its context beside the answer. */
  handOver({ result }: Answer): void {
    const { rejects = [], filtered = 0 } = result as { rejects?: readonly unknown[]; filtered?: number };
    for (const reject of rejects) this.#context?.reject(parseReject(reject));
    if (filtered > 0) this.#context?.filtered(filtered);
  }

  async close(): Promise<void> {
    try {
      await this.#process?.close();
    } finally {
      await this.#files?.close();
      await this.#temporary?.close();
    }
  }

  /** Libraries open files by themselves. */
  #serve({ storage }: StageContext, access: Access): Serve | undefined {
    if (this.#plugin.kind === "library") return undefined;
    const files = new ServedStorage(storage, namedFiles(this.#plugin, access, this.#limits));
    this.#files = files;
    return (...question) => files.answer(...question);
  }

  #start(): PluginProcess {
    if (this.#process) return this.#process;
    const { context, header, access } = this.#made();
    if (this.#limits.sandbox) this.#temporary = TempFolder.createIn(context.tempDir);
    const tempDir = this.#temporary?.path ?? context.tempDir;
    const reach = { ...access, tempDir };
    const process = new PluginProcess(this.#plugin, context, this.#limits, reach, this.#serve(context, reach));
    this.#process = process;
    this.#context = context;
    this.#ready = process
      .ask("load", "load", { ...this.#plugin })
      .then(() => process.ask("create", "constructor", { ...header, tempDir }));
    return process;
  }
}

/** What a script has of the files of its stage: in the sandbox not its project, and no more than the bounds let it have. */
function namedFiles({ file }: Plugin, access: Access, { sandbox }: Limits): NamedFiles {
  const { named, writes, tempDir, cwd } = access;
  const temporary = tempDir === undefined ? [] : [tempDir];
  if (!sandbox) return new NamedFiles(named, [...projectRoot(file), ...writes, ...temporary], cwd);
  const bounded = withinBounds(access, sandbox).access;
  const objects = named.filter(isObjectUri);
  return new NamedFiles([...bounded.named, ...objects], [...bounded.writes, ...temporary], cwd, { isHeld: true });
}

/** Every text in a configuration. */
export function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
