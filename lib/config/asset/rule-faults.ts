import type { FieldSpec } from "../../contract/asset.ts";
import { compileConverter, describeMisfit, Misfit } from "../../contract/convert.ts";
import { ORDERED_KINDS, type Rank, ranker } from "../../contract/order.ts";
import { type DataType, parseType } from "../../contract/types.ts";
import { patternFault } from "../document/pattern-fault.ts";

/** A rule that cannot be checked, or that no value can keep. */
export interface RuleFault {
  readonly rule: "enum" | "pattern" | "minLength" | "maxLength" | Bound;
  /** Of an entry of `enum`. */
  readonly index?: number;
  readonly message: string;
}

type Bound = (typeof BOUNDS)[number];

const BOUNDS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] as const;

/** Tells of the rules of a field, whose type is known to be right, what a run would find of them in the end. */
export async function ruleFaults(field: FieldSpec): Promise<RuleFault[]> {
  const type = parseType(field.type);
  const kind = [
    ...kindFaults(field, type, BOUNDS, ORDERED_KINDS),
    ...kindFaults(field, type, ["pattern", "minLength", "maxLength"], ["string"]),
  ];
  if (kind.length > 0) return kind;
  return [
    ...valueFaults(field, type),
    ...(await patternFaults(field)),
    ...rangeFaults(field, type),
    ...lengthFaults(field),
  ];
}

function kindFaults(
  field: FieldSpec,
  { kind }: DataType,
  rules: readonly Exclude<RuleFault["rule"], "enum">[],
  kinds: readonly DataType["kind"][],
): RuleFault[] {
  if (kinds.includes(kind)) return [];
  return rules
    .filter((rule) => field[rule] !== undefined)
    .map((rule) => ({ rule, message: `needs a field of type ${kinds.join(", ")}; '${field.name}' is ${kind}` }));
}

/** Values of `enum` and bounds must be values of the field's type. */
function valueFaults(field: FieldSpec, type: DataType): RuleFault[] {
  const convert = compileConverter(type);
  const check = (place: Pick<RuleFault, "rule" | "index">, value: unknown): RuleFault[] => {
    const cell = convert(value);
    return cell instanceof Misfit ? [{ ...place, message: describeMisfit(cell, value, type) }] : [];
  };
  return [
    ...(field.enum ?? []).flatMap((value, index) => check({ rule: "enum", index }, value)),
    ...BOUNDS.flatMap((rule) => (field[rule] === undefined ? [] : check({ rule }, field[rule]))),
  ];
}

async function patternFaults({ pattern }: FieldSpec): Promise<RuleFault[]> {
  const message = pattern === undefined ? undefined : await patternFault(pattern);
  return message === undefined ? [] : [{ rule: "pattern", message }];
}

/** Each lower bound against each upper one; one that excludes itself must lie truly below. */
function rangeFaults(field: FieldSpec, type: DataType): RuleFault[] {
  const rankOf = boundRanker(type);
  return (["minimum", "exclusiveMinimum"] as const).flatMap((rule) =>
    (["maximum", "exclusiveMaximum"] as const).flatMap((other) => {
      const [least, greatest] = [rankOf(field[rule]), rankOf(field[other])];
      if (least === undefined || greatest === undefined) return [];
      const mayMeet = rule === "minimum" && other === "maximum";
      return least < greatest || (mayMeet && least === greatest) ? [] : [cross(rule, field[rule], field[other])];
    }),
  );
}

function lengthFaults({ minLength = 0, maxLength = Number.POSITIVE_INFINITY }: FieldSpec): RuleFault[] {
  return minLength > maxLength ? [cross("minLength", minLength, maxLength)] : [];
}

function cross(rule: RuleFault["rule"], least: unknown, greatest: unknown): RuleFault {
  return { rule, message: `no value can keep it: it asks for ${least}, and the upper bound is ${greatest}` };
}

/** Bounds as values that `<` orders; undefined for one that is not there or is not of the type. */
function boundRanker(type: DataType): (bound: unknown) => Rank | undefined {
  const convert = compileConverter(type);
  const rank = ranker(type);
  return (bound) => {
    const cell = bound === undefined ? undefined : convert(bound);
    return cell === undefined || cell instanceof Misfit ? undefined : rank(cell);
  };
}
