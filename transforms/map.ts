import type { Batch } from "../lib/contract/batch.ts";
import { type Converter, compileConverter, describeMisfit, Misfit } from "../lib/contract/convert.ts";
import { DativoError } from "../lib/contract/errors.ts";
import { inferValueType } from "../lib/contract/infer.ts";
import { type MapOptions, mapOptions } from "../lib/contract/map-options.ts";
import { didYouMean, type o, parseOptions } from "../lib/contract/options.ts";
import type { Fault } from "../lib/contract/reject.ts";
import { positionsExcept, RowBatch, recordText } from "../lib/contract/row-batch.ts";
import { type Field, Schema } from "../lib/contract/schema.ts";
import { BaseTransform } from "../lib/contract/transform.ts";
import { type DataType, parseType } from "../lib/contract/types.ts";

/** A column on its way through the steps. */
interface Plan {
  readonly field: Field;
  /** Cells of this column before cast and default. */
  readonly read: (batch: RowBatch) => readonly unknown[];
  readonly convert?: Converter;
  readonly fallback?: unknown;
}

/** Shapes records: takes values out of objects, renames, casts, fills, adds and selects columns. */
export class MapSchema extends BaseTransform {
  readonly #options: o.output<typeof mapOptions>;
  #plans: readonly Plan[] = [];
  #output = new Schema([]);

  /** @throws DativoError DTV_OPTION_INVALID */
  constructor(options: MapOptions) {
    super();
    this.#options = parseOptions(mapOptions, options, "map");
  }

  override open(schema: Schema): Schema {
    const { paths, rename, casts, defaults, constants, select } = this.#options;
    const plans = new Map<string, Plan>();
    const find = (name: string, step: string): Plan => findPlan(plans, name, step, schema.isOpen);
    for (const [index, field] of schema.fields.entries())
      plans.set(field.name, { field, read: (batch) => batch.cells(index) });
    for (const [name, path] of Object.entries(paths)) {
      refuseTaken(plans, name, "paths");
      plans.set(
        name,
        pathPlan(name, path, (root) => find(root, "paths")),
      );
    }
    const renamed = new Map(
      [...plans].map(([name, plan]) => renamePlan(plan, Object.hasOwn(rename, name) ? (rename[name] as string) : name)),
    );
    for (const name of Object.keys(rename)) find(name, "rename");
    refuseCollisions(plans, rename);
    plans.clear();
    for (const [name, plan] of renamed) plans.set(name, plan);
    for (const [name, type] of Object.entries(casts)) plans.set(name, castPlan(find(name, "casts"), parseType(type)));
    for (const [name, value] of Object.entries(defaults)) plans.set(name, defaultPlan(find(name, "defaults"), value));
    for (const [name, value] of Object.entries(constants)) {
      refuseTaken(plans, name, "constants");
      plans.set(name, constantPlan(name, value));
    }
    this.#plans = select ? select.map((name) => find(name, "select")) : [...plans.values()];
    this.#output = new Schema(
      this.#plans.map((plan) => plan.field),
      schema.metadata,
    );
    return this.#output;
  }

  apply(batch: Batch): Batch {
    const input = RowBatch.from(batch);
    const faults = new Map<number, Fault>();
    const columns = this.#plans.map((plan) => runPlan(plan, input, faults));
    const extras = { provenance: input.provenance, exact: input.isExact };
    const mapped = RowBatch.fromColumns(this.#output, columns, input.length, extras);
    if (faults.size === 0) return mapped;
    for (const [row, fault] of faults) this.#reject(input, row, fault);
    return mapped.take(positionsExcept(input.length, faults));
  }

  #reject(input: RowBatch, row: number, fault: Fault): void {
    this.ctx.reject({
      ...(input.provenance?.at(row) ?? { source: "map" }),
      record: recordText(input, row),
      faults: [fault],
    });
  }
}

