import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, expect, it, vi } from "vitest";
import { compose, readJsonl, writeJsonl } from "../../../lib/compose.ts";
import type { DativoError } from "../../../lib/contract/errors.ts";
import { stringifyJson } from "../../../lib/contract/json.ts";
import { jsonlFormat } from "../../../lib/formats/jsonl/jsonl-format.ts";
import { ColumnBatch } from "../../../lib/native/column-batch.ts";
import { liveNativeArrays } from "../../../lib/native/native-rows.ts";
import { nativeCodecs } from "../../../lib/plugin/native-builtins.ts";
import { writeFiles } from "../../support/cli.ts";
import { tempFolder, visibleFiles } from "../../support/folder.ts";
import { describeNative } from "../../support/native.ts";
import { files } from "./any-lines.ts";
import { decodeHere, decodeThere, type Untyped } from "./untyped-decoders.ts";

// What is held against TypeScript here is native, also where all else is not.
process.env["DATIVO_NATIVE"] = "on";

afterEach(() => vi.unstubAllEnvs());

const cuts = fc.array(fc.integer({ min: 1, max: 300_000 }), { maxLength: 4 });

/** Both must say the same; returns how many batches were native. */
async function compare(one: Untyped): Promise<number> {
  const { natively, ...there } = await decodeThere(jsonlFormat, one, checkTexts);
  const here = await decodeHere(jsonlFormat, one);
  // The names of a native batch are those that the first records show, and later ones when a batch is full.
  expect([...there.names].sort()).toEqual([...here.names].sort());
  expect(there.rows.length).toBe(here.rows.length);
  for (const [i, row] of there.rows.entries()) expect(shown(row), `record ${i}`).toEqual(shown(here.rows[i] ?? {}));
  expect({ ...there, names: [], rows: [] }).toEqual({ ...here, names: [], rows: [] });
  return natively;
}

/** The text of a cell is what the encoder would write of its value. */
function checkTexts(batch: ColumnBatch): void {
  const fields = batch.arrow.fields.map((field) => ({
    ...field,
    storage: { kind: "bytes", offsets: 4, text: true } as const,
  }));
  const texts = new ColumnBatch({ ...batch.arrow, fields }, batch.native);
  for (const index of fields.keys()) {
    const spelled = batch.cells(index).map((cell) => (cell === null ? null : stringifyJson(cell)));
    expect(texts.readCells(index, 0, batch.length)).toEqual(spelled);
  }
}

/** A record without what it has not. */
function shown(row: Readonly<Record<string, unknown>>): unknown[] {
  return Object.entries(row)
    .filter(([, value]) => value !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

describeNative("JSON Lines without a contract", () => {
  it("say the same natively, cut anywhere", { timeout: 300_000 }, async () => {
    let natively = 0;
    const rows = fc.constantFrom(1, 10, 100);
    const seen = fc.asyncProperty(files, cuts, rows, async (input, lengths, batchRows) => {
      natively += await compare({ input, cuts: lengths, batchRows });
    });
    await fc.assert(seen, { numRuns: 80, seed: 11, endOnFailure: true });
    expect(natively).toBeGreaterThan(100);
    expect(liveNativeArrays()).toBe(0);
  });

  it("gives names that come late columns of their own", async () => {
    const lines = Array.from({ length: 3000 }, (_, i) =>
      i < 1000 ? `{"a":${i}}` : `{"late":"x","a":${i},"10":null,"9":[${i}],"dativo.extra":{"b":1,"a":2}}`,
    );
    const decoder = await nativeCodecs.decoder(
      jsonlFormat,
      { batch_rows: 500 },
      undefined,
      new AbortController().signal,
    );
    const bytes = (async function* () {
      yield Buffer.from(lines.join("\n"));
    })();
    const kinds: string[] = [];
    for await (const batch of decoder?.decode(bytes, { source: "t", reject: () => {}, warn: () => {} }) ?? []) {
      kinds.push(`${batch instanceof ColumnBatch ? "columns" : "rows"} ${batch.schema.names.join(" ")}`);
      expect(batch.schema.isOpen).toBe(true);
      batch.release();
    }
    await decoder?.close();
    const wide = "a 9 10 late dativo.extra";
    expect(kinds).toEqual([
      ...["columns a", "columns a", `rows ${wide}`],
      ...[`columns ${wide}`, `columns ${wide}`, `columns ${wide}`],
    ]);
    expect(liveNativeArrays()).toBe(0);
  });

  it("goes from file to file with the same result, and the same fault of a name that comes late", async () => {
    const cwd = tempFolder();
    const lines = Array.from(
      { length: 5000 },
      (_, i) => `{"id": ${i}, "n": 1.${i}0, "t": "\\u00e9${i}", "o": {"k": [${i}]}}`,
    );
    writeFiles(cwd, { "in.jsonl": lines.join("\n"), "late.jsonl": [...lines, '{"id":1,"late":2}'].join("\n") });
    const load = async (native: string) => {
      vi.stubEnv("DATIVO_NATIVE", native);
      const folder = join(cwd, `out-${native}`);
      const { counts } = await compose(readJsonl(join(cwd, "in.jsonl")), writeJsonl(folder));
      const text = visibleFiles(folder).map((file) => readFileSync(join(folder, file), "utf8"));
      const late = compose(readJsonl(join(cwd, "late.jsonl")), writeJsonl(folder));
      return { counts, text, fault: await late.then(String, ({ code, message }: DativoError) => ({ code, message })) };
    };
    const [there, here] = [await load("on"), await load("off")];
    expect(there).toEqual(here);
    expect(liveNativeArrays()).toBe(0);
  });
});
