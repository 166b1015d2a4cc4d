import { join } from "node:path";
import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import type { AssetDefinition } from "../../../lib/contract/asset.ts";
import type { Batch } from "../../../lib/contract/batch.ts";
import { BaseReader } from "../../../lib/contract/reader.ts";
import type { Split } from "../../../lib/contract/results.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import { defineAsset, readCsv, validate, writeParquet } from "../../../lib/index.ts";
import { toReadable } from "../../../lib/stream/to-readable.ts";
import { toTransform } from "../../../lib/stream/to-transform.ts";
import { VEGA } from "../../support/cli.ts";
import { askDuckDB } from "../../support/duckdb.ts";
import { tempFolder } from "../../support/folder.ts";
import { describeNative } from "../../support/native.ts";
import { FunctionTransform, testEnvironment } from "../../support/players.ts";

const numbers: AssetDefinition = defineAsset({ name: "numbers", schema: [{ name: "n", type: "integer" }] });
const texts: AssetDefinition = defineAsset({ name: "texts", schema: [{ name: "n", type: "string" }] });

/** Holds its records to the contract that it is offered when it reads the first of them. */
class Holding extends BaseReader {
  readonly offered: (string | undefined)[] = [];

  override plan(): Split[] {
    return [{ id: "a" }, { id: "b" }];
  }

  async *extract() {
    const { contract } = this.ctx;
    this.offered.push(contract?.name);
    const batch = RowBatch.fromRows([{ n: "1" }]);
    yield contract ? Object.assign(batch, { contract: contract.fingerprint }) : batch;
  }
}

function checking(contract: AssetDefinition) {
  const transform = Object.assign(new FunctionTransform((batch) => batch), { contract });
  return toTransform(transform, { environment: testEnvironment() });
}

function reading() {
  const reader = new Holding();
  return { reader, stream: toReadable(reader, { environment: testEnvironment() }) };
}

describe("a reader offered a contract", () => {
  it("gets it when one check follows", async () => {
    const { reader, stream } = reading();
    await finished(stream.pipe(checking(numbers)).resume());
    expect(reader.offered).toEqual(["numbers", "numbers"]);
  });

  it.each([
    ["two checks of one contract", () => checking(numbers).resume()],
    ["two checks", () => checking(texts).resume()],
    ["a check and a stage of somebody's", () => new Writable({ objectMode: true, write: (_, __, done) => done() })],
  ])("gets none when %s follow", async (_, other) => {
    const { reader, stream } = reading();
    const second = stream.pipe(other());
    await finished(stream.pipe(checking(numbers)).resume());
    second.destroy();
    expect(reader.offered).toEqual([undefined, undefined]);
  });

  it("gets none when somebody listens as well", async () => {
    const { reader, stream } = reading();
    const check = stream.pipe(checking(numbers));
    stream.on("data", () => {});
    await finished(check.resume());
    expect(reader.offered).toEqual([undefined, undefined]);
  });

  it("gets that of the check which is there when it begins", async () => {
    const { reader, stream } = reading();
    const left = checking(texts);
    stream.pipe(left);
    stream.unpipe(left);
    await finished(stream.pipe(checking(numbers)).resume());
    left.destroy();
    expect(reader.offered).toEqual(["numbers", "numbers"]);
  });

  it("gets none when that check has gone again", async () => {
    const { reader, stream } = reading();
    const left = checking(numbers);
    stream.pipe(left);
    stream.unpipe(left);
    for await (const _ of stream);
    left.destroy();
    expect(reader.offered).toEqual([undefined, undefined]);
  });

  it("gets none when its check has another reader, for it does not know what is unique there", async () => {
    const [first, second] = [reading(), reading()];
    const check = checking(numbers).resume();
    first.stream.pipe(check, { end: false });
    second.stream.pipe(check, { end: false });
    await Promise.all([finished(first.stream), finished(second.stream)]);
    check.destroy();
    expect([...first.reader.offered, ...second.reader.offered]).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("fails when another taker comes while it reads", async () => {
    const { stream } = reading();
    const check = stream.pipe(checking(numbers));
    check.once("data", () => stream.on("data", () => {}));
    await expect(finished(stream)).rejects.toMatchObject({ code: "DTV_STAGE_MISUSE" });
    check.destroy();
  });
});

describeNative("a reader that native code can read for", () => {
  const asset = (type: string) => defineAsset({ name: "zips", schema: [{ name: "zip_code", type, required: true }] });

  it("lets each of two checks hold the records to its own contract", async () => {
    const stream = readCsv(join(VEGA, "zipcodes.csv"));
    const checks = ["string", "integer"].map((type) => stream.pipe(validate(asset(type))));
    const firsts = checks.map(async (check) => {
      const cells: unknown[] = [];
      for await (const batch of check as AsyncIterable<Batch>) for (const row of batch) cells.push(row["zip_code"]);
      return [cells.length, cells[0]];
    });
    expect(await Promise.all(firsts)).toEqual([
      [42_049, "00501"],
      [42_049, 501],
    ]);
  });

  it("lets two writers write what it gives, each behind a check", async () => {
    const folder = tempFolder();
    const stream = readCsv(join(VEGA, "zipcodes.csv"));
    const sinks = ["a", "b"].map((name) => writeParquet(join(folder, name), { asset: asset("string") }));
    await Promise.all(
      sinks.map((sink) =>
        finished(
          stream
            .pipe(validate(asset("string")))
            .on("error", () => {})
            .pipe(sink),
        ),
      ),
    );
    expect(sinks.map(({ outcome }) => outcome)).toEqual(["committed", "committed"]);
  });

  it("lets two writers write what one check lets through", async () => {
    const folder = tempFolder();
    const check = readCsv(join(VEGA, "zipcodes.csv")).pipe(validate(asset("string")));
    const sinks = ["a", "b"].map((name) => writeParquet(join(folder, name), { asset: asset("string") }));
    await Promise.all(sinks.map((sink) => finished(check.pipe(sink))));
    const count = (name: string) => askDuckDB(`select count(*) as n from read_parquet('${folder}/${name}/*.parquet')`);
    expect(await Promise.all(["a", "b"].map(count))).toEqual([[{ n: "42049" }], [{ n: "42049" }]]);
  });
});
