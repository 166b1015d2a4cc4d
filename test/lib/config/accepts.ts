/** As much of JSON Schema as the schemas of this project use; a keyword that is not known is an error. */
type Json = Record<string, unknown>;

export function accepts(schema: Json, value: unknown, root: Json = schema): boolean {
  return Object.entries(schema).every(([keyword, rule]) => {
    const check = KEYWORDS[keyword];
    if (check) return check(rule, value, schema, root);
    if (ANNOTATIONS.has(keyword)) return true;
    throw new Error(`unknown keyword ${keyword}`);
  });
}

const ANNOTATIONS = new Set(["$schema", "$defs", "title", "description", "default", "planned", "id", "format"]);

type Check = (rule: unknown, value: unknown, schema: Json, root: Json) => boolean;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const onNumbers =
  (holds: (value: number, limit: number) => boolean): Check =>
  (rule, value) =>
    typeof value !== "number" || holds(value, rule as number);

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  integer: Number.isInteger,
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
};

const KEYWORDS: Readonly<Record<string, Check>> = {
  type: (rule, value) => [rule].flat().some((type) => TYPES[type as string]?.(value)),
  enum: (rule, value) => (rule as unknown[]).includes(value),
  const: (rule, value) => rule === value,
  anyOf: (rule, value, _, root) => (rule as Json[]).some((each) => accepts(each, value, root)),
  $ref: (rule, value, _, root) => accepts(resolve(root, rule as string), value, root),
  minLength: (rule, value) => typeof value !== "string" || value.length >= (rule as number),
  pattern: (rule, value) => typeof value !== "string" || new RegExp(rule as string).test(value),
  minimum: onNumbers((value, limit) => value >= limit),
  maximum: onNumbers((value, limit) => value <= limit),
  exclusiveMinimum: onNumbers((value, limit) => value > limit),
  minItems: (rule, value) => !Array.isArray(value) || value.length >= (rule as number),
  items: (rule, value, _, root) => !Array.isArray(value) || value.every((item) => accepts(rule as Json, item, root)),
  required: (rule, value) => !isObject(value) || (rule as string[]).every((key) => Object.hasOwn(value, key)),
  propertyNames: (rule, value, _, root) =>
    !isObject(value) || Object.keys(value).every((key) => accepts(rule as Json, key, root)),
  properties: (rule, value, _, root) =>
    !isObject(value) ||
    Object.entries(rule as Json).every(
      ([key, each]) => !Object.hasOwn(value, key) || accepts(each as Json, value[key], root),
    ),
  additionalProperties: (rule, value, schema, root) => {
    if (!isObject(value) || rule === true) return true;
    const others = Object.keys(value).filter((key) => !Object.hasOwn((schema["properties"] ?? {}) as Json, key));
    return rule === false ? others.length === 0 : others.every((key) => accepts(rule as Json, value[key], root));
  },
};

function resolve(root: Json, ref: string): Json {
  return ref
    .replace(/^#\/?/, "")
    .split("/")
    .filter((part) => part !== "")
    .reduce<Json>((at, part) => at[part] as Json, root);
}
