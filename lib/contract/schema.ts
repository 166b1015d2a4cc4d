import { DativoError } from "./errors.ts";
import { sha256 } from "./sha256.ts";
import { type DataType, formatType, isSameType } from "./types.ts";

export interface Field {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  /** The cells are as the source gives them (text of a CSV file, values of a plugin), not yet of a contract's type. */
  readonly lexical?: true;
  /** The type that the cells of such a field are held to, where a reader has read it off the first records. */
  readonly settled?: DataType;
  /** Rows carry this integer column as bigint, whatever its values. */
  readonly integers?: "bigint";
  readonly metadata?: Readonly<Record<string, string>>;
}

const OPEN = "dativo.open";

/** An ordered list of fields with distinct names. Immutable. */
export class Schema {
  readonly fields: readonly Field[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly #index: ReadonlyMap<string, number>;

  /** @throws DativoError DTV_SCHEMA_INVALID when a name is repeated. */
  constructor(fields: readonly Field[], metadata: Readonly<Record<string, string>> = {}) {
    this.fields = fields;
    this.metadata = metadata;
    const index = new Map<string, number>();
    for (const [position, field] of fields.entries()) {
      if (index.has(field.name)) {
        throw new DativoError("DTV_SCHEMA_INVALID", `The schema has two fields named '${field.name}'`, {
          culprit: field.name,
        });
      }
      index.set(field.name, position);
    }
    this.#index = index;
  }

  /**
   * A schema of untyped fields: what a text format or a plugin's rows have before a contract gives them types. An
   * open one may gain fields later, as records without a header do.
   */
  static lexical(names: readonly string[], { open = false } = {}): Schema {
    const fields = names.map((name): Field => ({ name, type: { kind: "string" }, nullable: true, lexical: true }));
    return new Schema(fields, open ? { [OPEN]: "true" } : {});
  }

  /** True when a field that is missing here may still come. */
  get isOpen(): boolean {
    return this.metadata[OPEN] === "true";
  }

  get names(): string[] {
    return this.fields.map((field) => field.name);
  }

  /** Position of a field, or -1. */
  indexOf(name: string): number {
    return this.#index.get(name) ?? -1;
  }

  field(name: string): Field | undefined {
    return this.fields[this.indexOf(name)];
  }

  /** Same names, types and nullability in the same order; metadata is not compared. */
  equals(other: Schema): boolean {
    return this === other || this.toString() === other.toString();
  }

  /** Same names and types in the same order, whether they may be null or not. */
  isAlike(other: Schema): boolean {
    if (this === other) return true;
    return (
      this.fields.length === other.fields.length &&
      this.fields.every(({ name, type, lexical }, index) => {
        const field = other.fields[index];
        return field?.name === name && field.lexical === lexical && isSameType(field.type, type);
      })
    );
  }

  /** SHA-256 over names, types and nullability, 64 hex digits. */
  get fingerprint(): string {
    return sha256(this.toString());
  }

  toString(): string {
    return this.fields
      .map(
        (f) => `${JSON.stringify(f.name)} ${f.lexical ? "text" : formatType(f.type)}${f.nullable ? "" : " not null"}`,
      )
      .join(", ");
  }
}
