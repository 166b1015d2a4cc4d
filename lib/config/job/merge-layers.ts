import type { ConfigDocument } from "../document/config-document.ts";
import { isMapping, valueAt } from "../document/config-document.ts";
import type { Keys } from "../document/config-fault.ts";

/** Which document a value comes from; `default` where none says anything. */
export type Origin = "job" | "recipe" | "default";

/** A part of a document, and where in the result it belongs. */
export interface Layer {
  readonly origin: Exclude<Origin, "default">;
  readonly document: ConfigDocument;
  /** Where the part stands in the document. */
  readonly from: Keys;
  /** Where it goes in the result. */
  readonly to: Keys;
  /** Keys of the part that other layers speak for. */
  readonly except?: ReadonlySet<string>;
}

/** Where a value of the result was written. */
export interface WrittenAt {
  readonly origin: Exclude<Origin, "default">;
  readonly document: ConfigDocument;
  readonly keys: Keys;
}

export interface Merged {
  readonly value: Record<string, unknown>;
  /** Every leaf of the result by its dotted path. Lists are leaves, since they replace one another as a whole. */
  readonly writtenAt: ReadonlyMap<string, WrittenAt>;
}

/** Lays parts of documents over each other, the lowest first: mappings key by key, anything else as a whole. */
export function mergeLayers(layers: readonly Layer[]): Merged {
  const writtenAt = new Map<string, WrittenAt>();
  const root: Record<string, unknown> = {};
  for (const layer of layers) {
    const part = valueAt(layer.document.value, layer.from);
    if (part === undefined) continue;
    lay(root, layer.to, withoutKeys(part, layer.except), (keys) => {
      const path = keys.join(".");
      for (const known of writtenAt.keys()) {
        if (`${known}.`.startsWith(`${path}.`) || path.startsWith(`${known}.`)) writtenAt.delete(known);
      }
      writtenAt.set(path, {
        origin: layer.origin,
        document: layer.document,
        keys: [...layer.from, ...keys.slice(layer.to.length)],
      });
    });
  }
  return { value: root, writtenAt };
}

/** Where a key of the result was written: itself, the list it is in, or the nearest leaf below it. */
export function whereWritten({ writtenAt }: Merged, keys: Keys): WrittenAt | undefined {
  for (let length = keys.length; length > 0; length--) {
    const leaf = writtenAt.get(keys.slice(0, length).map(String).join("."));
    if (leaf) return { ...leaf, keys: [...leaf.keys, ...keys.slice(length)] };
  }
  const path = `${keys.map(String).join(".")}.`;
  for (const [known, leaf] of writtenAt) {
    if (!known.startsWith(path)) continue;
    const deeper = known.split(".").length - keys.length;
    return { ...leaf, keys: leaf.keys.slice(0, leaf.keys.length - deeper) };
  }
  return undefined;
}

function lay(root: Record<string, unknown>, to: Keys, value: unknown, onLeaf: (keys: readonly string[]) => void): void {
  const keys = to.map(String);
  if (isMapping(value) && (keys.length === 0 || Object.keys(value).length > 0)) {
    for (const [key, inner] of Object.entries(value)) lay(root, [...keys, key], inner, onLeaf);
    return;
  }
  const last = keys.at(-1) as string;
  const parent = mappingAt(root, keys.slice(0, -1));
  if (isMapping(value) && isMapping(parent[last])) return;
  parent[last] = value;
  onLeaf(keys);
}

/** The mapping at a path; whatever else stands in the way is replaced. */
function mappingAt(root: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  let at = root;
  for (const key of keys) {
    const next = Object.hasOwn(at, key) ? at[key] : undefined;
    at[key] = isMapping(next) ? next : {};
    at = at[key] as Record<string, unknown>;
  }
  return at;
}

function withoutKeys(value: unknown, except: ReadonlySet<string> = new Set()): unknown {
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !except.has(key)));
}
