import { execFileSync } from "node:child_process";
import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PipeReader } from "../../../lib/storage/pipe-reader.ts";
import { tempFolder } from "../../support/folder.ts";

/** The two ends of a new pipe, neither of which waits. */
function openPipe(): { readonly read: number; readonly write: number } {
  const path = join(tempFolder(), "pipe");
  execFileSync("mkfifo", [path]);
  const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { read, write: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) };
}

const fresh = (bytes: number) => () => Buffer.alloc(bytes);

/** Buffers in turn, as standard input lends them. */
function twoOf(bytes: number): () => Buffer {
  const buffers = [Buffer.alloc(bytes), Buffer.alloc(bytes)];
  let next = 0;
  return () => buffers[next++ % 2] as Buffer;
}

describe("PipeReader", () => {
  it("gives every byte in order, whatever the pieces and whenever they come, in two buffers", async () => {
    const piece = fc.record({ bytes: fc.uint8Array({ minLength: 1, maxLength: 50 }), waits: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 20 }), fc.integer({ min: 1, max: 64 }), async (pieces, size) => {
        const { read, write } = openPipe();
        const writing = (async () => {
          for (const { bytes, waits } of pieces) {
            if (waits) await turn();
            writeSync(write, bytes);
          }
          closeSync(write);
        })();
        const seen: Buffer[] = [];
        let last: { readonly chunk: Uint8Array; readonly was: Buffer } | undefined;
        for await (const chunk of new PipeReader(read, twoOf(size)).chunks()) {
          expect(chunk.length).toBeGreaterThan(0);
          // What was given before is looked at while the next is fetched.
          if (last) expect(Buffer.compare(last.chunk, last.was)).toBe(0);
          last = { chunk, was: Buffer.from(chunk) };
          seen.push(last.was);
        }
        await writing;
        expect(Buffer.concat(seen)).toEqual(Buffer.concat(pieces.map(({ bytes }) => bytes)));
      }),
      { numRuns: 60 },
    );
  });

  it("puts together what is there at once, and gives at once what comes alone", async () => {
    const { read, write } = openPipe();
    const chunks = new PipeReader(read, fresh(64)).chunks();
    for (let i = 0; i < 5; i++) writeSync(write, "0123456789");
    expect((await chunks.next()).value).toHaveLength(50);
    for (const line of ["one\n", "two\n"]) {
      const next = chunks.next();
      await sleep(5);
      writeSync(write, line);
      expect(String((await next).value)).toBe(line);
    }
    closeSync(write);
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
  });

  it("reads nothing that was not asked for, and closes the pipe when nobody asks any more", async () => {
    const { read, write } = openPipe();
    const reader = new PipeReader(read, fresh(1024));
    const chunks = reader.chunks();
    writeSync(write, Buffer.alloc(4096, 1));
    expect((await chunks.next()).value).toHaveLength(1024);
    await sleep(20);
    const other = openSync(`/proc/self/fd/${read}`, constants.O_RDONLY | constants.O_NONBLOCK);
    expect(countHeld(other)).toBe(3072);
    closeSync(other);
    await chunks.return(undefined);
    await sleep(5);
    expect(() => writeSync(write, "x")).toThrow("EPIPE");
    closeSync(write);
  });

  it("ends when it is closed, before and while somebody waits", async () => {
    for (const isBefore of [true, false]) {
      const { read, write } = openPipe();
      const reader = new PipeReader(read, fresh(16));
      if (isBefore) reader.destroy();
      const next = reader.chunks().next();
      await sleep(5);
      reader.destroy();
      expect(await next).toEqual({ done: true, value: undefined });
      closeSync(write);
    }
  });
});

/** Bytes that stand in a pipe. */
function countHeld(descriptor: number): number {
  expect(fstatSync(descriptor).isFIFO()).toBe(true);
  const program = "import fcntl,struct,sys; print(struct.unpack('i', fcntl.ioctl(0, 0x541B, bytes(4)))[0])";
  return Number(execFileSync("python3", ["-c", program], { stdio: [descriptor, "pipe", "inherit"] }).toString());
}
