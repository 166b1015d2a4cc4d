import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { INERT_CONTEXT } from "../../../../lib/contract/context.ts";
import type { NativeReadContext } from "../../../../lib/contract/native-codecs.ts";
import { RowBatch } from "../../../../lib/contract/row-batch.ts";
import { parquetFormat } from "../../../../lib/formats/parquet/parquet-format.ts";
import { nativeCodecs } from "../../../../lib/plugin/native-builtins.ts";
import { LocalStorage } from "../../../../lib/storage/local.ts";
import { nativeLibrary } from "../../../support/native.ts";

// What is held against TypeScript here is native, also where all else is not.
process.env["DATIVO_NATIVE"] = "on";

/** Whether files can be decoded natively here. */
export const hasNativeTwin: boolean = existsSync(nativeLibrary("parquet_reader_plugin"));

/** Why something was left to TypeScript, for each file that was decoded natively as far as it went; `undefined` for all of it. */
export const told: (string | undefined)[] = [];

/** The batches of a file as a job reads them, natively. */
export async function* decodeNatively(
  content: Uint8Array,
  options: Record<string, unknown> = {},
  init: Partial<NativeReadContext> = {},
): AsyncGenerator<RowBatch> {
  const folder = mkdtempSync(join(tmpdir(), "dativo-twin-"));
  const path = join(folder, "test.parquet");
  writeFileSync(path, content);
  const file = await new LocalStorage().open(path);
  const found: { reason?: string } = {};
  try {
    const reader = await nativeCodecs.reader(parquetFormat, options, INERT_CONTEXT.signal);
    if ("refusal" in reader) throw new Error(reader.refusal);
    const tell = (reason: string): void => {
      found.reason = reason;
    };
    const context = { source: "test.parquet", batchRows: undefined, reject: refuse, warn: refuse, tell, ...init };
    // Messages name the file as the twin does, whose bytes have no path.
    const named = new Proxy(file, { get: (of, key) => (key === "path" ? "test.parquet" : bound(of, key)) });
    for await (const batch of reader.read(named, context)) {
      const rows = RowBatch.from(batch);
      batch.release();
      yield rows;
    }
  } finally {
    told.push(found.reason);
    await file.close();
    rmSync(folder, { recursive: true });
  }
}

function bound(file: object, key: string | symbol): unknown {
  const value = Reflect.get(file, key, file);
  return typeof value === "function" ? value.bind(file) : value;
}

function refuse(): never {
  throw new Error("nothing is rejected or warned of here");
}
