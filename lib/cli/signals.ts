import { DativoError } from "../contract/errors.ts";
import { exitNow } from "../plugin/exit-now.ts";
import { EXIT, SIGNAL_EXITS } from "./exit-code.ts";

/** Signals as an AbortSignal: the first asks the run to stop, the second ends the process at once. */
export class SignalWatch {
  readonly #abort = new AbortController();
  readonly #listener = (name: NodeJS.Signals): void => this.#receive(name);
  received: string | undefined;

  constructor() {
    for (const name of Object.keys(SIGNAL_EXITS)) process.on(name, this.#listener);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  stop(): void {
    for (const name of Object.keys(SIGNAL_EXITS)) process.off(name, this.#listener);
  }

  #receive(name: NodeJS.Signals): void {
    if (this.received !== undefined) {
      void exitNow(SIGNAL_EXITS[name] ?? EXIT.failed);
      return;
    }
    this.received = name;
    this.#abort.abort(new DativoError("DTV_CANCELLED", `Interrupted by ${name}`, { details: { signal: name } }));
  }
}
