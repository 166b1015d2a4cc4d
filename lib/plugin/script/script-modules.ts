import { createRequire, isBuiltin } from "node:module";
import { dirname, extname } from "node:path";
import { pathToFileURL } from "node:url";
import { runInThisContext } from "node:vm";
import { createJiti, type Jiti } from "jiti";
import { DativoError } from "../../contract/errors.ts";
import {
  findBrokenPin,
  isPinned,
  type PluginSources,
  refuseUnpinned,
  requirePinned,
} from "../../contract/plugin-sources.ts";
import { sha256 } from "../../contract/sha256.ts";
import { findImport, type ImportKind, isRelative } from "./find-import.ts";
import { cureForPackage } from "./package-exports.ts";
import { identityOf, isOwnFile } from "./package-folder.ts";
import { readScript } from "./read-script.ts";
import { importsOf, transpile } from "./transpile.ts";

type Exports = Record<string, unknown>;

/** Where a script was found. */
export interface ScriptOrigin {
  /** Absolute; imports are relative to it. */
  readonly file: string;
  /** How errors name it: its path, or its URI. */
  readonly shown: string;
  /** By which pins may know it. */
  readonly identities: readonly string[];
  /** It came from a bucket, and nothing that lies beside it did. */
  readonly isAlone: boolean;
}

/** A file of a plugin's own, as it was found. */
export interface OwnFile {
  readonly file: string;
  readonly shown: string;
  readonly identities: readonly string[];
  readonly sha256: string;
}

interface Module {
  readonly file: string;
  readonly shown: string;
  readonly holder: { exports: Exports; readonly filename: string; loaded: boolean };
  /** Modules that it waits for, which must not wait for it. */
  readonly waitsFor: Set<Module>;
  done: Promise<void> | undefined;
}

/**
 * A script and the files of its own that it imports. Each is read once: what is hashed and held to its pin is what runs.
 * Packages are Node's affair, but for this one, which is the copy that runs.
 */
export class ScriptModules {
  readonly #origin: ScriptOrigin;
  readonly #sources: PluginSources;
  readonly #host: Readonly<Exports>;
  readonly #packages: Jiti;
  readonly #modules = new Map<string, Module>();
  readonly #files = new Map<string, OwnFile>();
  readonly #mustBePinned: boolean;

  constructor(origin: ScriptOrigin, sources: PluginSources, host: Readonly<Exports>) {
    this.#origin = origin;
    this.#sources = sources;
    this.#host = host;
    this.#packages = createJiti(origin.file, { virtualModules: host, fsCache: false, interopDefault: false });
    this.#mustBePinned = sources.required || isPinned(sources, origin.identities);
  }

