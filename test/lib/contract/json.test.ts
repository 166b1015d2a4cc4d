import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isNumberText, parseJson, stringifyJson } from "../../../lib/contract/json.ts";

describe("json", () => {
  it("agrees with JSON.parse where a double holds every number", () => {
    fc.assert(
      fc.property(
        fc.json().filter((json) => !/\d{16}/.test(json)),
        (text) => {
          expect(parseJson(text)).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it("keeps every digit of integers", () => {
    fc.assert(
      fc.property(fc.bigInt(), (value) => {
        const parsed = parseJson(`{"a":[${value}]}`) as { a: (number | bigint)[] };
        expect(BigInt(parsed.a[0] as number)).toBe(value);
        expect(stringifyJson(parsed)).toBe(`{"a":[${value}]}`);
      }),
    );
  });

  it("keeps numbers as text when a double would change them", () => {
    const value = parseJson(
      "[0.12345678901234567890, 12345678901234567.5, 0.1, 1.50, 100000000000000000000.0]",
    ) as unknown[];
    expect(value.map(isNumberText)).toEqual([true, true, false, false, false]);
    expect(stringifyJson(value[0])).toBe("0.12345678901234567890");
  });

  it("reads a tiny number as the same whatever stands beside it", () => {
    const tiny = ["0.0000001", "-0.0000001", "2.5e-9"];
    expect(parseJson(`[${tiny},12345678901234567890]`)).toEqual([...tiny.map(Number), 12345678901234567890n]);
  });

  it("keeps hostile keys as data", () => {
    for (const text of ['{"__proto__":{"x":1}}', '{"__proto__":{"x":12345678901234567890}}']) {
      const parsed = parseJson(text) as object;
      expect(Object.keys(parsed)).toEqual(["__proto__"]);
      expect((parsed as { x?: unknown }).x).toBeUndefined();
    }
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it("takes the last of repeated keys on both paths, as JSON.parse does", () => {
    expect(parseJson('{"a":1,"a":2}')).toEqual({ a: 2 });
    expect(parseJson('{"a":1,"a":12345678901234567890}')).toEqual({ a: 12345678901234567890n });
  });
});
