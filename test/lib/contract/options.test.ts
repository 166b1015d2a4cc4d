import { describe, expect, it } from "vitest";
import { DativoError } from "../../../lib/contract/errors.ts";
import { o, parseOptions } from "../../../lib/contract/options.ts";

const schema = o.strictObject({
  size: o.int().min(1).optional(),
  level: o.enum(["low", "high"]).optional(),
  quote: o.union([o.string().max(1), o.null()]).optional(),
  name: o.string(),
});

function messageOf(options: unknown): string {
  try {
    parseOptions(schema, options, "mine");
  } catch (error) {
    if (error instanceof DativoError) return error.message;
    throw error;
  }
  return "";
}

describe("parseOptions", () => {
  it.each([
    [{ name: "a", size: "many" }, "mine: size: expected a number, got text"],
    [{ name: "a", size: 0 }, "mine: size: expected at least 1, got the number 0"],
    [{ name: "a", level: "hih" }, "mine: level: expected one of 'low', 'high', got 'hih'; did you mean 'high'?"],
    [{ name: "a", quote: 5 }, "mine: quote: expected text, got the number 5; put it in quotes"],
    [{}, "mine: name: is required"],
    [{ nmae: "a" }, "mine: nmae: unknown key 'nmae'; did you mean 'name'?"],
  ])("words the faults of %j as a configuration's are", (options, message) => {
    expect(messageOf(options)).toBe(message);
  });
});
