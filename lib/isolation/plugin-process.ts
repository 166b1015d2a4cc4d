import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import type { Log } from "../contract/context.ts";
import { type DativoError, toDativoError } from "../contract/errors.ts";
import { onPluginExit } from "../storage/fail-point.ts";
import { type Access, childCommand, NO_ACCESS } from "./child-command.ts";
import { crashError } from "./crash-error.ts";
import { encodeFrame, type Frame, FrameReader, type Header, type Reply } from "./frame.ts";
import { LineSplitter } from "./line-splitter.ts";
import { type Limits, nameOf, type Plugin } from "./plugin.ts";
import { withinBounds } from "./sandbox-command.ts";
import { formatError, parseError } from "./wire-error.ts";

export interface Answer {
  readonly result: Header;
  readonly body: Uint8Array;
}

interface Question {
  readonly hook: string;
  timer: NodeJS.Timeout | undefined;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** The run that a plugin works for. */
export interface Run {
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** Answers what a plugin asks for. */
export type Serve = (verb: string, header: Header, body: Uint8Array) => Promise<Reply>;

const SERVES_NOTHING: Serve = async (verb) => {
  throw new RangeError(`A plugin may not ask to ${verb}`);
};

/** The ABI gives a plugin a second to return once it is cancelled; it gets twice that, and never the whole grace. */
const STOP_MS = 2000;
/** What is left in the pipes of a process that has ended is read for so long. */
const LAST_WORDS_MS = 200;
const LAST_WORDS = 10;
/** An answer that has arrived while this process was busy is read before a call counts as too long. */
const LATE_MS = 100;

/** Processes that run; none outlives this one. */
const alive = new Set<ChildProcess>();
const endAll = (): void => {
  for (const child of alive) child.kill("SIGKILL");
};
process.on("exit", endAll);
onPluginExit(endAll);

export function livePluginProcesses(): number {
  return alive.size;
}

/**
 * A plugin in a process of its own. Whatever becomes of that process, every question to it is answered, or rejected
 * with an error that names the plugin and how it ended.
 */
export class PluginProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #channel: Duplex;
  readonly #run: Run;
  readonly #limits: Limits;
  readonly #serve: Serve;
  readonly #questions = new Map<number, Question>();
  readonly #lastWords: string[] = [];
  readonly #ended: Promise<void>;
  #lastId = 0;
  #bytesHeard = 0;
  /** Questions of the plugin that are being answered. */
  #serving = 0;
  #closing = false;
  /** Why it cannot be asked any more. */
  #end: DativoError | undefined;
  /** Why we ended it ourselves. */
  #killed: string | undefined;

