import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_UNPACKING } from "../../../../lib/contract/compression.ts";
import { RowBatch } from "../../../../lib/contract/row-batch.ts";
import { Schema } from "../../../../lib/contract/schema.ts";
import { ByteCompressor } from "../../../../lib/formats/compression/compress.ts";
import { csvFormat } from "../../../../lib/formats/csv/csv-format.ts";
import { jsonFormat } from "../../../../lib/formats/json/json-format.ts";
import { jsonlFormat } from "../../../../lib/formats/jsonl/jsonl-format.ts";
import { compose, readCsv, readJson, readJsonl, writeCsv, writeJson, writeJsonl } from "../../../../lib/index.ts";
import { decompress } from "../../../../lib/storage/decompress.ts";
import { writeFiles } from "../../../support/cli.ts";
import { askDuckDB } from "../../../support/duckdb.ts";
import { tempFolder, visibleFiles } from "../../../support/folder.ts";

const KINDS = ["gzip", "zstd"] as const;

async function compress(kind: (typeof KINDS)[number], pushes: readonly Uint8Array[], flushes = false): Promise<Buffer> {
  const compressor = new ByteCompressor(kind);
  const made: Uint8Array[] = [];
  for (const bytes of pushes) {
    made.push(...(await compressor.push([bytes])));
    if (flushes) made.push(...(await compressor.flush()));
    expect(compressor.heldBytes).toBeLessThan(flushes ? 1 : 4 * 1024 * 1024);
  }
  return Buffer.concat([...made, ...(await compressor.end())]);
}

