import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jobHashOf, jobKeyOf, publishedName } from "../../../lib/commit/places.ts";
import { encodeName } from "../../../lib/contract/file-name.ts";

describe("names", () => {
  it("never leave their folder, never collide, and decode back while they are short", () => {
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (text) => {
        const name = encodeName(text);
        expect(name).toMatch(/^[A-Za-z0-9_.%~-]+$/);
        expect([".", "..", ""]).not.toContain(name);
        expect(name.startsWith("-")).toBe(false);
        expect(seen.get(name) ?? text).toBe(text);
        seen.set(name, text);
        if (text !== "" && !name.includes("~")) expect(decodeURIComponent(name)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it("are cut when they are long, and told apart by a hash", () => {
    const [a, b] = ["é".repeat(200), `${"é".repeat(199)}e`].map(encodeName);
    expect([a?.length, b?.length]).toEqual([175, 175]);
    expect(a).not.toBe(b);
  });

  it("carry the run when they are published", () => {
    expect(publishedName("zips-00000.parquet", "RUN")).toBe("zips-00000-RUN.parquet");
    expect(publishedName("noext", "RUN")).toBe("noext-RUN");
  });

  it("of jobs differ in tenant, name and target, and in nothing else", () => {
    const job = { tenant: "a", name: "b", targetUri: "file:///c" };
    const keys = [
      job,
      { ...job, tenant: "A" },
      { ...job, name: "B" },
      { ...job, targetUri: "file:///C" },
      { tenant: 'a","b', name: "", targetUri: "file:///c" },
    ].map(jobKeyOf);
    expect(new Set(keys.map(jobHashOf)).size).toBe(5);
    expect(jobHashOf(keys[0] as string)).toMatch(/^[0-9a-f]{16}$/);
  });
});
