/** What stands in the metadata of a field besides what its owner put there: canonical extension types, and our own words. */
import type { Field } from "../../../contract/schema.ts";
import type { DataType } from "../../../contract/types.ts";

type Texts = Readonly<Record<string, string>>;

export interface OurMarks {
  /** Name of an extension type (https://arrow.apache.org/docs/format/CanonicalExtensions.html). */
  readonly extension: string | undefined;
  /** How the values of an untyped field travel. */
  readonly untyped: string | undefined;
  readonly isArray: boolean;
  /** Of a field in a schema of ours. */
  readonly field: Pick<Field, "lexical" | "integers" | "metadata">;
}

const EXTENSION = "ARROW:extension:name";
const EXTENSION_METADATA = "ARROW:extension:metadata";
const UNTYPED = "dativo.untyped";
const INTEGERS = "dativo.integers";
const ARRAY = "dativo.array";

export function readMarks(texts: Texts): OurMarks {
  const {
    [EXTENSION]: extension,
    [EXTENSION_METADATA]: _,
    [UNTYPED]: untyped,
    [INTEGERS]: integers,
    [ARRAY]: isArray,
    ...metadata
  } = texts;
  return {
    extension,
    untyped,
    isArray: isArray !== undefined,
    field: {
      ...(untyped === undefined ? {} : { lexical: true }),
      ...(integers === "bigint" ? { integers } : {}),
      ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    },
  };
}

/** The metadata of a field whose values travel as a type, and of what is inside of it. */
export function formatMarks(carrier: DataType, isJson: boolean, field?: Field): Texts {
  return {
    ...field?.metadata,
    ...(isJson ? { [EXTENSION]: "arrow.json", [EXTENSION_METADATA]: "" } : {}),
    ...(isJson && carrier.kind === "array" ? { [ARRAY]: "true" } : {}),
    ...(field?.lexical ? { [UNTYPED]: isJson ? "json" : "plain" } : {}),
    ...(field?.integers ? { [INTEGERS]: field.integers } : {}),
  };
}
