/** Damaged files: one clear error behind a prefix of the records, or records as many as there were. */
import { isDeepStrictEqual } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { DativoError } from "../../../../lib/contract/errors.ts";
import { Dice, damage } from "../parquet/damage.ts";
import { sampleTable } from "../parquet/sample.ts";
import { decodeAll, encodeAll, type Table } from "./codec.ts";
import { SYNC } from "./forge.ts";

const RUNS = Number(process.env["AVRO_RUNS"] ?? 1000);
const ROWS = 20;
const table = sampleTable(ROWS, true);

const CODECS = ["none", "deflate", "snappy", "zstandard"] as const;
const files = new Map<string, Buffer>();

beforeAll(async () => {
  for (const compression of CODECS) {
    const options = { compression, block_size: 1024 };
    files.set(compression, withSync(await encodeAll(table.schema, table.columns, { options })));
  }
});

/** Sync markers are drawn for each file; with one that is known the same damage can be done again. */
function withSync(bytes: Buffer): Buffer {
  const ends = blockEnds(bytes);
  for (const end of ends) SYNC.copy(bytes, end - SYNC.length);
  return bytes;
}

function prefixOf({ columns, rows }: Table): boolean {
  return columns.every((column, i) => isDeepStrictEqual(column, table.columns[i]?.slice(0, rows)));
}

describe.each(CODECS)("%s", (compression) => {
  it("cut off anywhere, it ends with an error behind the records before", { timeout: 120_000 }, async () => {
    const bytes = files.get(compression) as Buffer;
    const whole = await decodeAll(bytes);
    // Where a block ends nothing says that another should follow.
    const ends = new Set(blockEnds(bytes));
    expect([whole.rows, ends.size > 2]).toEqual([ROWS, true]);
    // The bytes of the others are the same but for what is in the blocks.
    for (let length = 0; length < bytes.length; length += compression === "deflate" ? 1 : 11) {
      const read = await decodeAll(bytes.subarray(0, length));
      expect([length, prefixOf(read), read.rejects.length]).toEqual([length, true, 0]);
      if (ends.has(length)) expect([length, read.error]).toEqual([length, undefined]);
      else expect([length, read.error]).toMatchObject([length, { code: "DTV_AVRO_INVALID" }]);
    }
  });

  it("damaged anyhow, it never ends in silence, nor in another error", { timeout: 300_000 }, async () => {
    const bytes = files.get(compression) as Buffer;
    for (let seed = 0; seed < RUNS; seed++) {
      const damaged = damage(bytes, new Dice(seed));
      const read = await decodeAll(damaged, { cut: 1 + (seed % 4000) });
      if (read.error !== undefined) {
        expect([seed, read.error instanceof DativoError, (read.error as DativoError).code]).toEqual([
          seed,
          true,
          expect.stringMatching(/^DTV_(AVRO_INVALID|RECORD_TOO_LARGE)$/),
        ]);
      } else if (
        !isDeepStrictEqual(read.columns, table.columns) &&
        !bytes.subarray(0, damaged.length).equals(damaged)
      ) {
        // A value has changed, or a name; no record may be gone. (Cut off behind a block, a file is a sound one.)
        expect([seed, read.rows + read.rejects.length]).toEqual([seed, ROWS]);
        if (compression === "snappy") expect([seed, headerOf(damaged)]).not.toEqual([seed, headerOf(bytes)]);
      }
    }
  });
});

function headerOf(bytes: Buffer): string {
  return bytes.subarray(0, (blockEnds(bytes)[0] as number) ?? 0).toString("latin1");
}

/** Positions behind the header and behind each block. */
function blockEnds(bytes: Buffer): number[] {
  const sync = bytes.subarray(-16);
  const ends: number[] = [];
  for (let at = bytes.indexOf(sync); at >= 0; at = bytes.indexOf(sync, at + 16)) ends.push(at + 16);
  return ends;
}
