import { readFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { INERT_CONTEXT } from "../../../lib/contract/context.ts";
import { DativoError } from "../../../lib/contract/errors.ts";
import type { RowBatch } from "../../../lib/contract/row-batch.ts";
import { parquetFormat } from "../../../lib/formats/parquet/parquet-format.ts";
import { nativeCallsInFlight } from "../../../lib/native/calls.ts";
import { liveNativeArrays } from "../../../lib/native/native-rows.ts";
import { nativeCodecs } from "../../../lib/plugin/native-builtins.ts";
import { LocalStorage } from "../../../lib/storage/local.ts";
import { tellDuckDB } from "../../support/duckdb.ts";
import { tempFolder } from "../../support/folder.ts";
import { describeNative } from "../../support/native.ts";
import { bytesOf, decodeBatches } from "../formats/parquet/codec.ts";
import { Dice, damage } from "../formats/parquet/damage.ts";
import { decodeNatively, told } from "../formats/parquet/native-twin.ts";

// What is held against TypeScript here is native, also where all else is not.
process.env["DATIVO_NATIVE"] = "on";

const ROWS = 100_000;
const SCALARS = `i::bigint as id, 'n' || i as word, (i % 9)::utinyint as tiny, i / 4 as half, i % 3 = 0 as third,
  if(i % 5 = 0, null, (i * 1.25)::decimal(12, 2)) as money, date '2020-01-01' + (i % 999)::int as day,
  timestamp '2020-01-01' + interval (i) second as at, time '00:00' + interval (i % 86400) second as clock,
  ('b' || i)::blob as raw, md5(i::varchar)::uuid as name`;

async function file(columns = SCALARS, options = "row_group_size 30720", rows = ROWS): Promise<string> {
  const path = `${tempFolder()}/rows.parquet`;
  await tellDuckDB(`copy (select ${columns} from range(${rows}) t(i)) to '${path}' (${options})`);
  return path;
}

async function collect(batches: AsyncIterable<RowBatch>) {
  const made: RowBatch[] = [];
  for await (const batch of batches) made.push(batch);
  const width = made[0]?.schema.fields.length ?? 0;
  return {
    schema: made[0]?.schema,
    lengths: made.map(({ length }) => length),
    columns: Array.from({ length: width }, (_, index) => made.flatMap((batch) => batch.cells(index))),
    last: made.at(-1)?.provenance?.rowAt((made.at(-1)?.length ?? 0) - 1),
    isExact: made.every((batch) => batch.isExact),
  };
}

describeNative("Parquet files, natively", () => {
  afterEach(() => expect([liveNativeArrays(), nativeCallsInFlight()]).toEqual([0, 0]));

  it("are what TypeScript reads, to the last record, in larger batches", async () => {
    const bytes = readFileSync(await file());
    const natively = await collect(decodeNatively(bytes));
    const here = await collect(decodeBatches(bytesOf(bytes)));
    expect({ ...natively, lengths: [] }).toEqual({ ...here, lengths: [] });
    expect(told.at(-1)).toBeUndefined();
    expect(natively.last).toBe(ROWS);
    expect(natively.lengths.length).toBeLessThan(10);
  });

  it("are read by column, in batches as asked", async () => {
    const bytes = readFileSync(await file());
    const { schema, lengths, columns } = await collect(
      decodeNatively(bytes, { columns: ["half", "id"] }, { batchRows: 30_000 }),
    );
    expect(schema?.names).toEqual(["half", "id"]);
    expect([Math.max(...lengths), columns[1]?.[77_777], told.at(-1)]).toEqual([30_000, 77_777, undefined]);
    const unknown = decodeNatively(bytes, { columns: ["hlaf"] });
    await expect(collect(unknown)).rejects.toMatchObject({ code: "DTV_OPTION_INVALID" });
  });

  it.each([
    ["[i] as list", "column 'list' is nested"],
    ["('[' || i || ']')::json as free", "column 'free' is JSON"],
  ])("with %s are left to TypeScript, which is told: %s", async (columns, reason) => {
    const bytes = readFileSync(await file(columns));
    const natively = await collect(decodeNatively(bytes));
    const here = await collect(decodeBatches(bytesOf(bytes)));
    expect(natively.columns).toEqual(here.columns);
    expect(told.at(-1)).toBe(reason);
  });

  it("are read on in TypeScript from the first record that the library does not give", async () => {
    const bytes = readFileSync(
      await file(`make_timestamp_ns(i * 1000 + (i = 70000)::int) as at`, "row_group_size 30720"),
    );
    const batches: RowBatch[] = [];
    const reading = async (): Promise<void> => {
      for await (const batch of decodeNatively(bytes, {}, { batchRows: 9000 })) batches.push(batch);
    };
    await expect(reading()).rejects.toThrow("record 70001: the value of column 'at' is finer than a microsecond");
    expect(told.at(-1)).toContain("a value has no place in its type");
    const rows = batches.flatMap((batch) => Array.from({ length: batch.length }, (_, i) => batch.provenance?.rowAt(i)));
    expect(rows).toEqual(rows.map((_, i) => i + 1));
    expect(rows.length).toBe(63_000);
  });

  it("end when the run does, and when nobody wants more", async () => {
    const path = await file();
    const opened = await new LocalStorage().open(path);
    const aborter = new AbortController();
    const reader = await nativeCodecs.reader(parquetFormat, {}, aborter.signal);
    if ("refusal" in reader) throw new Error(reader.refusal);
    const context = { ...INERT_CONTEXT, source: path, batchRows: 1000, warn: () => {}, tell: () => {} };
    const reading = async (stop: () => boolean): Promise<void> => {
      for await (const batch of reader.read(opened, context)) {
        batch.release();
        if (stop()) return;
      }
    };
    await reading(() => true);
    const aborting = reading(() => {
      aborter.abort(new Error("enough"));
      return false;
    });
    await expect(aborting).rejects.toThrow("enough");
    await opened.close();
  });

  it("are an error or records when they are damaged, and never the end of the process", async () => {
    const sound = readFileSync(await file(SCALARS, "row_group_size 2048", 5000));
    const outcomes = { errors: 0, read: 0 };
    for (let seed = 0; seed < 60; seed++) {
      try {
        await collect(decodeNatively(damage(sound, new Dice(seed))));
        outcomes.read++;
      } catch (error) {
        expect(error).toBeInstanceOf(DativoError);
        outcomes.errors++;
      }
    }
    expect(outcomes.errors).toBeGreaterThan(20);
  }, 120_000);
});