async function unpack(bytes: Uint8Array): Promise<Buffer> {
  const chunks = [];
  const unpacking = { ...DEFAULT_UNPACKING, maxRatio: 1e9 };
  const stored = async function* () {
    yield bytes;
  };
  for await (const chunk of decompress(stored(), "x", { unpacking })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe.each(KINDS)("%s", (kind) => {
  it("comes back, however it was pushed and flushed", async () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.nat(600_000).map((length) => Buffer.alloc(length, "some text, ")),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 5 }), fc.boolean(), async (pieces, flushes) => {
        const bytes = await compress(kind, pieces, flushes);
        expect((await unpack(bytes)).equals(Buffer.concat(pieces))).toBe(true);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it("does not depend on how it was pushed", async () => {
    const text = Buffer.from(Array.from({ length: 900_000 }, (_, i) => `${i * 7919},`).join(""));
    const whole = await compress(kind, [text]);
    const cut = Array.from({ length: 90 }, (_, i) =>
      text.subarray((i * text.length) / 90, ((i + 1) * text.length) / 90),
    );
    expect((await compress(kind, cut)).equals(whole)).toBe(true);
    expect((await unpack(whole)).equals(text)).toBe(true);
  });

  it.each([
    ["csv", writeCsv, readCsv, "read_csv"],
    ["json", writeJson, readJson, "read_json"],
    ["jsonl", writeJsonl, readJsonl, "read_json"],
  ] as const)("files of %s are called so, and read by us and by DuckDB", async (format, write, read, reader) => {
    const folder = tempFolder();
    const rows = Array.from({ length: 20_000 }, (_, i) => `${i},name ${i % 97}`);
    writeFiles(folder, { "in.csv": `id,name\n${rows.join("\n")}\n` });
    await compose(readCsv(join(folder, "in.csv")), write(join(folder, "out"), { compression: kind }));
    const [file = "", ...others] = visibleFiles(join(folder, "out"));
    expect([others, file]).toEqual([
      [],
      expect.stringMatching(`-[^.]+\\.${format}\\.${kind === "gzip" ? "gz" : "zst"}$`),
    ]);
    let count = 0;
    for await (const batch of read(join(folder, "out", file))) count += batch.length;
    expect(count).toBe(20_000);
    const [told] = await askDuckDB(
      `select count(*) as n, sum(id::int) as sum, count(distinct name) as names from ${reader}('${folder}/out/${file}')`,
    );
    expect(told).toEqual({ n: "20000", sum: String((20_000 * 19_999) / 2), names: "97" });
  });
});

it("gzip is one member, which every tool reads to its end", async () => {
  const text = Buffer.from("a line of text\n".repeat(100_000));
  const bytes = await compress("gzip", [text]);
  expect(inflateRawSync(bytes.subarray(10, -8)).equals(text)).toBe(true);
  expect(gunzipSync(bytes).equals(text)).toBe(true);
  expect(execFileSync("gzip", ["-dc"], { input: bytes, maxBuffer: 1e8 }).equals(text)).toBe(true);
  expect(bytes.length).toBeLessThan(text.length / 100);
});

it("gzip looks back beyond the beginning of a piece", async () => {
  const noise = Buffer.from(Array.from({ length: 30_000 }, (_, i) => Math.floor(Math.sin(i) * 1e6) & 255));
  const bytes = await compress("gzip", Array<Buffer>(100).fill(noise));
  expect(bytes.length).toBeLessThan(2 * noise.length);
});

describe("options", () => {
  it.each([
    [{ compression: "brotli" }, "compression: expected one of 'none', 'gzip', 'zstd'"],
    [{ compression_level: 3 }, "compression_level: has no meaning without a compression"],
    [
      { compression: "gzip", compression_level: 10 },
      "compression_level: expected at most 9 for gzip, got the number 10",
    ],
    [{ compression: "zstd", compression_level: 20 }, "compression_level: expected at most 19 for zstd"],
  ])("are checked: %j", (options, message) => {
    for (const format of [csvFormat, jsonFormat, jsonlFormat]) {
      const create = () => format.encoder?.(options, { schema: Schema.lexical(["a"]), metadata: {} });
      expect(create).toThrow(expect.objectContaining({ message: expect.stringContaining(message) }));
    }
  });

  it("are the level, and what is held until a piece is whole", async () => {
    const schema = Schema.lexical(["a"]);
    const cells = Array.from({ length: 5000 }, (_, i) => `${Math.sin(i)} and ${i % 89} words`);
    const sizeAt = async (compression: string, compression_level: number): Promise<number> => {
      const encoder = jsonlFormat.encoder?.({ compression, compression_level }, { schema, metadata: {} });
      const made = [...((await encoder?.encode(RowBatch.fromColumns(schema, [cells], cells.length))) ?? [])];
      expect(encoder?.bufferedBytes).toBeGreaterThan(100_000);
      made.push(...((await encoder?.flush()) ?? []));
      expect(encoder?.bufferedBytes).toBe(0);
      return Buffer.concat([...made, ...((await encoder?.end()) ?? [])]).length;
    };
    expect(await sizeAt("gzip", 9)).toBeLessThan(await sizeAt("gzip", 1));
    expect(await sizeAt("zstd", 19)).toBeLessThan(await sizeAt("zstd", 1));
  });
});

it("a file without records is a compressed file all the same", async () => {
  for (const compression of KINDS) {
    const encoder = jsonlFormat.encoder?.({ compression }, { schema: Schema.lexical(["a"]), metadata: {} });
    const bytes = Buffer.concat([...((await encoder?.end()) ?? [])]);
    expect(bytes.length).toBeGreaterThan(8);
    expect(await unpack(bytes)).toEqual(Buffer.alloc(0));
  }
});

it("a file that is cut off is refused, wherever", async () => {
  const folder = tempFolder();
  writeFiles(folder, { "in.csv": "id\n1\n2\n3\n" });
  for (const compression of KINDS) {
    await compose(readCsv(join(folder, "in.csv")), writeJsonl(join(folder, compression), { compression }));
    const bytes = readFileSync(join(folder, compression, visibleFiles(join(folder, compression))[0] ?? ""));
    for (let length = 4; length < bytes.length; length++) {
      await expect(unpack(bytes.subarray(0, length))).rejects.toMatchObject({ code: "DTV_SOURCE_COMPRESSION" });
    }
  }
});
