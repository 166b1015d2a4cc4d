import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { AssetDefinition, type FieldSpec } from "../../../lib/contract/asset.ts";
import { INERT_CONTEXT } from "../../../lib/contract/context.ts";
import type { DativoError } from "../../../lib/contract/errors.ts";
import type { Reject } from "../../../lib/contract/reject.ts";
import { RowBatch } from "../../../lib/contract/row-batch.ts";
import type { Schema } from "../../../lib/contract/schema.ts";
import { jsonlFormat } from "../../../lib/formats/jsonl/jsonl-format.ts";
import { liveNativeArrays } from "../../../lib/native/native-rows.ts";
import { nativeCodecs } from "../../../lib/plugin/native-builtins.ts";
import { Validate } from "../../../transforms/validate/validate.ts";
import { describeNative } from "../../support/native.ts";
import { oddLines, values } from "./any-lines.ts";

// What is held against TypeScript here is native, also where all else is not.
process.env["DATIVO_NATIVE"] = "on";

interface Case {
  readonly schema: readonly FieldSpec[];
  readonly input: Uint8Array;
  readonly options?: Readonly<Record<string, unknown>>;
}

interface Outcome {
  readonly rows: unknown[][];
  readonly numbers: number[];
  readonly rejects: (Omit<Reject, "raw"> & { readonly raw: string })[];
  readonly error: unknown;
}

const cellText = (cell: unknown): unknown =>
  cell === null || cell === undefined ? null : Object.is(cell, -0) ? "-0" : String(cell);

/** Collects what `work` gives and throws. */
async function collect(
  work: (reject: (reject: Reject) => void, take: (batch: RowBatch) => void) => Promise<void>,
): Promise<Outcome> {
  const rejects: Reject[] = [];
  const rows: unknown[][] = [];
  const numbers: number[] = [];
  let error: unknown;
  const take = (batch: RowBatch): void => {
    const columns = batch.schema.names.map((_, index) => batch.cells(index));
    for (let i = 0; i < batch.length; i++) {
      rows.push(columns.map((cells) => cellText(cells[i])));
      numbers.push(batch.provenance?.rowAt(i) ?? 0);
    }
  };
  try {
    await work((reject) => rejects.push(reject), take);
  } catch (thrown) {
    const { code, message, culprit, hint } = thrown as DativoError;
    if (!code) throw thrown;
    error = { code, message, culprit, hint };
  }
  rejects.sort((a, b) => (a.row ?? 0) - (b.row ?? 0));
  const spelled = rejects.map((reject) => ({ ...reject, raw: Buffer.from(reject.raw ?? []).toString("latin1") }));
  return { rows, numbers, rejects: spelled, error };
}

function checkHere({ schema, input, options = {} }: Case): Promise<Outcome> {
  return collect(async (reject, take) => {
    const validate = new Validate({ asset: new AssetDefinition({ name: "a", schema }) });
    validate.ctx = { ...INERT_CONTEXT, reject: (found) => reject(found) };
    const decoder = jsonlFormat.decoder?.(options, { source: "test", batchRows: 2000, reject, warn: () => {} });
    let known: Schema | undefined;
    for (const made of [() => decoder?.push(input), () => decoder?.end()]) {
      for (const batch of made() ?? []) {
        if (known !== batch.schema && batch.schema.fields.length > 0) await validate.open(batch.schema, "test");
        else if (!known) await validate.open(batch.schema, "test");
        known = batch.schema;
        take(validate.apply(batch) as RowBatch);
      }
    }
  });
}

async function checkThere({ schema, input, options = {} }: Case, cuts: readonly number[]): Promise<Outcome> {
  const contract = new AssetDefinition({ name: "a", schema });
  const decoder = await nativeCodecs.decoder(jsonlFormat, options, contract, new AbortController().signal);
  if (!decoder) throw new Error("there is no native decoder");
  const bytes = (async function* () {
    for (let at = 0, turn = 0; at < input.length; turn++) {
      const end = cuts.length === 0 ? input.length : at + (cuts[turn % cuts.length] as number);
      yield input.subarray(at, end);
      at = end;
    }
  })();
  try {
    return await collect(async (reject, take) => {
      for await (const batch of decoder.decode(bytes, { source: "test", reject, warn: () => {} })) {
        take(RowBatch.from(batch));
        batch.release();
      }
    });
  } finally {
    await decoder.close();
  }
}

async function compare(one: Case, cuts: readonly number[] = []): Promise<void> {
  const there = await checkThere(one, cuts);
  const here = await checkHere(one);
  // A batch less was looked at before the columns were found to be missing.
  const isEarly = (here.error as { code?: string } | undefined)?.code === "DTV_COLUMN_MISSING";
  expect(isEarly ? there.error : there).toEqual(isEarly ? here.error : here);
}

const vectors = JSON.parse(readFileSync(new URL("../../vectors/text-to-type.json", import.meta.url), "utf8")) as {
  type: string;
  text: string;
}[];

const TYPES = [
  "string",
  "integer",
  "double",
  "decimal(5,2)",
  "decimal(38,10)",
  "boolean",
  "date",
  "time",
  "timestamp",
  "timestamptz",
  "binary",
];
const RULES: readonly Omit<FieldSpec, "name">[] = [
  ...TYPES.map((type) => ({ type })),
  { type: "string", pattern: "^[\\w ]+$", minLength: 1, maxLength: 5 },
  { type: "string", unique: true },
  { type: "integer", required: true, minimum: 0, maximum: "9007199254740993" },
  { type: "integer", unique: true },
  { type: "double", minimum: -0.5, exclusiveMaximum: "1e5" },
  { type: "decimal(5,2)", unique: true, enum: ["1", 0.5, "12.25"] },
  { type: "boolean", enum: [true], required: true },
];