function findPlan(plans: Map<string, Plan>, name: string, step: string, isOpen: boolean): Plan {
  const plan = plans.get(name);
  if (plan) return plan;
  // Records without a header may bring the column later; until then it has no values.
  if (isOpen) return { field: untyped(name), read: (batch) => new Array<null>(batch.length).fill(null) };
  throw new DativoError(
    "DTV_OPTION_INVALID",
    `map.${step}: there is no column '${name}'${didYouMean(name, [...plans.keys()])}`,
    {
      culprit: `map.${step}.${name}`,
      hint: `The columns here are ${[...plans.keys()].join(", ")}.`,
    },
  );
}

/** A new column takes no other's place. */
function refuseTaken(plans: ReadonlyMap<string, Plan>, name: string, step: string): void {
  if (!plans.has(name)) return;
  throw new DativoError("DTV_OPTION_INVALID", `map.${step}: there is a column '${name}' already`, {
    culprit: `map.${step}.${name}`,
    hint: "Give the new column another name, or rename the one that is there first.",
  });
}

function pathPlan(name: string, path: string, find: (root: string) => Plan): Plan {
  const [root = "", ...keys] = path.split(".");
  const { field, read } = find(root);
  const type = typeAt(field, keys);
  return {
    field: type ? { name, type, nullable: true } : untyped(name),
    read: (batch) => read(batch).map((cell) => valueAt(cell, keys)),
  };
}

function valueAt(cell: unknown, keys: readonly string[]): unknown {
  let at = cell;
  for (const key of keys) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return null;
    at = (at as Record<string, unknown>)[key];
  }
  return at ?? null;
}

/** The declared type of a member, when the object declares its members. */
function typeAt(field: Field, keys: readonly string[]): DataType | undefined {
  let type: DataType | undefined = field.lexical ? undefined : field.type;
  for (const key of keys) {
    type = type?.kind === "object" ? type.properties?.find((property) => property.name === key)?.type : undefined;
  }
  return type;
}

function renamePlan(plan: Plan, name: string): [string, Plan] {
  return [name, { ...plan, field: { ...plan.field, name } }];
}

function refuseCollisions(plans: ReadonlyMap<string, Plan>, rename: Readonly<Record<string, string>>): void {
  const taken = new Set([...plans.keys()].filter((name) => !Object.hasOwn(rename, name)));
  for (const [from, to] of Object.entries(rename)) {
    if (taken.has(to)) {
      throw new DativoError(
        "DTV_OPTION_INVALID",
        `map.rename: '${from}' cannot become '${to}', which is there already`,
        {
          culprit: `map.rename.${from}`,
        },
      );
    }
    taken.add(to);
  }
}

function castPlan(plan: Plan, type: DataType): Plan {
  const { lexical: _, ...field } = plan.field;
  return { ...plan, field: { ...field, type }, convert: compileConverter(type) };
}

function defaultPlan(plan: Plan, value: unknown): Plan {
  const { field } = plan;
  const fallback = field.lexical ? value : compileConverter(field.type)(value);
  if (fallback instanceof Misfit) {
    throw new DativoError(
      "DTV_OPTION_INVALID",
      `map.defaults.${field.name}: ${describeMisfit(fallback, value, field.type)}`,
    );
  }
  return { ...plan, field: { ...field, nullable: field.nullable && value === null }, fallback };
}

function constantPlan(name: string, value: unknown): Plan {
  const type = inferValueType([value]) ?? { kind: "string" };
  return {
    field: { name, type, nullable: value === null },
    read: (batch) => new Array<unknown>(batch.length).fill(value),
  };
}

function untyped(name: string): Field {
  return { name, type: { kind: "string" }, nullable: true, lexical: true };
}

function runPlan(
  { field, read, convert, fallback = null }: Plan,
  batch: RowBatch,
  faults: Map<number, Fault>,
): readonly unknown[] {
  const cells = read(batch);
  if (!convert && fallback === null) return cells;
  return cells.map((cell, row) => {
    if (cell === null || cell === undefined) return fallback;
    const made = convert ? convert(cell) : cell;
    if (made instanceof Misfit && !faults.has(row)) {
      faults.set(row, { column: field.name, rule: "cast", reason: describeMisfit(made, cell, field.type) });
    }
    return made;
  });
}
