import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair } from "yaml";
import type { Keys } from "../document/config-fault.ts";

/** Where a key or value starts. A missing key is shown at the key that should hold it, a value that is nothing at its key. */
export function offsetOf(root: Node, document: Document, keys: Keys, part: "key" | "value"): number {
  const { pair, node, depth } = findNode(root, document, keys);
  const wantsKey = part === "key" || depth < keys.length || startOf(node) === 0;
  return pair && wantsKey ? startOf(pair.key) : startOf(node);
}

interface Found {
  readonly pair: Pair | undefined;
  readonly node: unknown;
  /** How many keys of the path there are. */
  readonly depth: number;
}

/** The node at a path, or the deepest one on the way to it. */
export function findNode(root: Node, document: Document, keys: Keys): Found {
  let found: Found = { pair: undefined, node: root, depth: 0 };
  for (const key of keys) {
    const node = isAlias(found.node) ? found.node.resolve(document) : found.node;
    if (isMap(node)) {
      const pair = node.items.find((each) => keyText(each) === String(key));
      if (!pair) return found;
      found = { pair, node: pair.value, depth: found.depth + 1 };
    } else if (isSeq(node) && node.items[Number(key)] !== undefined) {
      found = { pair: undefined, node: node.items[Number(key)], depth: found.depth + 1 };
    } else {
      return found;
    }
  }
  return found;
}

/** Offset of the first character of a node. */
export function startOf(node: unknown): number {
  return (node as { range?: readonly number[] } | null | undefined)?.range?.[0] ?? 0;
}

/** The key as text: `1:` and `true:` are keys too. */
export function keyText(pair: Pair): string | undefined {
  const { key } = pair;
  if (!isScalar(key) || key.value === null) return undefined;
  return typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
}