  /** What was admitted so far, the script itself first. */
  get files(): readonly OwnFile[] {
    return [...this.#files.values()];
  }

  /** @throws DativoError DTV_PLUGIN_PIN, DTV_PLUGIN_LOAD, and whatever the script throws */
  async run(bytes: Uint8Array): Promise<Exports> {
    const module = this.#add(this.#origin.file, bytes);
    await this.#evaluate(module, bytes);
    return namespaceOf(module);
  }

  /** Finds the files that it says that it imports, and runs nothing. */
  async scan(bytes: Uint8Array): Promise<readonly OwnFile[]> {
    const waiting = [this.#add(this.#origin.file, bytes)];
    for (const module of waiting) {
      const source = module.file === this.#origin.file ? bytes : readScript(module.file);
      if (extname(module.file) === ".json") continue;
      for (const specifier of importsOf(transpile({ ...module, bytes: source }, true))) {
        const file = this.#isForeign(specifier) ? undefined : this.#tryToFind(specifier, module);
        if (file === undefined || this.#modules.has(file) || !isOwnFile(file, this.#origin.file)) continue;
        waiting.push(this.#add(file, readScript(file)));
      }
    }
    return this.files;
  }

  /** Whether what has run is what these pins want, which may be others than those it was loaded under. */
  obeys(sources: PluginSources): boolean {
    const mustBePinned = sources.required || isPinned(sources, this.#origin.identities);
    return this.files.every(
      ({ identities, sha256 }) =>
        findBrokenPin(sources, identities, sha256) === undefined && (!mustBePinned || isPinned(sources, identities)),
    );
  }

  #isForeign(specifier: string): boolean {
    return Object.hasOwn(this.#host, specifier) || isBuiltin(specifier) || specifier.startsWith("data:");
  }

  #add(file: string, bytes: Uint8Array): Module {
    this.#admit(file, bytes);
    const shown = this.#shown(file);
    const holder = { exports: {}, filename: file, loaded: false };
    const module: Module = { file, shown, holder, waitsFor: new Set(), done: undefined };
    this.#modules.set(file, module);
    return module;
  }

  #admit(file: string, bytes: Uint8Array): void {
    const isEntry = file === this.#origin.file;
    const identities = isEntry ? this.#origin.identities : [identityOf(file)];
    const shown = this.#shown(file);
    const found = { file, shown, identities, sha256: sha256(bytes) };
    requirePinned(this.#sources, identities, found);
    if (this.#mustBePinned && !isPinned(this.#sources, identities)) {
      refuseUnpinned(
        shown,
        isEntry ? "and in cloud mode each plugin is" : `while ${this.#origin.shown}, which imports it, is`,
      );
    }
    this.#files.set(file, found);
  }

  #shown(file: string): string {
    return file === this.#origin.file ? this.#origin.shown : file;
  }

  async #import(specifier: string, from: Module): Promise<unknown> {
    if (Object.hasOwn(this.#host, specifier)) return this.#host[specifier];
    if (this.#isForeign(specifier)) return import(specifier);
    const file = this.#find(specifier, from, "import");
    if (!isOwnFile(file, this.#origin.file)) return this.#packages.import(file);
    const module = this.#modules.get(file) ?? this.#begin(file);
    if (module !== from && !waits(module, from)) await settled(module, from);
    return namespaceOf(module);
  }

  #begin(file: string): Module {
    const bytes = readScript(file);
    const module = this.#add(file, bytes);
    module.done = this.#evaluate(module, bytes);
    return module;
  }

  async #evaluate(module: Module, bytes: Uint8Array): Promise<void> {
    await this.#run(module, bytes, true);
    module.holder.loaded = true;
  }

  #require(specifier: string, from: Module): unknown {
    if (Object.hasOwn(this.#host, specifier)) return this.#host[specifier];
    const native = createRequire(from.file);
    if (this.#isForeign(specifier)) return native(specifier);
    const file = this.#find(specifier, from, "require");
    if (!isOwnFile(file, this.#origin.file)) return native(file);
    let module = this.#modules.get(file);
    if (!module) {
      const bytes = readScript(file);
      module = this.#add(file, bytes);
      module.done = Promise.resolve();
      this.#run(module, bytes, false);
      module.holder.loaded = true;
    }
    return module.holder.exports;
  }

  #run(module: Module, bytes: Uint8Array, isAsync: boolean): unknown {
    const { file, shown, holder } = module;
    if (extname(file) === ".json") {
      holder.exports = JSON.parse(new TextDecoder().decode(bytes)) as Exports;
      return undefined;
    }
    const head = `(${isAsync ? "async " : ""}function (exports, require, module, __filename, __dirname, jitiImport, jitiESMResolve) {`;
    const code = `${head}${transpile({ shown, file, bytes }, isAsync)}\n})`;
    const body = runInThisContext(code, { filename: shown, columnOffset: -head.length }) as (
      ...args: unknown[]
    ) => unknown;
    return body(
      holder.exports,
      Object.assign((specifier: string) => this.#require(specifier, module), createRequire(file)),
      holder,
      file,
      dirname(file),
      (specifier: string) => this.#import(specifier, module),
      (specifier: string) => pathToFileURL(this.#find(specifier, module, "import")).href,
    );
  }

  /** @throws DativoError DTV_PLUGIN_LOAD where there is no such file or package */
  #find(specifier: string, from: Module, kind: ImportKind): string {
    if (this.#origin.isAlone && isRelative(specifier)) throw notFetched(this.#origin.shown, specifier);
    const file = this.#lookUp(specifier, from, kind);
    if (file === undefined)
      throw notThere(
        specifier,
        from.shown,
        this.#origin.isAlone ? (this.#sources.folders[0] ?? ".") : dirname(from.file),
      );
    return file;
  }

  /** Packages of a plugin from a bucket are those of the job. */
  #lookUp(specifier: string, from: Module, kind: ImportKind): string | undefined {
    const places = this.#origin.isAlone ? this.#sources.folders.map((folder) => `${folder}/_`) : [];
    for (const place of [from.file, ...places]) {
      const file = findImport(specifier, place, kind);
      if (file !== undefined) return file;
    }
    return undefined;
  }

  /** What is named in a comment, or under a condition, need not be there. */
  #tryToFind(specifier: string, from: Module): string | undefined {
    if (this.#origin.isAlone && isRelative(specifier)) throw notFetched(this.#origin.shown, specifier);
    try {
      return this.#lookUp(specifier, from, "import");
    } catch {
      return undefined;
    }
  }
}

/** Modules that import each other see what there is of one another so far, as they do anywhere. */
function waits(module: Module, on: Module): boolean {
  return [...module.waitsFor].some((other) => other === on || waits(other, on));
}

async function settled(module: Module, from: Module): Promise<void> {
  from.waitsFor.add(module);
  try {
    await module.done;
  } finally {
    from.waitsFor.delete(module);
  }
}

/** What `module.exports` was set to is its default export as well. */
function namespaceOf({ holder: { exports } }: Module): Exports {
  return exports["__esModule"] === true ? exports : { default: exports, ...exports };
}

function notFetched(shown: string, specifier: string): DativoError {
  return new DativoError("DTV_PLUGIN_LOAD", `Plugin ${shown} imports '${specifier}', which was not fetched with it`, {
    culprit: shown,
    hint: "A plugin in a bucket is one file: bundle it (npx esbuild … --bundle --platform=node --format=esm --external:dativo-ingest), or publish it as a package.",
  });
}

function notThere(specifier: string, from: string, folder: string): DativoError {
  return new DativoError("DTV_PLUGIN_LOAD", `Plugin ${from} could not be loaded: Cannot find module '${specifier}'`, {
    culprit: from,
    hint: isRelative(specifier)
      ? `Its own import '${specifier}' is not there; imports are relative to the file that has them.`
      : cureForPackage(specifier, folder),
  });
}
