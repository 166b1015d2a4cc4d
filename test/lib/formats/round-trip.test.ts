import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { AssetDefinition, type FieldSpec } from "../../../lib/contract/asset.ts";
import { formatType, type Property } from "../../../lib/contract/types.ts";
import { FORMAT_NAMES, FORMATS, type FormatName, knownFormat } from "../../../lib/formats/formats.ts";
import { carry, type Leg } from "./carry.ts";
import { HOSTILE, type Hostile } from "./hostile-values.ts";
import { anyTable } from "./parquet/any-table.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../../docs/formats.md"), "utf8");
const RUNS = Number(process.env["ROUND_TRIP_RUNS"] ?? 15);

/** What becomes of the values that docs/formats.md names: null, refused or rejected. */
const LOSSES = tableAfter("what becomes of it").map(([format, value, fate]) => ({ format, value, fate }));
const EXACT = tableAfter("what is still lost");

const PAIRS = FORMAT_NAMES.flatMap((a) => FORMAT_NAMES.filter((b) => b !== a).map((b) => [a, b] as const));

const plain = new Map<FormatName, Leg>();
const exact = new Map<FormatName, Leg>();
beforeAll(async () => {
  for (const name of FORMAT_NAMES) {
    const format = await FORMATS[name].load();
    const [, write = "", read = ""] = EXACT.find(([known]) => known === `\`${name}\``) ?? [];
    plain.set(name, { format, write: {}, read: {} });
    exact.set(name, { format, write: optionsOf(write), read: optionsOf(read) });
  }
});

describe.each(PAIRS)("%s, %s and back", (a, b) => {
  const path = [a, b, a];

  it.each(HOSTILE)("keeps hostile values of $spec.type, or loses them as the page says", async ({ spec, values }) => {
    for (const [name, cells] of Object.entries(values)) {
      const fate = path.map((format) => lossOf(format, name)).find((found) => found !== undefined);
      await expectFate(fate ?? "kept", spec, cells, legsOf(path, plain));
    }
  });

  it.each(HOSTILE)("keeps them all with the options that the page names: $spec.type", async ({ spec, values }) => {
    for (const [name, cells] of Object.entries(values)) {
      if (lossOf("every one", name) !== undefined) continue;
      const isLost = EXACT.some(([format, , , lost]) => path.some((each) => format === `\`${each}\``) && lost === name);
      await expectFate(isLost ? "null" : "kept", spec, cells, legsOf(path, exact));
    }
  });

  it("keeps any records of any contract", { timeout: 120_000 }, async () => {
    const legs = legsOf(path, exact);
    await fc.assert(
      fc.asyncProperty(anyTable("plain"), async ({ schema, columns }) => {
        const asset = new AssetDefinition({ name: "any", schema: schema.fields.map(specOf) });
        const rows = Array.from({ length: columns[0]?.length ?? 0 }, (_, row) => columns.map((cells) => cells[row]));
        expect(await carry(asset, rows, legs)).toEqual({ outcome: "read", rows });
      }),
      { numRuns: RUNS },
    );
  });
});

it("every loss that the page names is one of a value that is tried", () => {
  const tried = HOSTILE.flatMap(({ values }) => Object.keys(values));
  expect([...LOSSES.map(({ value }) => value), ...EXACT.map(([, , , lost]) => lost)]).toEqual(
    expect.arrayContaining(tried.filter((name) => name !== "others")),
  );
  expect(tried).toEqual(expect.arrayContaining(LOSSES.map(({ value }) => value)));
});

it.each(FORMAT_NAMES)("the page says of %s how its files are called, and whether their end proves anything", (name) => {
  const [row] = [...PAGE.matchAll(/^\| (`\w+`) +\|(.*)\|(.*)\|(.*)\|(.*)\|(.*)\|$/gm)].filter(
    (match) => match[1] === `\`${name}\``,
  );
  const { extensions, provesEnd } = knownFormat(name);
  const endings = [...(row?.[2] ?? "").matchAll(/`\.(\w+)`/g)].map(([, ending]) => ending);
  expect([endings, /^ yes/.test(row?.[4] ?? "")]).toEqual([extensions, provesEnd]);
});

/** What is refused or rejected is tried one by one: the first would hide the others. */
async function expectFate(fate: string, spec: Hostile["spec"], cells: readonly unknown[], legs: Leg[]): Promise<void> {
  const isRead = fate === "kept" || fate === "null";
  const schema = [
    { name: "id", type: "integer" },
    { name: "v", ...spec },
  ];
  const asset = new AssetDefinition({ name: "hostile", schema });
  for (const group of isRead ? [cells] : cells.map((cell) => [cell])) {
    const rows = [null, ...group].map((cell, id) => [id, cell]);
    const left = fate === "kept" ? rows : rows.map(([id]) => [id, null]);
    expect(await carry(asset, rows, legs)).toEqual(
      isRead ? { outcome: "read", rows: left } : { outcome: fate, reason: expect.any(String) },
    );
  }
}

function legsOf(path: readonly FormatName[], legs: ReadonlyMap<FormatName, Leg>): Leg[] {
  return path.map((name) => legs.get(name) as Leg);
}

function lossOf(format: string, value: string): string | undefined {
  return LOSSES.find((loss) => loss.value === value && [`\`${format}\``, "every one"].includes(loss.format ?? ""))
    ?.fate;
}

/** The cells of the table of the page whose head ends in a word. */
function tableAfter(lastHead: string): string[][] {
  const [, body = ""] = PAGE.split(new RegExp(`\\| ${lastHead} +\\|\\n\\|[-| ]+\\|\\n`));
  const lines = body.slice(0, body.indexOf("\n\n")).split("\n");
  return lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** `name=value` in backticks, as on the command line. */
function optionsOf(cell: string): Record<string, unknown> {
  const pairs = [...cell.matchAll(/`(\w+)=([^`]+)`/g)];
  return Object.fromEntries(
    pairs.map(([, name, value = ""]) => [name, /^(\[|true)/.test(value) ? JSON.parse(value) : value]),
  );
}

function specOf({ name, type, nullable }: Property): FieldSpec {
  const base = { name, type: type.kind, required: !nullable };
  if (type.kind === "array")
    return { ...base, ...(type.items ? { items: specOf({ name, type: type.items, nullable: true }) } : {}) };
  if (type.kind === "object")
    return { ...base, ...(type.properties ? { properties: type.properties.map(specOf) } : {}) };
  return { ...base, type: formatType(type) };
}
