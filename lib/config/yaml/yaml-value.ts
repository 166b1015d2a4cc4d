import { type Alias, isAlias, isNode, isScalar, isSeq, type Node, type YAMLMap } from "yaml";
import type { ErrorCode } from "../../contract/errors.ts";
import { YAML_LIMITS } from "./scan-yaml.ts";
import { keyText, startOf } from "./yaml-place.ts";

/** Nodes that aliases may add to a document. */
const MAX_ALIASED_NODES = 10_000;

export type OnFault = (offset: number, message: string, code?: ErrorCode) => void;

/** Plain values of a node. Aliases are copied out, so that the result is a tree; what that costs is counted. */
export function toValue(root: Node, onFault: OnFault): unknown {
  const anchors = new Map<string, { node: Node; open: boolean }>();
  let outermost: Alias | undefined;
  let aliases = 0;
  let aliasedNodes = 0;

  const read = (node: unknown, depth: number): unknown => {
    if (aliases > 0 && (++aliasedNodes > MAX_ALIASED_NODES || depth > YAML_LIMITS.depth)) {
      throw new Entangled();
    }
    if (isAlias(node)) return readAlias(node, depth);
    if (!isNode(node)) return null;
    const anchor = rememberAnchor(node);
    const value = isScalar(node)
      ? scalarValue(node.value, node.source)
      : isSeq(node)
        ? node.items.map((item) => read(item, depth + 1))
        : readMap(node as YAMLMap, depth + 1);
    if (anchor) anchor.open = false;
    return value;
  };

  const rememberAnchor = (node: Node & { anchor?: string }): { open: boolean } | undefined => {
    if (node.anchor === undefined || aliases > 0) return undefined;
    const entry = { node, open: true };
    anchors.set(node.anchor, entry);
    return entry;
  };

  const readAlias = (alias: Alias, depth: number): unknown => {
    const anchor = anchors.get(alias.source);
    if (!anchor || anchor.open) {
      onFault(
        startOf(alias),
        anchor ? "an alias stands inside its own anchor" : `no anchor '${alias.source}' before this alias`,
      );
      return null;
    }
    outermost = aliases === 0 ? alias : outermost;
    aliases++;
    const value = read(anchor.node, depth);
    aliases--;
    return value;
  };

  const readMap = (map: YAMLMap, depth: number): Record<string, unknown> => {
    const entries = new Map<string, unknown>();
    for (const pair of map.items) {
      if (isNode(pair.key)) rememberAnchor(pair.key);
      const key = keyText(pair);
      const wrong = key === undefined ? "a key must be text" : refusedKey(key, entries);
      if (wrong === undefined) entries.set(key as string, read(pair.value, depth));
      else onFault(startOf(pair.key), wrong);
    }
    return Object.fromEntries(entries);
  };

  try {
    return read(root, 1);
  } catch (error) {
    if (!(error instanceof Entangled)) throw error;
    const limits = `${MAX_ALIASED_NODES} values or ${YAML_LIMITS.depth} levels`;
    onFault(startOf(outermost), `aliases make the document larger than ${limits}`, "DTV_CONFIG_LIMIT");
    return null;
  }
}

/** Ends the copying of aliases that would grow without bounds. */
class Entangled extends Error {}

function refusedKey(key: string, before: ReadonlyMap<string, unknown>): string | undefined {
  if (key === "<<") return "merge keys ('<<') are not supported; write the keys out";
  if (key === "__proto__") return "the key '__proto__' is not allowed";
  return before.has(key) ? `the key '${key}' is repeated` : undefined;
}

/** An integer that a double would round stays the text that was written. */
function scalarValue(value: unknown, source: string | undefined): unknown {
  return typeof value === "number" &&
    Number.isInteger(value) &&
    !Number.isSafeInteger(value) &&
    /^[-+]?\d+$/.test(source ?? "")
    ? source
    : value;
}
