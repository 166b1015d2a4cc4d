import type { ObjectServerKind } from "./object-servers.ts";

const KEYS: readonly string[] = [
  "plain",
  "with space",
  " leading and trailing ",
  "plus+and%20percent%",
  "query?and#hash",
  "amp&equals=semi;comma,",
  "quote'and\"double",
  "less<than>",
  "back\\slash",
  "tilde~star*paren()",
  "bracket[0]{x}",
  "at@dollar$colon:pipe|",
  "ünïcödé/日本語/🙂",
  "\u00e9",
  "e\u0301",
  "a...b/..c/d..",
  "line\nfeed",
  "tab\there",
];

/** XML has no such character, and versitygw does not encode the keys of its lists. */
const UNLISTABLE = "control\u0001";

/** Keys as users and their tools make them, which have to come back as they are. */
export function naughtyKeys(kind: ObjectServerKind): readonly string[] {
  return kind === "versitygw" ? KEYS : [...KEYS, UNLISTABLE];
}
