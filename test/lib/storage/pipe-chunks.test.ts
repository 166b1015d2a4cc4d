import { spawn } from "node:child_process";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pipeChunks } from "../../../lib/storage/pipe-chunks.ts";

async function collect(stream: Readable, chunkBytes: number): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of pipeChunks(stream, chunkBytes)) chunks.push(chunk);
  return chunks;
}

describe("pipeChunks", () => {
  it("gives every byte in order, whatever the pieces and whenever they come", async () => {
    const piece = fc.record({ bytes: fc.uint8Array({ minLength: 1, maxLength: 50 }), ms: fc.constantFrom(0, 0, 0, 1) });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 20 }), fc.integer({ min: 1, max: 64 }), async (pieces, size) => {
        const stream = Readable.from(
          (async function* () {
            for (const { bytes, ms } of pieces) {
              if (ms > 0) await sleep(ms);
              yield bytes;
            }
          })(),
          { objectMode: false },
        );
        const chunks = await collect(stream, size);
        expect(chunks.every((chunk) => chunk.length > 0)).toBe(true);
        expect(Buffer.concat(chunks)).toEqual(Buffer.concat(pieces.map(({ bytes }) => bytes)));
        expect(stream.destroyed).toBe(true);
      }),
    );
  });

  it("puts together what is there at once", async () => {
    const pieces = Array.from({ length: 40 }, (_, index) => Buffer.alloc(65_536, index));
    const whole = Buffer.concat(pieces);
    const stream = new Readable({
      read() {
        this.push(pieces.shift() ?? null);
      },
    });
    const chunks = await collect(stream, 1024 * 1024);
    expect(chunks).toHaveLength(3);
    expect(Buffer.concat(chunks).equals(whole)).toBe(true);
  });

  it("gives at once what comes alone", async () => {
    const { stdout, stdin } = spawn("cat");
    const chunks = pipeChunks(stdout, 1024 * 1024);
    for (const line of ["one\n", "two\n"]) {
      stdin.write(line);
      expect(String((await chunks.next()).value)).toBe(line);
    }
    stdin.end();
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
  });

  it("reads nothing ahead beyond the buffer of the stream", async () => {
    let given = 0;
    const endless = new Readable({
      read() {
        given += 65_536;
        this.push(Buffer.alloc(65_536));
      },
    });
    const chunks = pipeChunks(endless, 256 * 1024);
    await chunks.next();
    await sleep(50);
    expect(given).toBeLessThan(600 * 1024);
    await chunks.return(undefined);
    expect(endless.destroyed).toBe(true);
  });

  it("passes on a fault behind the bytes before it", async () => {
    const stream = new Readable({ read() {} });
    const chunks = pipeChunks(stream, 1024);
    stream.push("before");
    expect(String((await chunks.next()).value)).toBe("before");
    const next = chunks.next();
    stream.destroy(new Error("cut"));
    await expect(next).rejects.toThrow("cut");
  });

  it("ends when the stream is closed while somebody waits", async () => {
    const stream = new Readable({ read() {} });
    const next = pipeChunks(stream, 1024).next();
    await sleep(5);
    stream.destroy();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});
