import { SourceMap, type SourceMapPayload } from "node:module";

/** By the name that a script has in stack traces: its map as it came, or read. */
const maps = new Map<string, string | SourceMap>();

const INLINE = /\n\/\/# sourceMappingURL=data:application\/json;charset=utf-8;base64,([\w+/=]+)\s*$/;

/** Takes the map off the end of what was transpiled, and remembers it for {@link mapStack}. */
export function keepSourceMap(script: string, code: string): string {
  const [, map] = INLINE.exec(code) ?? [];
  if (map === undefined) return code;
  maps.set(script, map);
  return code.replace(INLINE, "");
}

/** A stack trace with the places of plugins as they were written. Lines are right without this; columns are not. */
export function mapStack(stack: string): string {
  if (maps.size === 0) return stack;
  return stack.replace(
    /((?:file:\/\/)?[^\s()]+):(\d+):(\d+)/g,
    (place, script: string, line: string, column: string) => {
      const entry = mapOf(script)?.findEntry(Number(line) - 1, Number(column) - 1);
      return entry && "originalLine" in entry
        ? `${script}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
        : place;
    },
  );
}

function mapOf(script: string): SourceMap | undefined {
  const known = maps.get(script);
  if (typeof known !== "string") return known;
  const map = new SourceMap(JSON.parse(Buffer.from(known, "base64").toString("utf8")) as SourceMapPayload);
  maps.set(script, map);
  return map;
}