/** A value in the spelling of its type more often than not. */
const valueFor = (type: string): fc.Arbitrary<string> => {
  const own = vectors.filter((one) => one.type === type).map(({ text }) => JSON.stringify(text.toWellFormed()));
  return fc.oneof({ arbitrary: fc.constantFrom(...own, "null"), weight: 1 }, { arbitrary: values, weight: 3 });
};

const cases: fc.Arbitrary<Case> = fc.array(fc.nat(RULES.length - 1), { minLength: 1, maxLength: 4 }).chain((picked) => {
  const schema = picked.map((rule, i): FieldSpec => ({ ...(RULES[rule] as FieldSpec), name: `c${i}` }));
  const members = schema.map(({ name, type }) => fc.tuple(fc.constant(name), valueFor(type ?? "string")));
  const extra = fc.tuple(fc.constantFrom("x", "y", "c9"), values);
  const object = fc.tuple(fc.tuple(...members, extra), fc.nat(40), fc.nat(40)).map(([all, missing, swapped]) => {
    const kept = all.filter((_, i) => i !== missing);
    if (swapped < kept.length) kept.reverse();
    return Buffer.from(`{${kept.map(([name, value]) => `"${name}": ${value}`).join(", ")}}`);
  });
  const line = fc.oneof({ arbitrary: object, weight: 12 }, { arbitrary: oddLines, weight: 1 });
  const file = fc.tuple(fc.array(line, { minLength: 1, maxLength: 60 }), fc.constantFrom("\n", "\r\n"));
  return file.map(([lines, end]) => ({
    schema,
    input: Buffer.concat(lines.flatMap((one) => [one, Buffer.from(end)])),
  }));
});

const cuts = fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 4 });

describeNative("JSON Lines under a contract", () => {
  it("say the same natively, cut anywhere", { timeout: 300_000 }, async () => {
    await fc.assert(fc.asyncProperty(cases, cuts, compare), { numRuns: 1500, seed: 21, endOnFailure: true });
    expect(liveNativeArrays()).toBe(0);
  });

  it("say the same of bytes that were damaged or cut off", { timeout: 300_000 }, async () => {
    const flips = fc.array(fc.tuple(fc.nat(100_000), fc.nat(7)), { maxLength: 5 });
    const seen = fc.asyncProperty(cases, flips, fc.nat(100_000), async (one, bits, length) => {
      const input = Buffer.from(one.input.subarray(0, 1 + (length % one.input.length)));
      for (const [at, bit] of bits) input[at % input.length] = (input[at % input.length] as number) ^ (1 << bit);
      const { rejects } = await checkThere({ ...one, input }, []);
      // A flip can make two names of a line the same, or half of a pair.
      fc.pre(!rejects.some(({ faults }) => /twice$|half of/.test(faults[0]?.reason ?? "")));
      await compare({ ...one, input });
    });
    await fc.assert(seen, { numRuns: 600, seed: 22, endOnFailure: true });
    expect(liveNativeArrays()).toBe(0);
  });

  it("reject names that stand twice, and halves of pairs", async () => {
    const lines = [
      '{"a":"1","a":"2"}',
      '{"a":"1","\\u0061":"2"}',
      '{"a":"1","b":{"c":[{"d e":1,"d e":2}]}}',
      '{"x":1,"a":"2","x":3}',
      '{"a":"\\ud83d"}',
      '{"a":"\\ude00\\ud83d"}',
      `{"a":"1","b":{${Array.from({ length: 40 }, (_, i) => `"k${i % 39}":1`).join(",")}}}`,
      '{"a":"\\ud83d\\ude00"}',
    ];
    const input = Buffer.from(lines.join("\n"));
    const { rows, rejects } = await checkThere({ schema: [{ name: "a", type: "string" }], input }, []);
    expect(rows).toEqual([["😀"]]);
    const half = "holds half of a surrogate pair, which UTF-8 cannot spell";
    const twice = (name: string): string => `names '${name}' twice`;
    expect(rejects.flatMap(({ faults }) => faults)).toEqual(
      [twice("a"), twice("a"), twice("d e"), twice("x"), half, half, twice("k0")].map((reason) => ({
        column: null,
        rule: "json",
        reason,
      })),
    );
  });

  it("say the same of every limit", async () => {
    const schema = [{ name: "a", type: "string" }];
    const long = `{"a":"${"x".repeat(1024 * 1024)}"}`;
    for (const text of [`${long}\n{"a":1}\n${long}`, `{"a":1}\n${"y".repeat(5000)}`, "", "\n\n", "\ufeff{}"]) {
      for (const max_record_bytes of [10, 4096, 5000, 2_000_000]) {
        await compare({ schema, input: Buffer.from(text), options: { max_record_bytes } }, [70_000]);
      }
    }
    const binary = Buffer.concat([Buffer.from("PAR1\x15"), Buffer.alloc(6000)]);
    for (const input of [binary, Buffer.alloc(5000), Buffer.from('{"a":1}', "utf16le")])
      await compare({ schema, input });
    const wide = (from: number): string =>
      `{${Array.from({ length: 6000 }, (_, i) => `"n${from + i}":1`).join(",")},"a":"b"}`;
    await compare({ schema, input: Buffer.from(`${wide(0)}\n${wide(3000)}\n${wide(6000)}\n${wide(0)}\n{"a":"c"}\n`) });
  });
});
