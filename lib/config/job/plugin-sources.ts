import { realpath } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { parsePluginPath } from "../../contract/plugin-path.ts";
import { NO_PINS, type Pin, type PluginSources } from "../../contract/plugin-sources.ts";
import { type ConfigDocument, faultAt, findingAt } from "../document/config-document.ts";
import type { Keys } from "../document/config-fault.ts";
import { displayPath } from "../document/find-file.ts";
import { collect, type Session } from "../document/session.ts";
import type { JobDraft } from "./job-document.ts";
import { findPluginLock, type PluginLock } from "./plugin-lock.ts";
import { findSpelling } from "./resolve-plugin.ts";

/** A plugin of a job, as it was found, and where the job names it. */
export interface NamedPlugin {
  readonly custom: string;
  readonly keys: Keys;
}

/** Where the plugins of a job come from and what they must be, by the job and by the lock file; faults are reported. */
export async function loadPluginSources(
  document: ConfigDocument,
  { plugins }: JobDraft,
  named: readonly NamedPlugin[],
  session: Session,
): Promise<PluginSources> {
  const customs = named.map(({ custom }) => custom);
  const { cwd, folder = cwd } = session.places;
  const pins = new Map<string, Pin[]>();
  const add = (identity: string, pin: Pin): void => {
    pins.set(identity, [...(pins.get(identity) ?? []), pin]);
  };
  for (const [key, hash] of Object.entries(plugins?.pins ?? {})) {
    const keys = ["plugins", "pins", key];
    const identity = await identityOf(key, customs, session);
    if (identity === undefined) {
      const message = `pins '${key}', which is neither a file nor a plugin of this job`;
      session.report.faults.push(faultAt(document, keys, message));
    } else {
      add(identity, {
        sha256: hash.slice("sha256:".length).toLowerCase(),
        where: lineOf(findingAt(document, keys, "").place),
      });
    }
  }
  // Without plugins the lock is nobody's business.
  const lock = customs.length > 0 ? await collect(session, () => findPluginLock({ cwd, folder })) : undefined;
  for (const [identity, pin] of await pinsOf(lock, cwd)) add(identity, pin);
  const isRequired = session.mode === "cloud";
  for (const { custom, keys } of isRequired ? named : []) {
    if (await isPinned(custom, pins)) continue;
    const message = `${custom} is not pinned, and in cloud mode each plugin is; dativo plugin lock writes the hashes down`;
    session.report.faults.push(faultAt(document, keys, message, { code: "DTV_PLUGIN_PIN" }));
  }
  const mode = plugins?.sandbox?.mode;
  return {
    folders: [...new Set([folder, cwd])],
    pins: Object.fromEntries(pins),
    required: isRequired,
    trustsObjects: mode === "in_process",
  };
}

/** The same for plugins that no job names, in a folder. */
export async function lockedSources(cwd: string): Promise<PluginSources> {
  const pins = await pinsOf(await findPluginLock({ cwd }), cwd);
  return { ...NO_PINS, folders: [cwd], pins: Object.fromEntries(pins.map(([identity, pin]) => [identity, [pin]])) };
}

function pinsOf(lock: PluginLock | undefined, cwd: string): Promise<[identity: string, Pin][]> {
  const where = displayPath(lock?.path ?? "", cwd);
  const hashes = Object.entries(lock?.hashes ?? {});
  return Promise.all(hashes.map(async ([identity, sha256]) => [await settled(identity), { sha256, where }]));
}

/** The file, package or URI that a key of `plugins.pins` means; it may name the class as well. */
async function identityOf(key: string, customs: readonly string[], { places }: Session): Promise<string | undefined> {
  const name = /:[^:/\\]+$/.exec(key)?.[0] ?? "";
  const file = key.slice(0, key.length - name.length);
  if (customs.some((custom) => custom === key || custom.slice(0, custom.lastIndexOf(":")) === file)) {
    return settled(file);
  }
  const kind = /\.(so|dylib|dll)$/i.test(file) ? "library" : "script";
  const { found } = await findSpelling({ file, kind }, places);
  return found === undefined ? undefined : settled(found);
}

/** Which file of a package is meant is known when it is loaded, and then it is held to this again. */
async function isPinned(custom: string, pins: ReadonlyMap<string, unknown>): Promise<boolean> {
  const { file, place } = parsePluginPath(custom);
  if (pins.has(await settled(file))) return true;
  const [name = ""] = /^(?:@[^/]+\/)?[^/]+/.exec(file) ?? [];
  return place === "package" && [...pins.keys()].some((identity) => identity.startsWith(`npm:${name}/`));
}

/** Files are known by where they are, however one got there. */
async function settled(identity: string): Promise<string> {
  return isAbsolute(identity) ? realpath(identity).catch(() => identity) : identity;
}

/** Without the key, which says again what the message is about. */
function lineOf(place: string): string {
  return place.split("  ")[0] ?? place;
}