  constructor(plugin: Plugin, run: Run, limits: Limits, access: Access = NO_ACCESS, serve: Serve = SERVES_NOTHING) {
    run.signal.throwIfAborted();
    this.name = nameOf(plugin);
    this.#run = run;
    this.#limits = limits;
    this.#serve = serve;
    const { command, args, env } = childCommand(plugin, this.#bound(access), limits.sandbox);
    this.#child = spawn(command, args, {
      env,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    alive.add(this.#child);
    this.#channel = this.#child.stdio[3] as Duplex;
    this.#ended = this.#watch();
    run.signal.addEventListener("abort", this.#stop, { once: true });
  }

  /** Asks for one thing; `hook` is what a user knows it by. @throws DativoError also when the process ends */
  ask(verb: string, hook: string, header: Header = {}, body?: Uint8Array): Promise<Answer> {
    if (this.#end) return Promise.reject(this.#end);
    const id = ++this.#lastId;
    return new Promise<Answer>((resolve, reject) => {
      this.#questions.set(id, { hook, resolve, reject, timer: undefined });
      this.#limit(id, this.#limits.timeoutMs);
      try {
        this.#send({ id, verb, ...header }, body);
      } catch (error) {
        this.#take(id)?.reject(error);
      }
    });
  }

  /** Ends the plugin, then its process; nothing of it is left when this returns. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.#kill("it did not end when it was closed"), this.#limits.graceMs / 2);
    try {
      if (!this.#end) await this.ask("close", "close");
    } finally {
      this.#closing = true;
      this.#channel.end();
      await this.#ended;
      clearTimeout(timer);
      this.#run.signal.removeEventListener("abort", this.#stop);
    }
  }

  /** What a job names and its operator withholds would look to the plugin as if it could not be read. */
  #bound(access: Access): Access {
    const { sandbox } = this.#limits;
    if (!sandbox) return access;
    const bounded = withinBounds(access, sandbox);
    for (const path of bounded.withheld) {
      this.#run.log.warn(
        `${this.name} does not get ${path}, which lies outside of its job's folder and of DATIVO_SANDBOX_FOLDERS`,
      );
    }
    return bounded.access;
  }

  get #stopMs(): number {
    return Math.min(STOP_MS, this.#limits.graceMs / 2);
  }

  #send(header: Header, body?: Uint8Array): void {
    for (const piece of encodeFrame(header, body)) this.#channel.write(piece);
  }

  readonly #stop = (): void => {
    if (this.#end) return;
    this.#send({ verb: "cancel" });
    const kill = (): void => {
      this.#run.log.warn(`${this.name} did not stop within ${this.#stopMs} ms and its process was ended`);
      this.#kill(`it did not stop within ${this.#stopMs} ms after it was told to`);
    };
    const timer = setTimeout(() => this.#questions.size > 0 && kill(), this.#stopMs);
    this.#ended.then(() => clearTimeout(timer));
  };

  #limit(id: number, timeoutMs: number | undefined): void {
    const question = this.#questions.get(id);
    if (!question || timeoutMs === undefined) return;
    question.timer = setTimeout(() => this.#killUnlessHeard(id, question), timeoutMs);
  }

  /** What the plugin waits for here is not its time. */
  #killUnlessHeard(id: number, question: Question): void {
    if (this.#serving > 0) {
      this.#limit(id, this.#limits.timeoutMs);
      return;
    }
    const heard = this.#bytesHeard;
    question.timer = setTimeout(() => {
      if (this.#bytesHeard > heard) return this.#killUnlessHeard(id, question);
      return this.#kill(`${question.hook}() did not return within ${(this.#limits.timeoutMs ?? 0) / 1000} s`);
    }, LATE_MS);
  }

  #kill(why: string): void {
    this.#killed ??= why;
    this.#child.kill("SIGKILL");
  }

  /** Resolves when the process has ended and everything that it said was heard. */
  async #watch(): Promise<void> {
    const words = [this.#listen(this.#child.stdout), this.#listen(this.#child.stderr)];
    const frames = this.#readFrames();
    const failure = await new Promise<Error | undefined>((resolve) => {
      this.#child.once("exit", () => resolve(undefined));
      this.#child.once("error", resolve);
    });
    alive.delete(this.#child);
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise((resolve) => {
      timer = setTimeout(resolve, LAST_WORDS_MS);
    });
    await Promise.race([Promise.allSettled([...words, frames]), enough]);
    clearTimeout(timer);
    for (const pipe of [this.#child.stdout, this.#child.stderr, this.#channel]) pipe?.destroy();
    this.#bury(failure);
  }

  #bury(failure: Error | undefined): void {
    const { exitCode, signalCode } = this.#child;
    const [hook] = [...this.#questions.values()].map((question) => question.hook);
    const { name: plugin } = this;
    const death = { plugin, hook, exitCode, signal: signalCode, killed: this.#killed, lastWords: this.#lastWords };
    const isCalm = this.#closing && this.#questions.size === 0;
    if (isCalm && !this.#end && exitCode !== 0) this.#run.log.warn(crashError(death).message);
    this.#end ??= failure
      ? toDativoError(failure, "DTV_PLUGIN_CRASHED", `The process of ${plugin} could not be started`)
      : crashError(death);
    for (const id of [...this.#questions.keys()]) this.#take(id)?.reject(this.#end);
  }

  #take(id: number): Question | undefined {
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    clearTimeout(question?.timer);
    return question;
  }

  async #readFrames(): Promise<void> {
    // A process that ends breaks the pipe; how it ended is told once it has.
    this.#channel.on("error", () => {});
    const reader = new FrameReader();
    this.#channel.on("data", (chunk: Buffer) => {
      this.#bytesHeard += chunk.length;
      try {
        for (const frame of reader.feed(chunk)) this.#receive(frame);
      } catch (cause) {
        this.#end ??= toDativoError(cause, "DTV_PLUGIN_CRASHED", `The process of ${this.name} said what is no message`);
        this.#kill("it said what is no message");
      }
    });
    await closed(this.#channel);
    // The pipe of a process that dies closes first; one that lives on without it cannot be spoken with any more.
    const timer = setTimeout(() => this.#closing || this.#kill("it closed the pipe to Dativo"), this.#stopMs);
    void this.#ended.then(() => clearTimeout(timer));
  }

  #receive({ header, body }: Frame): void {
    const { id, log, error, serve } = header;
    if (serve !== undefined) return void this.#answer(serve, header, body);
    if (log !== undefined) {
      const [level, message, fields] = log as [keyof Log, string, Record<string, unknown>?];
      this.#run.log[level](message, fields);
      return;
    }
    const question = this.#take(id as number);
    if (error === undefined) question?.resolve({ result: header, body });
    else question?.reject(parseError(error as Header));
  }

  async #answer(served: unknown, { verb, ...header }: Header, body: Uint8Array): Promise<void> {
    this.#serving++;
    try {
      const reply = await this.#serve(String(verb), header, body);
      this.#send({ served, ...reply.header }, reply.body);
    } catch (cause) {
      this.#send({ served, error: formatError(cause) });
    } finally {
      this.#serving--;
    }
  }

  /** What a library prints is for the log; the last of it may say why it died. */
  async #listen(stream: Readable | null): Promise<void> {
    if (!stream) return;
    const lines = new LineSplitter((line) => {
      if (!BACKTRACE.test(line)) this.#lastWords.push(line);
      if (this.#lastWords.length > LAST_WORDS) this.#lastWords.shift();
      this.#run.log.info(`${this.name}: ${line}`);
    });
    stream.on("data", (chunk: Buffer) => lines.write(chunk));
    await closed(stream);
    lines.end();
  }
}

/** Lines that say where, and push out of sight what happened. They are in the log. */
const BACKTRACE = /^\s*(\d+:(\s|$)|at |stack backtrace:|note: |-+ \w+ stack trace)/;

function closed(stream: Readable | Duplex): Promise<void> {
  return new Promise((resolve) => {
    stream.once("close", resolve);
  });
}
