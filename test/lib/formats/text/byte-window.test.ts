import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteWindow, piecesOf } from "../../../../lib/formats/text/byte-window.ts";

describe("a window", () => {
  it("shows what was appended and not given up", () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 90_000 }), fc.integer({ min: 0, max: 100_000 })), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(steps, (steps) => {
        const window = new ByteWindow(100_000);
        for (const [grow, drop] of steps) {
          window.append(patternAt(window.end, grow));
          window.discard(Math.min(window.end, window.start + drop));
          const view = window.view(window.start, window.end);
          expect(view.length).toBe(window.end - window.start);
          expect(Buffer.compare(view, patternAt(window.start, view.length))).toBe(0);
          expect(view.byteOffset % 2).toBe(window.start % 2);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("shows the same when room was made before, and when what stood before is left behind", () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 500_000 }), fc.integer({ min: 1, max: 90_000 })));
    fc.assert(
      fc.property(steps, (steps) => {
        let window = new ByteWindow(100_000);
        for (const [reserved, grow] of steps) {
          window.reserve(window.end + reserved);
          window.append(patternAt(window.end, grow));
          window = window.rest(window.start + Math.floor((window.end - window.start) / 3));
          const view = window.view(window.start, window.end);
          expect(Buffer.compare(view, patternAt(window.start, view.length))).toBe(0);
          expect(view.byteOffset % 2).toBe(window.start % 2);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("keeps no more memory than a few times what it holds", () => {
    const window = new ByteWindow(64 * 1024 * 1024);
    for (const piece of piecesOf(Buffer.alloc(64 * 1024 * 1024))) window.append(piece);
    const large = window.view(window.start, window.end).buffer.byteLength;
    expect(large).toBeLessThan(80 * 1024 * 1024);
    window.discard(window.end);
    for (let i = 0; i < 100; i++) {
      window.append(Buffer.alloc(1024 * 1024));
      window.discard(window.end);
    }
    expect(window.view(window.start, window.end).buffer.byteLength).toBeLessThan(large / 4);
  });
});

describe("a chunk", () => {
  it("comes in pieces of 64 KiB", () => {
    expect([...piecesOf(Buffer.alloc(150_000))].map(({ length }) => length)).toEqual([65_536, 65_536, 18_928]);
    expect([...piecesOf(Buffer.alloc(0))]).toEqual([]);
  });
});

/** Bytes that tell their position: a period that no power of two divides, taken where the position says. */
const PERIOD = Buffer.from(Uint8Array.from({ length: 9973 }, (_, i) => i * 31 + (i >> 8)));

function patternAt(position: number, length: number): Buffer {
  const skipped = position % PERIOD.length;
  return Buffer.alloc(skipped + length, PERIOD).subarray(skipped);
}
