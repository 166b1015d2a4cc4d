import { describe, expect, it } from "vitest";
import { type Condition, parseWhere } from "../../../transforms/where/parse-where.ts";

/** A condition as text with every bracket written. */
function show(condition: Condition): string {
  switch (condition.kind) {
    case "not":
      return `not(${show(condition.inner)})`;
    case "isNull":
      return `null(${condition.field})`;
    case "in":
      return `${condition.field} in ${JSON.stringify(condition.values.map(showLiteral))}`;
    case "compare":
      return `${condition.field} ${condition.operator} ${showLiteral(condition.value)}`;
    default:
      return `(${show(condition.left)} ${condition.kind} ${show(condition.right)})`;
  }
}

function showLiteral(literal: Extract<Condition, { kind: "compare" }>["value"]): string {
  return `${literal.kind}:${literal.kind === "boolean" ? literal.value : literal.text}`;
}

describe("parseWhere", () => {
  it.each([
    ["a = 1", "a == number:1"],
    ["a <> -1.50e-3", "a != number:-1.50e-3"],
    ["a<=1", "a <= number:1"],
    ["a >=+1", "a >= number:+1"],
    ["a != 'it''s'", "a != text:it's"],
    ["a == ''", "a == text:"],
    ['"a ""b"" and" < 2', 'a "b" and < number:2'],
    ["a.b.c > 1", "a.b.c > number:1"],
    ["größe_2 == 'žluť'", "größe_2 == text:žluť"],
    ["a == TRUE", "a == boolean:true"],
    ["a == false", "a == boolean:false"],
    ["a is null", "null(a)"],
    ["a IS NOT NULL", "not(null(a))"],
    ["a in (1, 'b', true)", 'a in ["number:1","text:b","boolean:true"]'],
    ["a == 1 or b == 2 and c == 3", "(a == number:1 or (b == number:2 and c == number:3))"],
    ["(a == 1 or b == 2) and c == 3", "((a == number:1 or b == number:2) and c == number:3)"],
    ["not a == 1 and b == 2", "(not(a == number:1) and b == number:2)"],
    ["not not (a == 1)", "not(not(a == number:1))"],
    ["a == 1 or b == 2 or c == 3", "((a == number:1 or b == number:2) or c == number:3)"],
    ["\n  a\t==\n1  ", "a == number:1"],
    ['"is" == 1 and "not" == 2', "(is == number:1 and not == number:2)"],
  ])("%s is %s", (source, wanted) => {
    expect(show(parseWhere(source))).toBe(wanted);
  });

  it.each([
    ["", 1, "the name of a field was expected, and the end stands there"],
    ["a", 2, "==, !=, <, <=, >, >=, is or in was expected, and the end"],
    ["a ==", 5, "a number, a text in single quotes, true or false was expected, and the end"],
    ["a == b", 6, "a number, a text in single quotes, true or false was expected, and 'b'"],
    ['a == "b"', 6, "a text in single quotes"],
    ["a == 1 b", 8, "'and', 'or' or the end was expected, and 'b'"],
    ["a == 1 and", 11, "the name of a field was expected, and the end"],
    ["1 == a", 1, "the name of a field was expected, and '1'"],
    ["(a == 1", 8, "')' was expected, and the end"],
    ["a in 1", 6, "'(' was expected, and '1'"],
    ["a in (1, )", 10, "true or false was expected, and ')'"],
    ["a is 1", 6, "'null' was expected, and '1'"],
    ["a == 'b", 5, "this cannot be read"],
    ["a == 12x", 5, "this cannot be read"],
    ["a == 1e12345", 5, "this cannot be read"],
    ["a == 1.2.3", 5, "this cannot be read"],
    ["a == 1; drop", 7, "this cannot be read"],
    ["a === 1", 5, "a number"],
    ["f(a) == 1", 2, "and '(' stands there"],
  ])("%j is refused at character %d: %s", (source, character, message) => {
    const refusal = expect.objectContaining({
      code: "DTV_OPTION_INVALID",
      message: expect.stringContaining(message),
    });
    expect(() => parseWhere(source)).toThrow(refusal);
    try {
      parseWhere(source);
    } catch (error) {
      const [first, shown, pointer] = (error as Error).message.split("\n");
      expect(first).toContain(`where, character ${character}: `);
      expect(shown).toBe(`  ${source}`);
      expect(pointer).toBe(`  ${" ".repeat(character - 1)}^`);
    }
  });
});
