import { describe, expect, it } from "vitest";
import { encodeFrame, type Frame, FrameReader } from "../../../lib/isolation/frame.ts";

describe("a frame", () => {
  const frames = [
    { header: { id: 1, big: 9007199254740993n, text: "žluť" }, body: new Uint8Array([1, 2, 3]) },
    { header: {}, body: new Uint8Array() },
    { header: { id: 2 }, body: new Uint8Array(70_000).fill(7) },
  ];
  const bytes = Buffer.concat(frames.flatMap(({ header, body }) => encodeFrame(header, body)));

  it.each([1, 2, 7, 8, 9, 65_536, 1_000_000])("arrives in pieces of %d bytes", (size) => {
    const reader = new FrameReader();
    const received: Frame[] = [];
    for (let at = 0; at < bytes.length; at += size) received.push(...reader.feed(bytes.subarray(at, at + size)));
    expect(received.map(({ header, body }) => ({ header, body: new Uint8Array(body) }))).toEqual(frames);
    // Arrow columns begin at multiples of eight.
    expect(received.map(({ body }) => body.byteOffset % 8)).toEqual([0, 0, 0]);
  });

  it("of a length that nobody sends is refused before memory is taken for it", () => {
    const prelude = Buffer.alloc(8, 0xff);
    expect(() => [...new FrameReader().feed(prelude)]).toThrow(
      expect.objectContaining({ code: "DTV_RECORD_TOO_LARGE" }),
    );
  });
});
