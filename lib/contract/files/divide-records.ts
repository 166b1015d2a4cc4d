import { compileConverter, describeMisfit, Misfit } from "../convert.ts";
import { DativoError } from "../errors.ts";
import { encodeName, encodePartition, type Partition } from "../file-name.ts";
import type { RowBatch } from "../row-batch.ts";
import { type Field, Schema } from "../schema.ts";
import { formatType } from "../types.ts";
import { isWellFormed } from "../well-formed.ts";

/** So many folders of 255 bytes are below any limit of paths. */
const MAX_COLUMNS = 8;

/** Values whose folders are remembered, for each column. */
const MAX_KNOWN = 20_000;

/** Types whose values are equal or are not, and have one text. */
const KINDS: ReadonlySet<string> = new Set(["string", "integer", "decimal", "boolean", "date", "time", "timestamp"]);

/** A column that files are divided by, and what all records of a file have in it. */
export interface Shared {
  readonly field: Field;
  readonly cell: unknown;
}

/** What the records of a file have in common. */
export interface Division {
  /** Names the division among those of its columns. */
  readonly key: string;
  readonly folders: readonly Partition[];
  readonly shared: readonly Shared[];
  /** Whether the folders say every value. Where one was cut, the file has to. */
  readonly isTold: boolean;
}

/** Why records cannot be divided by these columns, of a schema where that is known; undefined when they can. */
export function describeUndividable(columns: readonly string[], schema?: Schema): string | undefined {
  const repeated = columns.find((name, index) => columns.indexOf(name) < index);
  if (repeated !== undefined) return `'${repeated}' is named twice`;
  if (columns.length > MAX_COLUMNS) return `they are ${columns.length} columns, and ${MAX_COLUMNS} is the most`;
  const unfit = columns.map((name) => describeUnfit(name, schema)).find((reason) => reason !== undefined);
  if (unfit !== undefined) return unfit;
  return schema?.fields.length === columns.length ? "no column is left for the files" : undefined;
}

function describeUnfit(name: string, schema: Schema | undefined): string | undefined {
  if (name === "") return "a column without a name cannot be one of them";
  if (encodeName(name).includes("~")) return `the name of '${name}' is too long for a folder`;
  if (!isWellFormed(name)) return `the name of '${name}' holds half of a surrogate pair`;
  if (!schema) return undefined;
  const field = schema.field(name);
  if (!field) return `there is no column '${name}'; there are ${schema.names.join(", ")}`;
  if (field.lexical || KINDS.has(field.type.kind)) return undefined;
  return `'${name}' is of the type ${formatType(field.type)}, whose values are no names of folders`;
}

/** @throws DativoError DTV_CONFIG_INVALID */
export function undividable(reason: string, culprit: string = "target.partitioning"): DativoError {
  return new DativoError("DTV_CONFIG_INVALID", `${culprit}: files cannot be divided: ${reason}`, {
    culprit,
    hint: "Name columns of text, whole numbers, decimals, booleans, dates or times that the records have when they are written.",
  });
}

/** For the log, where a folder does not say its value. */
export function describeCut(column: string): string {
  return `A value of '${column}' is too long for a folder, whose name was cut: the files in it have the columns that files are divided by, and readers must not take these from the path`;
}

/** The schema of files whose folders tell these columns. */
export function withoutColumns(schema: Schema, columns: readonly string[]): Schema {
  return new Schema(
    schema.fields.filter(({ name }) => !columns.includes(name)),
    schema.metadata,
  );
}

/** Tells which records of a batch go together. */
export class RecordDivider {
  readonly #columns: readonly DividingColumn[];
  /** Every division by the folders of its columns. */
  #known = new Map<string, Division>();

  /** @throws DativoError DTV_CONFIG_INVALID for columns that cannot divide. */
  constructor(schema: Schema, columns: readonly string[]) {
    const reason = describeUndividable(columns, schema);
    if (reason !== undefined) throw undividable(reason);
    this.#columns = columns.map((name) => new DividingColumn(schema, name));
  }

  /** Positions of the records of each division, in their order. @throws DativoError DTV_VALUE_UNFIT */
  divide(batch: RowBatch): Map<Division, number[]> {
    const cells = this.#columns.map(({ index }) => batch.cells(index));
    const found = new Map<Division, number[]>();
    for (let row = 0; row < batch.length; row++) {
      const division = this.#divisionOf(this.#columns.map((column, i) => column.valueOf(cells[i]?.[row])));
      const rows = found.get(division);
      if (rows) rows.push(row);
      else found.set(division, [row]);
    }
    return found;
  }

  #divisionOf(values: readonly DividingValue[]): Division {
    const key =
      values.length === 1 ? (values[0] as DividingValue).folder : values.map(({ folder }) => folder).join("/");
    const known = this.#known.get(key);
    if (known) return known;
    const division = {
      key,
      folders: values.map(({ partition }) => partition),
      shared: values.map(({ cell }, i) => ({ field: (this.#columns[i] as DividingColumn).field, cell })),
      isTold: !key.includes("~"),
    };
    if (this.#known.size >= MAX_KNOWN) this.#known = new Map();
    this.#known.set(key, division);
    return division;
  }
}

interface DividingValue {
  /** The name of its folder. */
  readonly folder: string;
  readonly partition: Partition;
  readonly cell: unknown;
}

class DividingColumn {
  readonly index: number;
  readonly field: Field;
  readonly #convert: (cell: unknown) => unknown;
  #known = new Map<unknown, DividingValue>();

  constructor(schema: Schema, name: string) {
    this.index = schema.indexOf(name);
    this.field = schema.fields[this.index] as Field;
    this.#convert = compileConverter(this.field.type);
  }

  valueOf(cell: unknown = null): DividingValue {
    const known = this.#known.get(cell);
    if (known) return known;
    const value = this.#read(cell);
    if (this.#known.size >= MAX_KNOWN) this.#known = new Map();
    this.#known.set(cell, value);
    return value;
  }

  #read(given: unknown): DividingValue {
    const cell = given === null ? null : this.#convert(given);
    if (cell instanceof Misfit) throw this.#unfit(`: ${describeMisfit(cell, given, this.field.type)}`);
    if (cell === null && !this.field.nullable) throw this.#unfit(" is missing, and the field is not nullable");
    const value = cell === null ? null : String(cell);
    if (value !== null && !isWellFormed(value)) {
      throw this.#unfit(" holds half of a surrogate pair, which UTF-8 cannot hold");
    }
    const partition = { column: this.field.name, value };
    return { folder: encodePartition(partition), partition, cell };
  }

  #unfit(reason: string): DativoError {
    const { name } = this.field;
    return new DativoError("DTV_VALUE_UNFIT", `The value of field '${name}', which files are divided by,${reason}`, {
      culprit: name,
      hint: "Give the pipeline a contract: validate(asset) keeps records apart whose values do not fit.",
    });
  }
}
