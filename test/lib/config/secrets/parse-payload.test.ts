import { expect, it } from "vitest";
import { parsePayload } from "../../../../lib/config/secrets/parse-payload.ts";

it.each([
  ["plain", "plain"],
  ["  spaces \n", "spaces"],
  ['{"a":"b"}', { a: "b" }],
  ["{not json", "{not json"],
  ["[1, 2]", "[1, 2]"],
  ["A=1\nB=2", { A: "1", B: "2" }],
  ["A=1", "A=1"],
  ["one\ntwo=3", "one\ntwo=3"],
  ["A='x y'\n#c\nB=\"q\"\nC=a=b", { A: "x y", B: "q", C: "a=b" }],
  ["pa$$word ${HOME}", "pa$$word ${HOME}"],
  ["-----BEGIN KEY-----\nMII=\n-----END KEY-----", "-----BEGIN KEY-----\nMII=\n-----END KEY-----"],
])("by its looks, %j", (payload, value) => {
  expect(parsePayload(payload, "auto", "X")).toEqual(value);
});
