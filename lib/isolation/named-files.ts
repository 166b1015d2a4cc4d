import { resolve } from "node:path";
import { DativoError } from "../contract/errors.ts";
import { existingPath } from "../storage/existing-path.ts";
import { isObjectUri } from "../storage/object/object-uri.ts";
import { realPath } from "../storage/real-path.ts";

/**
 * The files that a script may have opened for it: those that texts of its configuration name, and what is below. Its own
 * process may open no others either, and this one has the rights to all.
 */
export class NamedFiles {
  readonly #texts: ReadonlySet<string>;
  readonly #cwd: string;
  /** Files, and folders as `folder/*`. */
  readonly #paths: readonly string[];
  /** What patterns of the configuration found. */
  readonly #found = new Set<string>();

  /** What patterns of the configuration lead to is looked at as well: links lead anywhere. */
  readonly #isHeld: boolean;

  constructor(texts: readonly string[], folders: readonly string[], cwd: string, { isHeld = false } = {}) {
    this.#texts = new Set(texts);
    this.#cwd = cwd;
    this.#isHeld = isHeld;
    this.#paths = [...texts, ...folders].flatMap((text) => existingPath(text, cwd));
  }

  /** @throws DativoError DTV_SOURCE_UNREADABLE */
  require(path: string): void {
    if (this.#texts.has(path) || this.#found.has(path)) return;
    if (isObjectUri(path) ? this.#isBelowText(path) : this.#isBelowPath(path)) return;
    throw this.#refused(path);
  }

  /** A file that a pattern which may be looked for has led to. @throws DativoError DTV_SOURCE_UNREADABLE */
  add(path: string, pattern: string): void {
    const isAsWritten = isObjectUri(path) || (this.#texts.has(pattern) && !this.#isHeld);
    if (!isAsWritten && !this.#isBelowPath(path)) throw this.#refused(path);
    this.#found.add(path);
  }

  #refused(path: string): DativoError {
    return new DativoError("DTV_SOURCE_UNREADABLE", `${path} is not named by the configuration of its plugin`, {
      culprit: path,
      hint: "A plugin in a process of its own reads what its configuration names: name the file, or the folder it is in.",
    });
  }

  #isBelowText(uri: string): boolean {
    return [...this.#texts].some((text) => isObjectUri(text) && uri.startsWith(text.endsWith("/") ? text : `${text}/`));
  }

  #isBelowPath(path: string): boolean {
    const real = realPath(resolve(this.#cwd, path));
    return this.#paths.some((each) => (each.endsWith("*") ? real.startsWith(each.slice(0, -1)) : real === each));
  }
}
