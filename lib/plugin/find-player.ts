import { DativoError, toDativoError } from "../contract/errors.ts";
import { didYouMean } from "../contract/options.ts";
import { type PluginPath, parsePluginPath } from "../contract/plugin-path.ts";
import { NO_PINS, type PluginSources } from "../contract/plugin-sources.ts";
import { isReaderClass, type ReaderClass } from "../contract/reader.ts";
import { isTransformClass, type TransformClass } from "../contract/transform.ts";
import { isWriterClass, type WriterClass } from "../contract/writer.ts";
import type { Limits } from "../isolation/plugin.ts";
import type { Run } from "../isolation/plugin-process.ts";
import { BUILTIN_READERS, BUILTIN_WRITERS } from "./builtin.ts";
import { findScriptFile } from "./find-script-file.ts";
import { runScript } from "./load-module.ts";

/** A class that was found, and what it was loaded from. */
export interface Player<C> {
  readonly playerClass: C;
  /** `csv`, or the plugin's path. */
  readonly name: string;
  /** Of the plugin's file; undefined for what comes with Dativo. */
  readonly sha256: string | undefined;
}

/** Makes one of a player's class. @throws DativoError DTV_PLUGIN_FAILED when its constructor throws. */
export function construct<C extends new (...args: never[]) => unknown>(
  { playerClass, name }: Player<C>,
  ...args: ConstructorParameters<C>
): InstanceType<C> {
  try {
    return new playerClass(...args) as InstanceType<C>;
  } catch (cause) {
    throw toDativoError(cause, "DTV_PLUGIN_FAILED", `The constructor of ${name} failed`, { culprit: name });
  }
}

/** How plugins are run. */
export interface PluginRun {
  /** Each native plugin in a process of its own; undefined for in this one. */
  readonly isolation?: Limits | undefined;
  /** Where plugins come from, and what they must be. */
  readonly sources?: PluginSources | undefined;
  /** What loading a plugin is for: cancelled with it, and logged there. */
  readonly run?: Run | undefined;
}

/** The reader of a connector: the plugin at `custom` when given, else the built-in of that type. */
export async function findReader(
  type: string,
  custom: string | undefined,
  { isolation, run, sources }: PluginRun = {},
): Promise<Player<ReaderClass>> {
  if (custom === undefined) return findBuiltin(BUILTIN_READERS, type, "reader");
  const path = parsePluginPath(custom);
  if (path.kind === "script") {
    if (isolation) throw notIsolated(custom);
    return findScript(custom, path, "BaseReader", isReaderClass, sources);
  }
  if (isolation) {
    const { findIsolatedReader } = await import("../isolation/find-isolated.ts");
    return { ...(await findIsolatedReader(path.file, path.name, { ...isolation, run })), name: custom };
  }
  const { findNativeReader } = await import("../native/find-native.ts");
  return { ...findNativeReader(path.file, path.name), name: custom };
}

export async function findWriter(
  type: string,
  custom: string | undefined,
  { isolation, run, sources }: PluginRun = {},
): Promise<Player<WriterClass>> {
  if (custom === undefined) return findBuiltin(BUILTIN_WRITERS, type, "writer");
  const path = parsePluginPath(custom);
  if (path.kind === "script") {
    if (isolation) throw notIsolated(custom);
    return findScript(custom, path, "BaseWriter", isWriterClass, sources);
  }
  if (isolation) {
    const { findIsolatedWriter } = await import("../isolation/find-isolated.ts");
    return { ...(await findIsolatedWriter(path.file, path.name, { ...isolation, run })), name: custom };
  }
  const { findNativeWriter } = await import("../native/find-native.ts");
  return { ...findNativeWriter(path.file, path.name), name: custom };
}

/** A transform is always a plugin: those that come with Dativo have keys of their own in a job. */
export async function findTransform(
  plugin: string,
  { isolation, sources }: PluginRun = {},
): Promise<Player<TransformClass>> {
  const path = parsePluginPath(plugin);
  if (isolation) throw notIsolated(plugin, path.kind === "script" ? "scripts" : "transforms");
  if (path.kind === "script") return findScript(plugin, path, "BaseTransform", isTransformClass, sources);
  const { findNativeTransform } = await import("../native/find-native.ts");
  return { ...findNativeTransform(path.file, path.name), name: plugin };
}

function notIsolated(path: string, what = "scripts"): DativoError {
  return new DativoError(
    "DTV_NOT_BUILT",
    `${path} cannot run in a process of its own: ${what} run in Dativo's own for now`,
    {
      culprit: path,
      hint: "Leave plugins.sandbox.mode out, or port the plugin to a native reader or writer.",
    },
  );
}

async function findBuiltin<C>(
  builtins: Readonly<Record<string, () => Promise<C>>>,
  type: string,
  kind: "reader" | "writer",
): Promise<Player<C>> {
  const load = Object.hasOwn(builtins, type) ? builtins[type] : undefined;
  if (load) return { playerClass: await load(), name: type, sha256: undefined };
  throw new DativoError(
    "DTV_NOT_BUILT",
    `There is no built-in ${kind} for '${type}'${didYouMean(type, Object.keys(builtins))}`,
    {
      culprit: type,
      hint: `Built in are ${Object.keys(builtins).join(", ")}; anything else needs a custom_${kind}.`,
    },
  );
}

async function findScript<C>(
  custom: string,
  path: PluginPath,
  base: string,
  isKind: (value: unknown) => value is C & object,
  sources: PluginSources = NO_PINS,
): Promise<Player<C>> {
  const { name } = path;
  const module = await runScript(await findScriptFile(path, sources), sources);
  const found = module.exports[name];
  if (found === undefined) {
    const near = didYouMean(name, Object.keys(module.exports));
    throw new DativoError("DTV_PLUGIN_CLASS", `Class '${name}' not found in module: ${module.file}${near}`, {
      culprit: custom,
      hint: "Check that the name matches exactly (case-sensitive) and that the class is exported by name.",
    });
  }
  if (typeof found !== "function") {
    throw new DativoError("DTV_PLUGIN_CLASS", `${name} is not a class in ${module.file}`, { culprit: custom });
  }
  if (!isKind(found)) {
    throw new DativoError("DTV_PLUGIN_CLASS", `Plugin class ${name} must inherit from ${base}`, {
      culprit: custom,
      hint: `import { ${base} } from "dativo-ingest"; export class ${name} extends ${base} { … }`,
    });
  }
  return { playerClass: found, name: custom, sha256: module.sha256 };
}
