import { expect, it } from "vitest";
import { fromOptionsOf } from "../../../lib/cli/pipe-flags.ts";

const GLOBAL = { color: true, logFormat: "text" } as const;

it("options given by name alone are kept, and flags of their own go before them", () => {
  const fromOption = { encoding: "latin1", delimiter: ";", done_marker: "#" };
  expect(fromOptionsOf({ ...GLOBAL, fromOption, delimiter: "|" })).toEqual({ ...fromOption, delimiter: "|" });
});

it("a header is a matter of the format unless there is none", () => {
  expect(fromOptionsOf({ ...GLOBAL, header: true, fromOption: { header: false } })).toEqual({ header: false });
  expect(fromOptionsOf({ ...GLOBAL, header: false })).toEqual({ header: false });
});
