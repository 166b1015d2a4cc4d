import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePartition, encodePartition } from "../../../lib/contract/file-name.ts";
import { LONG_STRINGS, NAUGHTY_STRINGS } from "../../support/naughty-strings.ts";

const encode = (value: string | null, column = "k"): string => encodePartition({ column, value });

describe("the folder of a partition", () => {
  it("is spelled as Hive spells it", () => {
    expect([null, "", "a b", "2024-05-01", "-1.5", "a/b=c%", "é"].map((value) => encode(value))).toEqual([
      "k=__HIVE_DEFAULT_PARTITION__",
      "k=",
      "k=a%20b",
      "k=2024-05-01",
      "k=-1.5",
      "k=a%2Fb%3Dc%25",
      "k=%C3%A9",
    ]);
    expect(encode("v", "a=b/c")).toBe("a%3Db%2Fc=v");
  });

  it("is another for every value, and says it, also where a reader would see no value", () => {
    expect(new Set(NAUGHTY_STRINGS).size).toBe(NAUGHTY_STRINGS.length);
    expect(NAUGHTY_STRINGS.length).toBeGreaterThan(150);
    const values = [null, ...NAUGHTY_STRINGS];
    expect(new Set(values.map((value) => encode(value))).size).toBe(values.length);
    expect(values.map((value) => decodePartition(encode(value))?.value)).toEqual(values);
    expect(["null", "NULL", "__HIVE_DEFAULT_PARTITION__"].map((value) => encode(value))).toEqual([
      "k=%6Eull",
      "k=%4EULL",
      "k=%5F_HIVE_DEFAULT_PARTITION__",
    ]);
  });

  it("is one name that every file system takes, whatever the value", () => {
    const text = fc.string({ unit: "binary", maxLength: 400 });
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 20 }), text, (column, value) => {
        const folder = encode(value, column);
        expect(folder).toMatch(/^[\w.%~-]+=[\w.%~-]*$/);
        expect(folder.length).toBeLessThanOrEqual(255);
        const told = decodePartition(folder);
        if (!folder.includes("~")) expect(told).toEqual({ column, value });
        else expect(told).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });

  it("is cut for a value that is too long, and does not say it then", () => {
    const folders = LONG_STRINGS.map((value) => encode(value));
    expect(new Set(folders).size).toBe(LONG_STRINGS.length);
    expect(folders.map((folder) => [folder.length, decodePartition(folder)])).toEqual(
      folders.map(() => [255, undefined]),
    );
  });
});
