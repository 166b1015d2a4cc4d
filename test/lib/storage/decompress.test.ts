import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import zlib, { brotliCompressSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { Unpacking } from "../../../lib/contract/compression.ts";
import { DEFAULT_UNPACKING } from "../../../lib/contract/compression.ts";
import { DativoError } from "../../../lib/contract/errors.ts";
import { loadZstd, type Zstd } from "../../../lib/formats/parquet/zstd.ts";
import { ByteSource } from "../../../lib/storage/byte-source.ts";
import { decompress } from "../../../lib/storage/decompress.ts";
import { Inflation } from "../../../lib/storage/inflation.ts";
import { unzstdInJavaScript } from "../../../lib/storage/unzstd.ts";
import { zstdParts } from "../../../lib/storage/zstd-parts.ts";
import { tellDuckDB } from "../../support/duckdb.ts";
import { tempFolder } from "../../support/folder.ts";

let zstd: Zstd;
beforeAll(async () => {
  zstd = await loadZstd();
});

const UNZSTD = (zlib as { createZstdDecompress?: unknown }).createZstdDecompress;

async function* cut(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield Uint8Array.from(bytes.subarray(at, at + length));
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

interface Init extends Partial<Unpacking> {
  readonly path?: string;
  readonly cut?: number;
}

const unpack = ({ path = "a.csv", cut: length = 65_536, ...unpacking }: Init, bytes: Uint8Array): Promise<Buffer> =>
  collect(decompress(cut(bytes, length), path, { unpacking: { ...DEFAULT_UNPACKING, ...unpacking } }));

const unpackAny = (bytes: Uint8Array): Promise<Buffer> => unpack({}, bytes);

/** By the decoder in JavaScript, whatever Node has. */
const unzstdSlowly = (bytes: Uint8Array): Promise<Buffer> => {
  const inflation = new Inflation("zstd", "a.csv", DEFAULT_UNPACKING);
  return collect(unzstdInJavaScript(zstdParts(new ByteSource(cut(bytes, 1000)), inflation), inflation));
};

/** A frame with a checksum, as the command line tool writes it. */
async function checked(content: Uint8Array, level = 3): Promise<Buffer> {
  const { createXXHash64 } = await import("hash-wasm");
  const sum = (await createXXHash64()).init().update(content).digest("binary").subarray(4).reverse();
  const frame = Buffer.from(zstd.compress(content, level));
  frame[4] = (frame[4] as number) | 4;
  return Buffer.concat([frame, sum]);
}

const skippable = (length: number): Buffer => {
  const head = Buffer.alloc(8 + length);
  head.writeUInt32LE(0x184d2a53);
  head.writeUInt32LE(length, 4);
  return head;
};

const codeOf = async (reading: Promise<unknown>): Promise<string | undefined> =>
  reading.then(
    () => undefined,
    (error: unknown) => (error instanceof DativoError ? error.code : `foreign: ${error}`),
  );

const TEXT = Buffer.from(Array.from({ length: 300 }, (_, i) => `${i},name ${i % 7},${(i * 7919) % 1000}\n`).join(""));

describe("content", () => {
  it("is as it was where nothing is compressed, whatever the name, but for .br", async () => {
    expect(await unpack({ path: "a.csv.gz" }, TEXT)).toEqual(TEXT);
    expect(await unpack({ path: "a.csv.zst", cut: 1 }, Buffer.of(0x28))).toEqual(Buffer.of(0x28));
    expect(await unpack({}, Buffer.alloc(0))).toEqual(Buffer.alloc(0));
    expect(await codeOf(unpack({ path: "a.csv.br" }, TEXT))).toBe("DTV_SOURCE_COMPRESSION");
  });

  it("comes out of brotli by the name or an option, and stays as it is by one", async () => {
    const bytes = brotliCompressSync(TEXT);
    expect(await unpack({ path: "a.csv.BR" }, bytes)).toEqual(TEXT);
    expect(await unpack({ compression: "brotli" }, bytes)).toEqual(TEXT);
    expect(await unpack({}, bytes)).toEqual(bytes);
    expect(await unpack({ compression: "none" }, gzipSync(TEXT))).toEqual(gzipSync(TEXT));
  });

  it("comes out of zstd by its first bytes, frame after frame, others passed over", async () => {
    const frames = [skippable(5), zstd.compress(TEXT, 3), skippable(300_000), await checked(TEXT), skippable(0)];
    const bytes = Buffer.concat([...frames, zstd.compress(Buffer.alloc(0), 1)]);
    for (const length of [1, 7, 65_536])
      expect(await unpack({ cut: length }, bytes)).toEqual(Buffer.concat([TEXT, TEXT]));
    expect(await unzstdSlowly(bytes)).toEqual(Buffer.concat([TEXT, TEXT]));
  });

  it("comes out of zstd whatever the content and the level", async () => {
    const word = fc.constantFrom("a", "bc", "name", "\0", "0123456789", "é");
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc.array(word, { maxLength: 2000 }).map((words) => Buffer.from(words.join(""))),
      fc.nat(400_000).map((length) => Buffer.alloc(length, "ab")),
    );
    await fc.assert(
      fc.asyncProperty(content, fc.integer({ min: 1, max: 19 }), async (content, level) => {
        const bytes = await checked(content, level);
        const expected = Buffer.from(content);
        expect((await unpack({ maxRatio: 1e6 }, bytes)).equals(expected)).toBe(true);
        const inflation = new Inflation("zstd", "a.csv", { ...DEFAULT_UNPACKING, maxRatio: 1e6 });
        const slowly = await collect(
          unzstdInJavaScript(zstdParts(new ByteSource(cut(bytes, 999)), inflation), inflation),
        );
        expect(slowly.equals(expected)).toBe(true);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it("comes out of what DuckDB has written", async () => {
    const folder = tempFolder();
    for (const kind of ["gzip", "zstd"]) {
      const query = "select i, 'name ' || (i * 7919 % 10007) as name from range(300000) t(i)";
      await tellDuckDB(`copy (${query}) to '${folder}/${kind}' (format csv, compression ${kind})`);
      const text = (await unpack({}, readFileSync(join(folder, kind)))).toString();
      const rows = text.trimEnd().split("\n");
      expect([rows.length, rows[0], rows[300_000]]).toEqual([
        300_001,
        "i,name",
        `299999,name ${(299_999 * 7919) % 10_007}`,
      ]);
    }
  });
});

describe("compressed data", () => {
  const kinds = (): Promise<[string, string, Buffer][]> =>
    checked(TEXT).then((frame) => [
      ["gzip", "a.csv", gzipSync(TEXT)],
      ["brotli", "a.csv.br", brotliCompressSync(TEXT)],
      ["zstd", "a.csv", frame],
      ["zstd without a checksum", "a.csv", Buffer.from(zstd.compress(TEXT, 3))],
    ]);

  it("is refused when it is cut off, at any byte", async () => {
    for (const [, path, bytes] of await kinds()) {
      // Less than the signature is text like any other.
      for (let length = path.endsWith(".br") ? 1 : 4; length < bytes.length; length++) {
        expect(await codeOf(unpack({ path, cut: 100 }, bytes.subarray(0, length)))).toBe("DTV_SOURCE_COMPRESSION");
        if (path === "a.csv" && bytes[0] === 0x28)
          expect(await codeOf(unzstdSlowly(bytes.subarray(0, length)))).toBe("DTV_SOURCE_COMPRESSION");
      }
    }
  }, 60_000);

  it("is refused when something else follows it", async () => {
    for (const [, path, bytes] of await kinds()) {
      for (const tail of ["x", "tail of some length", "\0", "\0\0\0\0\0"]) {
        // gzip takes zeros for padding, as every tool does that reads from tapes.
        if (bytes[0] === 0x1f && tail.startsWith("\0")) continue;
        const reading = unpack({ path }, Buffer.concat([bytes, Buffer.from(tail)]));
        expect(await codeOf(reading)).toBe("DTV_SOURCE_COMPRESSION");
      }
    }
  });

  it("never comes out otherwise when a bit is another, where it has a checksum", async () => {
    const frame = await checked(TEXT);
    for (const bytes of [gzipSync(TEXT), frame]) {
      for (let at = 4; at < bytes.length; at++) {
        const damaged = Buffer.from(bytes);
        damaged[at] = (bytes[at] as number) ^ (1 << (at % 8));
        for (const decoder of bytes === frame ? [unpackAny, unzstdSlowly] : [unpackAny]) {
          const read = await decoder(damaged).catch((error: unknown) => error);
          // The name and the time in a gzip header are not content.
          if (read instanceof Buffer) expect(read.equals(TEXT)).toBe(true);
          else expect((read as DativoError).code).toBe("DTV_SOURCE_COMPRESSION");
        }
      }
    }
  }, 60_000);

  it.each<[string, Uint8Array, string]>([
    ["lz4", Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x64, 0x40]), "unlz4"],
    ["bzip2", Buffer.from("BZh91AY&SY"), "bunzip2"],
    ["xz", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0]), "unxz"],
    ["zip", Buffer.from("PK\x03\x04rest"), "unzip"],
  ])("of %s is refused with the cure", async (kind, bytes, tool) => {
    await expect(unpack({}, bytes)).rejects.toMatchObject({
      code: "DTV_SOURCE_COMPRESSION",
      message: expect.stringContaining(kind),
      hint: expect.stringContaining(tool),
    });
  });

  it("of zstd is refused where it needs a dictionary, or a window beyond 64 MiB", async () => {
    const head = (descriptor: number, ...rest: number[]) =>
      Buffer.of(0x28, 0xb5, 0x2f, 0xfd, descriptor, ...rest, 1, 0, 0);
    await expect(unpack({}, head(0x01, 0x50, 7))).rejects.toThrow("with a dictionary");
    await expect(unpack({}, head(0x00, 17 << 3))).rejects.toThrow("with a window of 128 MiB");
    await expect(unpack({}, head(0xa0, 1, 0, 0, 4))).rejects.toThrow("with a window of 65 MiB");
    expect(await unpack({}, head(0x00, 16 << 3))).toEqual(Buffer.alloc(0));
  });
});

describe("a bomb", () => {
  const MIB = 1024 * 1024;
  /** 128 KiB a block of four bytes: 32,768 times as large. */
  const zstdBomb = (blocks: number): Buffer => {
    const block = Buffer.alloc(4);
    block.writeUIntLE(((128 * 1024) << 3) | 2, 0, 3);
    const last = Buffer.of(1, 0, 0);
    return Buffer.concat([Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0, 8 << 3), ...Array(blocks).fill(block), last]);
  };
  const bombs: [string, Init, () => Buffer][] = [
    ["gzip", {}, () => gzipSync(Buffer.alloc(64 * MIB), { level: 9 })],
    ["gzip members", {}, () => Buffer.concat(Array(200).fill(gzipSync(Buffer.alloc(MIB), { level: 9 })))],
    ["brotli", { path: "a.br" }, () => brotliCompressSync(Buffer.alloc(64 * MIB))],
    ["zstd", {}, () => zstdBomb(20_000)],
    ["zstd frames", {}, () => Buffer.concat(Array(2000).fill(zstdBomb(8)))],
  ];

  it.each(bombs)("of %s is refused before it is large", async (_, init, make) => {
    const bytes = make();
    const before = process.memoryUsage().arrayBuffers;
    let [made, most] = [0, 0];
    const reading = async (): Promise<void> => {
      const unpacking = { ...DEFAULT_UNPACKING, ...init };
      for await (const chunk of decompress(cut(bytes, 65_536), init.path ?? "a.csv", { unpacking })) {
        made += chunk.length;
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
    };
    await expect(reading()).rejects.toMatchObject({
      code: "DTV_DECOMPRESSION_LIMIT",
      message: expect.stringContaining("more than 200 times as large"),
      hint: expect.stringContaining("max_compression_ratio"),
    });
    expect(made).toBeLessThan(20 * MIB);
    expect(most).toBeLessThan(40 * MIB);
  });

  it("is let through when it is wanted, up to a number of bytes", async () => {
    const zeros = gzipSync(Buffer.alloc(4 * MIB));
    expect((await unpack({ maxRatio: 2000 }, zeros)).length).toBe(4 * MIB);
    expect((await unpack({}, gzipSync(Buffer.alloc(MIB)))).length).toBe(MIB);
    await expect(unpack({ maxRatio: 2000, maxBytes: 3 * MIB }, zeros)).rejects.toMatchObject({
      code: "DTV_DECOMPRESSION_LIMIT",
      hint: expect.stringContaining("max_decompressed_mb"),
    });
  });
});

it.runIf(UNZSTD)("zstd is decoded by Node where it can", async () => {
  const script = `import z from "node:zlib"; process.stdout.write(z.zstdCompressSync(process.argv[1]))`;
  const bytes = execFileSync(process.execPath, ["--input-type=module", "-e", script, "text"]);
  expect((await unpack({}, bytes)).toString()).toBe("text");
});
