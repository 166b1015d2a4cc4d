import { DativoError, toDativoError } from "../contract/errors.ts";
import { didYouMean } from "../contract/options.ts";
import { type PluginPath, parsePluginPath } from "../contract/plugin-path.ts";
import { NO_PINS } from "../contract/plugin-sources.ts";
import { isReaderClass, type ReaderClass } from "../contract/reader.ts";
import { isTransformClass, type TransformClass } from "../contract/transform.ts";
import { isWriterClass, type WriterClass } from "../contract/writer.ts";
import type { IsolatedClass, IsolationOptions } from "../isolation/find-isolated.ts";
import type { Limits, PluginPlace } from "../isolation/plugin.ts";
import type { NativeClass } from "../native/find-native.ts";
import { BUILTIN_READERS, BUILTIN_WRITERS } from "./builtin.ts";
import { type FindOptions, findLibrary, findScript, type PluginVersion } from "./find-plugin.ts";
import { runScript } from "./load-module.ts";

/** A class that was found, and what it was loaded from. */
export interface Player<C> extends PluginVersion {
  readonly playerClass: C;
  /** `csv`, or the plugin's path. */
  readonly name: string;
  /** Of the plugin's file; undefined for what comes with Dativo. */
  readonly sha256: string | undefined;
  /** What its process is held to; undefined in Dativo's own. */
  readonly isolation?: Limits | undefined;
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

/** How plugins are found and run. */
export interface PluginRun extends FindOptions {
  /** Each plugin in a process of its own; undefined for in this one. */
  readonly isolation?: Limits | undefined;
  /** The same for plugins from a bucket, of which a job need not say anything. */
  readonly objectIsolation?: Limits | undefined;
}

/** The reader of a connector: the plugin at `custom` when given, else the built-in of that type. */
export async function findReader(
  type: string,
  custom: string | undefined,
  how: PluginRun = {},
): Promise<Player<ReaderClass>> {
  return custom === undefined ? findBuiltin(BUILTIN_READERS, type, "reader") : findPlugin(custom, READER, how);
}

export async function findWriter(
  type: string,
  custom: string | undefined,
  how: PluginRun = {},
): Promise<Player<WriterClass>> {
  return custom === undefined ? findBuiltin(BUILTIN_WRITERS, type, "writer") : findPlugin(custom, WRITER, how);
}

/** A transform is always a plugin: those that come with Dativo have keys of their own in a job. */
export async function findTransform(plugin: string, how: PluginRun = {}): Promise<Player<TransformClass>> {
  return findPlugin(plugin, TRANSFORM, how);
}

/** What is particular to readers, transforms or writers when one is found. */
interface Kind<C> {
  readonly base: string;
  isKind(value: unknown): value is C & object;
  findNative(file: string, symbol: string): Promise<NativeClass<C>>;
  findIsolated(place: PluginPlace, options: IsolationOptions): Promise<IsolatedClass<C>>;
}

const native = () => import("../native/find-native.ts");
const isolated = () => import("../isolation/find-isolated.ts");

const READER: Kind<ReaderClass> = {
  base: "BaseReader",
  isKind: isReaderClass,
  findNative: async (...library) => (await native()).findNativeReader(...library),
  findIsolated: async (...plugin) => (await isolated()).findIsolatedReader(...plugin),
};

const TRANSFORM: Kind<TransformClass> = {
  base: "BaseTransform",
  isKind: isTransformClass,
  findNative: async (...library) => (await native()).findNativeTransform(...library),
  findIsolated: async (...plugin) => (await isolated()).findIsolatedTransform(...plugin),
};

const WRITER: Kind<WriterClass> = {
  base: "BaseWriter",
  isKind: isWriterClass,
  findNative: async (...library) => (await native()).findNativeWriter(...library),
  findIsolated: async (...plugin) => (await isolated()).findIsolatedWriter(...plugin),
};

async function findPlugin<C>(custom: string, kind: Kind<C>, how: PluginRun): Promise<Player<C>> {
  const path = parsePluginPath(custom);
  const isolation = isolationOf(path, how);
  if (isolation) {
    const { plugin, ...version } = await findApart(path, how);
    const found = await kind.findIsolated(plugin, { ...isolation, run: how.run });
    return { ...found, name: custom, isolation, ...version };
  }
  if (path.kind === "script") return findClass(custom, path, kind, how);
  const { file, ...version } = await findLibrary(path, how);
  return { ...(await kind.findNative(file, path.name)), name: custom, ...version };
}

/** A plugin whose file is found here, where the network and the environment are, and that another process loads. */
async function findApart(path: PluginPath, how: PluginRun): Promise<PluginVersion & { readonly plugin: PluginPlace }> {
  const { name, kind } = path;
  if (kind === "library") {
    const { file, ...version } = await findLibrary(path, how);
    return { plugin: { file, name, kind }, ...version };
  }
  const { file, script, ...version } = await findScript(path, how);
  return { plugin: { file, name, kind, origin: script.origin, sources: how.sources }, ...version };
}

/** What comes from a bucket is kept apart unless the job says otherwise. */
function isolationOf({ place }: PluginPath, { isolation, objectIsolation }: PluginRun): Limits | undefined {
  return isolation ?? (place === "object" ? objectIsolation : undefined);
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

async function findClass<C>(
  custom: string,
  path: PluginPath,
  { base, isKind }: Kind<C>,
  how: PluginRun,
): Promise<Player<C>> {
  const { name } = path;
  const { script, ...version } = await findScript(path, how);
  const module = await runScript(script, how.sources ?? NO_PINS);
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
  return { playerClass: found, name: custom, sha256: module.sha256, ...version };
}
