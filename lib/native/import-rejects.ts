import type { Fault, Reject } from "../contract/reject.ts";
import type { ArrowField } from "../formats/arrow/arrow-field.ts";
import { checkRecords } from "./check-array.ts";
import { importCells } from "./import-column.ts";
import type { NativeRows } from "./native-rows.ts";

const COLUMNS = ["source", "row", "line", "offset", "length", "raw", "column", "rule", "reason"] as const;

type Line = Readonly<Record<(typeof COLUMNS)[number], unknown>>;

/** The faults that a library found, a line each, as rejected records; gives the lines back. */
export function importRejects(lines: NativeRows, owner: string): Reject[] {
  try {
    checkRecords(lines.struct, FIELDS, `${owner}, rejects`);
    const columns = FIELDS.map((field, index) => importCells(lines.struct, field, index, 0, lines.length));
    const rejects: { key: string; reject: Reject & { faults: Fault[] } }[] = [];
    for (let i = 0; i < lines.length; i++) {
      const line = Object.fromEntries(COLUMNS.map((name, index) => [name, columns[index]?.[i]])) as Line;
      const key = JSON.stringify([line.source, String(line.row), String(line.offset)]);
      const last = rejects.at(-1);
      // The faults of one record stand together.
      if (last?.key === key && line.row !== null) last.reject.faults.push(faultOf(line));
      else rejects.push({ key, reject: { ...placeOf(line), faults: [faultOf(line)] } });
    }
    return rejects.map(({ reject }) => reject);
  } finally {
    lines.release();
  }
}

/** The numbers of records that were rejected, as far as they have one. */
export function rowsOf(rejects: readonly Reject[]): number[] {
  return rejects.flatMap(({ row }) => row ?? []);
}

function faultOf({ column, rule, reason }: Line): Fault {
  return { column: column as string | null, rule: String(rule), reason: String(reason) };
}

function placeOf({ source, row, line, offset, length, raw }: Line): Omit<Reject, "faults"> {
  return {
    source: String(source),
    ...(row === null ? {} : { row: Number(row) }),
    ...(line === null ? {} : { line: Number(line) }),
    ...(offset === null ? {} : { offset: Number(offset) }),
    ...(length === null ? {} : { length: Number(length) }),
    ...(raw === null ? {} : { raw: raw as Uint8Array }),
  };
}

const FIELDS: readonly ArrowField[] = COLUMNS.map((name) => ({
  name,
  ...(["row", "line", "offset", "length"].includes(name)
    ? { type: { kind: "integer" }, storage: { kind: "int", bytes: 8, signed: false } }
    : name === "raw"
      ? { type: { kind: "binary" }, storage: { kind: "bytes", offsets: 4, text: false } }
      : { type: { kind: "string" }, storage: { kind: "bytes", offsets: 4, text: true } }),
  nullable: true,
  format: "",
  children: [],
  dictionary: undefined,
}));
