import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { AssetDefinition } from "../../../lib/contract/asset.ts";
import type { Batch } from "../../../lib/contract/batch.ts";
import { arrowFormat } from "../../../lib/formats/arrow/arrow-format.ts";
import { csvFormat } from "../../../lib/formats/csv/csv-format.ts";
import { compose, readArrow, readParquet, writeArrow, writeParquet } from "../../../lib/index.ts";
import { ColumnBatch } from "../../../lib/native/column-batch.ts";
import { liveExports } from "../../../lib/native/export-array.ts";
import { liveNativeArrays } from "../../../lib/native/native-rows.ts";
import { nativeCodecs } from "../../../lib/plugin/native-builtins.ts";
import { askDuckDB } from "../../support/duckdb.ts";
import { tempFolder, visibleFiles } from "../../support/folder.ts";
import { describeNative } from "../../support/native.ts";
import { decodeFile } from "../formats/arrow/codec.ts";
import { encodeAll } from "../formats/parquet/codec.ts";
import { sampleTable } from "../formats/parquet/sample.ts";

const asset = new AssetDefinition({
  name: "a",
  schema: [
    { name: "id", type: "integer", required: true },
    { name: "name", type: "string" },
    { name: "price", type: "decimal(9,2)" },
    { name: "ok", type: "boolean" },
  ],
});
const CSV = "id,name,price,ok\n1,a,1.50,true\n2,,,false\n9007199254740993,žluť,-0.01,\n";

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

describeNative("Arrow between libraries", () => {
  it("takes the columns of a library as they are, and makes no cell", async () => {
    const decoder = await nativeCodecs.decoder(csvFormat, {}, asset, new AbortController().signal);
    const bytes: Uint8Array[] = [];
    const context = { source: "x.csv", reject: () => expect.unreachable(), warn: () => {} };
    const encoder = arrowFormat.encoder?.({}, { schema: asset.targetSchema(), metadata: {} });
    for await (const batch of decoder?.decode(chunks(CSV), context) ?? ([] as Batch[])) {
      expect(batch).toBeInstanceOf(ColumnBatch);
      Object.defineProperty(batch, "readCells", { value: () => expect.unreachable() });
      bytes.push(...((await encoder?.encode(batch)) ?? []));
      batch.release();
    }
    bytes.push(...((await encoder?.end()) ?? []));
    await decoder?.close();
    const { columns } = await decodeFile(Buffer.concat(bytes));
    expect(columns).toEqual([
      [1, 2, 9007199254740993n],
      ["a", null, "žluť"],
      ["1.50", null, "-0.01"],
      [true, false, null],
    ]);
    expect(liveNativeArrays()).toBe(0);
  });

  it("brings every type from Parquet to Arrow and back, by the writer in native code", async () => {
    const folder = tempFolder();
    const { schema, columns } = sampleTable(3000, true);
    writeFileSync(join(folder, "in.parquet"), await encodeAll(schema, columns));
    await compose(readParquet(join(folder, "in.parquet")), writeArrow(join(folder, "arrow")));
    await compose(readArrow(join(folder, "arrow", "*.arrow")), writeParquet(join(folder, "out")));
    const [before, after] = await Promise.all(
      ["in.parquet", "out/*.parquet"].map((path) => askDuckDB(`from read_parquet('${join(folder, path)}')`)),
    );
    expect(after).toEqual(before);
    expect(liveExports()).toBe(0);
  });

  it("writes streams where that is asked for", async () => {
    const folder = tempFolder();
    const { schema, columns } = sampleTable(10, true);
    writeFileSync(join(folder, "in.parquet"), await encodeAll(schema, columns));
    await compose(readParquet(join(folder, "in.parquet")), writeArrow(join(folder, "arrow"), { form: "stream" }));
    expect(visibleFiles(join(folder, "arrow"))).toEqual([expect.stringMatching(/\.arrows$/)]);
    const counts = await compose(readArrow(join(folder, "arrow", "*")), writeParquet(join(folder, "out")));
    expect(counts.counts).toMatchObject({ written: 10 });
  });
});
