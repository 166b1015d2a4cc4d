import { createReadStream, createWriteStream, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  arrowFormat,
  arrowParse,
  avroFormat,
  avroParse,
  type Batch,
  csvFormat,
  csvParse,
  jsonFormat,
  jsonlFormat,
  jsonlParse,
  jsonParse,
  parquetFormat,
  readParquet,
  writeParquet,
} from "../../lib/index.ts";
import { tempFolder } from "../support/folder.ts";

const LINES = Array.from({ length: 5000 }, (_, id) => `${id},"name, ${id}"`);
const CSV = `id,name\n${LINES.join("\n")}\n`;
const FIRST = { id: "0", name: "name, 0" };

/** A sink that keeps the records. */
function gather(rows: unknown[]): Writable {
  return new Writable({
    objectMode: true,
    write(batch: Batch, _encoding, done) {
      rows.push(...batch.rows());
      done();
    },
  });
}

describe("a format in a stock pipeline", () => {
  it("turns a compressed file into another, with Node's own streams at both ends", async () => {
    const folder = tempFolder();
    const [from, to] = [join(folder, "a.csv.gz"), join(folder, "a.jsonl")];
    writeFileSync(from, gzipSync(CSV));
    await pipeline(createReadStream(from), createGunzip(), csvParse(), jsonlFormat(), createWriteStream(to));
    const lines = readFileSync(to, "utf8").trimEnd().split("\n");
    expect([lines.length, JSON.parse(lines[0] as string)]).toEqual([5000, FIRST]);
  });

  it.each([
    ["csv", csvFormat, csvParse],
    ["jsonl", jsonlFormat, jsonlParse],
    ["json", jsonFormat, jsonParse],
    ["avro", avroFormat, avroParse],
    ["arrow", () => arrowFormat({ form: "stream" }), arrowParse],
  ] as const)("%s gives back what it was given, however the bytes are cut", async (_, format, parse) => {
    const given = Array.from({ length: 3 }, (__, part) => [{ ...FIRST, id: `${part}` }]);
    const chunks: Buffer[] = [];
    const keep = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(...Array.from(chunk, (byte) => Buffer.of(byte)));
        done();
      },
    });
    await pipeline(Readable.from(given), format(), keep);
    const rows: unknown[] = [];
    await pipeline(Readable.from(chunks), parse(), gather(rows));
    expect(rows.map((row) => ({ ...(row as object) }))).toEqual(given.flat());
  });

  it("writes a Parquet file from a foreign source, and a folder from parsed bytes", async () => {
    const folder = tempFolder();
    const file = join(folder, "a.parquet");
    await pipeline(Readable.from([[{ a: 1 }, { a: 2 }]]), parquetFormat(), createWriteStream(file));
    const rows: unknown[] = [];
    await pipeline(readParquet(file), gather(rows));
    expect(rows.map((row) => ({ ...(row as object) }))).toEqual([{ a: 1 }, { a: 2 }]);
    const sink = writeParquet(join(folder, "lake"));
    await pipeline(Readable.from([Buffer.from(CSV)]), csvParse(), sink);
    expect([sink.outcome, sink.counts.written]).toEqual(["committed", 5000]);
  });

  it("ends at a record that cannot be read, or tells it to whoever listens", async () => {
    const bytes = () => Readable.from([Buffer.from("a,b\n1,2\n3\n4,5\n")]);
    await expect(pipeline(bytes(), csvParse(), gather([]))).rejects.toMatchObject({
      code: "DTV_CONTRACT_VIOLATED",
      message: "stream, line 3 (byte 8): has 1 field, the header has 2",
    });
    const parse = csvParse();
    const told: unknown[] = [];
    parse.on("rejects", (rejects: unknown[]) => told.push(...rejects));
    const rows: unknown[] = [];
    await pipeline(bytes(), parse, gather(rows));
    expect([rows.length, told]).toEqual([2, [expect.objectContaining({ line: 3 })]]);
  });

  it("says so when the bytes end too early", async () => {
    const cut = Readable.from([Buffer.from('[{"a":1},{"a":2}')]);
    await expect(pipeline(cut, jsonParse(), gather([]))).rejects.toMatchObject({ code: "DTV_JSON_INVALID" });
  });

  it("reads no further than is asked for", async () => {
    let chunks = 0;
    const endless = Readable.from(
      (function* () {
        yield Buffer.from("id,name\n");
        for (; ; chunks++) yield Buffer.from(`${LINES.join("\n")}\n`);
      })(),
    );
    const parse = csvParse();
    const source = endless.pipe(parse)[Symbol.asyncIterator]();
    await source.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(chunks).toBeLessThan(60);
    await source.return?.();
    endless.destroy();
  });
});
