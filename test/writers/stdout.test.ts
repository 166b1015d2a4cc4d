import { describe, expect, it } from "vitest";
import { AssetDefinition } from "../../lib/contract/asset.ts";
import { TargetConfig } from "../../lib/contract/config.ts";
import { INERT_CONTEXT } from "../../lib/contract/context.ts";
import { DativoError } from "../../lib/contract/errors.ts";
import { RowBatch } from "../../lib/contract/row-batch.ts";
import type { OutputStream } from "../../lib/contract/standard-streams.ts";
import { hashInWebAssembly } from "../../lib/storage/content-hash.ts";
import { StdoutWriter } from "../../writers/stdout/stdout.ts";

const TRAILER = Buffer.from("DTVTRAIL");
const END_OF_STREAM = Buffer.of(255, 255, 255, 255, 0, 0, 0, 0);

/** A reader that goes away when it gets what begins so. */
function leavingAt(mark: Buffer): OutputStream {
  return {
    acceptedBytes: 0,
    write: async (bytes) => {
      if (Buffer.from(bytes).subarray(0, mark.length).equals(mark)) throw new DativoError("DTV_BROKEN_PIPE", "gone");
    },
  };
}

async function writeTo(output: OutputStream, format: string): Promise<unknown> {
  const target = new TargetConfig({ type: "stdout", engine: { options: { format } } });
  const writer = new StdoutWriter(AssetDefinition.unchecked("data"), target, "", output);
  writer.ctx = { ...INERT_CONTEXT, standard: { ...INERT_CONTEXT.standard, hash: hashInWebAssembly } };
  try {
    await writer.writeBatch(RowBatch.fromRows([{ a: 1 }]));
    return await writer.seal();
  } catch (error) {
    return (error as DativoError).code;
  } finally {
    await writer.close();
  }
}

describe("a writer to a pipe", () => {
  it("has done its work when the reader leaves at the end of the records", async () => {
    expect(await writeTo(leavingAt(TRAILER), "dativo")).toEqual([]);
  });

  it("has not when the reader leaves before", async () => {
    expect(await writeTo(leavingAt(END_OF_STREAM), "dativo")).toBe("DTV_BROKEN_PIPE");
    expect(await writeTo(leavingAt(Buffer.from('{"a":1}')), "jsonl")).toBe("DTV_BROKEN_PIPE");
  });
});
