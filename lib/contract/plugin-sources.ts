import { DativoError } from "./errors.ts";

/** What a plugin's file must be, to the byte. */
export interface Pin {
  /** Hex. */
  readonly sha256: string;
  /** Who says so: a line of the job, or a lock file. */
  readonly where: string;
}

/** Where the plugins of a job come from, and what is known of them: JSON, so that another process can be told. */
export interface PluginSources {
  /** Absolute; packages are looked for from these. */
  readonly folders: readonly string[];
  /** By the absolute path of a file, `npm:package/path` of one in a package, the URI of an object, or a package's name. */
  readonly pins: Readonly<Record<string, readonly Pin[]>>;
  /** A plugin without a pin is refused. */
  readonly required: boolean;
  /** Native code from a bucket runs in Dativo's own process too: the job says so. */
  readonly trustsObjects: boolean;
}

export const NO_PINS: PluginSources = { folders: [], pins: {}, required: false, trustsObjects: false };

/** Whether anything says what one of these is to be. */
export function isPinned({ pins }: PluginSources, identities: readonly string[]): boolean {
  return identities.some((identity) => Object.hasOwn(pins, identity));
}

/** The first pin that says otherwise. */
export function findBrokenPin({ pins }: PluginSources, identities: readonly string[], sha256: string): Pin | undefined {
  return identities
    .flatMap((identity) => (Object.hasOwn(pins, identity) ? (pins[identity] ?? []) : []))
    .find((pin) => pin.sha256 !== sha256);
}

/**
 * Holds a file to its pins, by the hash of the bytes that are about to be loaded.
 *
 * @throws DativoError DTV_PLUGIN_PIN where it is another one
 */
export function requirePinned(
  sources: PluginSources,
  identities: readonly string[],
  { sha256, shown }: { readonly sha256: string; readonly shown: string },
): void {
  const broken = findBrokenPin(sources, identities, sha256);
  if (broken) throw otherThanPinned(shown, broken, sha256);
}

function otherThanPinned(shown: string, { sha256: pinned, where }: Pin, found: string): DativoError {
  const message = `Plugin ${shown} is not what it was pinned to: sha256:${found} was found, ${where} says sha256:${pinned}`;
  return new DativoError("DTV_PLUGIN_PIN", message, {
    culprit: shown,
    hint: "Nothing of it was run. If the change is meant, look at it, then: dativo plugin lock JOB --update (or mend the pin in the job).",
    details: { pinned, found },
  });
}

/** @throws DativoError DTV_PLUGIN_PIN */
export function refuseUnpinned(shown: string, why: string): never {
  throw new DativoError("DTV_PLUGIN_PIN", `Plugin ${shown} is not pinned, ${why}`, {
    culprit: shown,
    hint: "Write its hash down: dativo plugin lock JOB makes a lock file, or the job has it under plugins.pins.",
  });
}
