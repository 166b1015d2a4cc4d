/**
 * Any value of JavaScript as it goes through the pipe of a script: by V8's structured clone, which keeps dates, bytes,
 * integers of any size and what was never set. JSON and Arrow know fewer kinds.
 *
 * What that format leaves out is marked, so that it is on the other side what stages tell apart: functions, symbols,
 * promises, and objects that say themselves what their JSON is.
 */
import { deserialize, serialize } from "node:v8";
import type { Row } from "../contract/batch.ts";
import { DativoError } from "../contract/errors.ts";
import { MAX_JSON_DEPTH } from "../contract/json.ts";

/** @throws DativoError DTV_PLUGIN_RESULT for what V8 cannot write, as a Proxy */
export function packValue(value: unknown): Uint8Array {
  const marker = new Marker();
  const marked = marker.mark(value);
  try {
    return serialize([marker.hasMarked, marked]);
  } catch (cause) {
    throw new DativoError("DTV_PLUGIN_RESULT", `A value cannot leave its process: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** @throws DativoError DTV_PLUGIN_RESULT for bytes that are no such value */
export function unpackValue(bytes: Uint8Array): unknown {
  try {
    const [hasMarked, value] = deserialize(bytes) as [boolean, unknown];
    return hasMarked ? revive(value) : value;
  } catch (cause) {
    throw new DativoError("DTV_PLUGIN_RESULT", `What came from a process is no value: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Maps are the marks: one in a record is an object without properties to everything here, and goes as one. */
const mark = (kind: string, value?: unknown): Map<string, unknown> => new Map([[kind, value]]);

class Marker {
  hasMarked = false;

  mark(value: unknown, depth = 0): unknown {
    if (typeof value === "function") return this.#marked("function");
    if (typeof value === "symbol") return this.#marked("symbol", value.description);
    if (typeof value !== "object" || value === null || value instanceof Date) return value;
    if (ArrayBuffer.isView(value)) return value.buffer instanceof ArrayBuffer ? value : structuredClone(value);
    if (value instanceof Promise) return this.#marked("promise");
    // Whoever walks it on the other side stops here, too.
    if (depth > MAX_JSON_DEPTH) return value;
    return Array.isArray(value) ? this.#markItems(value, depth) : this.#markObject(value, depth);
  }

  /** The same list where nothing in it needs a mark, which is nearly always. */
  #markItems(items: readonly unknown[], depth: number): readonly unknown[] {
    let copy: unknown[] | undefined;
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      if (!isDelicate(item)) continue;
      const marked = this.mark(item, depth + 1);
      if (marked === item) continue;
      copy ??= [...items];
      copy[i] = marked;
    }
    return copy ?? items;
  }

  #markObject(value: object, depth: number): unknown {
    const own = this.#markMembers(value, depth);
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON !== "function") return own;
    return this.#marked("json", { own, json: this.mark(toJSON.call(value), depth + 1) });
  }

  #markMembers(value: object, depth: number): object {
    const prototype: unknown = Object.getPrototypeOf(value);
    let changed = prototype !== Object.prototype && prototype !== null;
    const members = Object.entries(value).map(([name, member]): [string, unknown] => {
      const marked = isDelicate(member) ? this.mark(member, depth + 1) : member;
      changed ||= marked !== member;
      return [name, marked];
    });
    return changed ? Object.fromEntries(members) : value;
  }

  #marked(kind: string, value?: unknown): Map<string, unknown> {
    this.hasMarked = true;
    return mark(kind, value);
  }
}

function isDelicate(value: unknown): boolean {
  return (typeof value === "object" && value !== null) || typeof value === "function" || typeof value === "symbol";
}

function revive(value: unknown, depth = 0): unknown {
  // A mark and what it stands for are two levels.
  if (typeof value !== "object" || value === null || depth > 2 * MAX_JSON_DEPTH) return value;
  if (value instanceof Map) return reviveMark(value, depth);
  if (value instanceof Date || ArrayBuffer.isView(value)) return value;
  for (const [name, member] of Object.entries(value)) {
    if (typeof member !== "object" || member === null) continue;
    const revived = revive(member, depth + 1);
    if (revived !== member) Object.defineProperty(value, name, { value: revived });
  }
  return value;
}

function reviveMark(marked: Map<unknown, unknown>, depth: number): unknown {
  const [[kind, value] = []] = marked;
  if (kind === "function") return () => undefined;
  if (kind === "symbol") return Symbol(value as string | undefined);
  if (kind === "promise") return Promise.resolve();
  const { own, json } = value as { own: object; json: unknown };
  const told = revive(json, depth + 1);
  const { toJSON: _, ...members } = Object.getOwnPropertyDescriptors(revive(own, depth + 1) as Row);
  // On a prototype, as a class has it: stages copy plain objects.
  return Object.create({ toJSON: () => told }, members);
}
