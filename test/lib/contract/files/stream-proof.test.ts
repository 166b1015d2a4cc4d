import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { proveEnd, withoutMarker } from "../../../../lib/contract/files/stream-proof.ts";

async function* cut(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const to of [...cuts.map((each) => each % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    yield Uint8Array.from(bytes.subarray(from, to));
    from = to;
  }
}

async function strip(bytes: Uint8Array, marker: string, cuts: readonly number[] = []): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  // A chunk stays as it is when the next one is asked for.
  for await (const chunk of withoutMarker(cut(bytes, cuts), marker)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const missing = expect.objectContaining({ code: "DTV_UPSTREAM_INCOMPLETE", culprit: "stdin" });

describe("withoutMarker", () => {
  const line = fc.string({ unit: fc.constantFrom("a", "#", "ž", "\r", " "), maxLength: 6 });
  const marker = fc.string({ unit: fc.constantFrom("a", "#", "ž", "."), minLength: 1, maxLength: 5 });
  const cuts = fc.array(fc.nat({ max: 200 }), { maxLength: 12 });

  it("takes the last line away, wherever chunks are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(line),
        marker,
        fc.constantFrom("", "\n", "\r\n"),
        cuts,
        async (lines, last, end, at) => {
          const data = Buffer.from(lines.map((each) => `${each}\n`).join(""));
          const whole = Buffer.concat([data, Buffer.from(last + end)]);
          expect(await strip(whole, last, at)).toEqual(data);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("wants it as the last line, wherever chunks are cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line), line, marker, cuts, async (lines, last, wanted, at) => {
        fc.pre(last.replace(/\r$/, "") !== wanted);
        const whole = Buffer.from(`${lines.map((each) => `${each}\n`).join("")}${last}\n`);
        await expect(strip(whole, wanted, at)).rejects.toEqual(missing);
      }),
      { numRuns: 500 },
    );
  });

  it("is not content with any piece of a stream that was cut off", async () => {
    const whole = Buffer.from("id\n1\n#done\n2\n#done\n");
    for (let length = 0; length < whole.length - 1; length++) {
      const outcome = strip(whole.subarray(0, length), "#done");
      // Where a line of data is the marker itself, nothing can tell.
      if (["id\n1\n#done", "id\n1\n#done\n"].includes(whole.toString("utf8", 0, length))) await outcome;
      else await expect(outcome).rejects.toEqual(missing);
    }
  });

  it("keeps lines that begin or end as the marker does", async () => {
    await expect(strip(Buffer.from("a\n#done2"), "#done")).rejects.toEqual(missing);
    await expect(strip(Buffer.from("a\n2#done"), "#done")).rejects.toEqual(missing);
    await expect(strip(Buffer.from("a\n#done\n\n"), "#done")).rejects.toEqual(missing);
    expect(String(await strip(Buffer.from("#done"), "#done"))).toBe("");
    expect(String(await strip(Buffer.from("#done\n#done\n"), "#done"))).toBe("#done\n");
  });
});

describe("proveEnd", () => {
  const lines = { rows: 3, format: "csv", provesEnd: false };

  it.each([
    [{ accept_eof: false, expect_rows: 3 }, lines, "rows"],
    [{ accept_eof: true, expect_rows: 3, done_marker: "x" }, lines, "rows"],
    [{ accept_eof: true, done_marker: "x" }, lines, "marker"],
    [{ accept_eof: true }, { ...lines, provesEnd: true }, "format"],
    [{ accept_eof: true }, lines, "eof"],
    [{ accept_eof: false, expect_rows: 0 }, { ...lines, rows: 0 }, "rows"],
  ] as const)("%j of %j: %s", (options, facts, proof) => {
    expect(proveEnd(options, facts)).toBe(proof);
  });

  it("refuses what nothing proves", () => {
    expect(() => proveEnd({ accept_eof: false }, lines)).toThrow(
      expect.objectContaining({ code: "DTV_UPSTREAM_UNPROVEN", hint: expect.stringContaining("--accept-eof") }),
    );
  });

  it.each([2, 4, 0])("refuses 3 records where %d were expected, even when any end is accepted", (expected) => {
    expect(() => proveEnd({ accept_eof: true, expect_rows: expected }, { ...lines, provesEnd: true })).toThrow(
      expect.objectContaining({ code: "DTV_UPSTREAM_INCOMPLETE", details: { expected, rows: 3 } }),
    );
  });
});
