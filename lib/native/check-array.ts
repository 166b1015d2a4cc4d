/**
 * An array of a library is held against the schema before it is read: a length that is no length, or a pointer that is
 * not there, would end the process. How much memory stands behind a pointer the Arrow C Data Interface does not say;
 * that is taken on trust, within limits that no honest batch comes near.
 */
import { DativoError } from "../contract/errors.ts";
import type { ArrowField } from "../formats/arrow/arrow-field.ts";
import type { Storage } from "../formats/arrow/arrow-type.ts";
import { NativeArray, offsetAt } from "./import-column.ts";

const MAX_ROWS = 2 ** 24;
const MAX_BUFFER_BYTES = 2 ** 30;

/** @throws DativoError DTV_ARROW_INVALID naming library and column */
export function checkRecords(struct: Buffer, fields: readonly ArrowField[], owner: string): void {
  const rows = new NativeArray(struct);
  check(rows.length <= MAX_ROWS, owner, `${rows.length} records`);
  checkStruct(rows, fields, owner);
}

function checkStruct(array: NativeArray, fields: readonly ArrowField[], where: string): void {
  checkNumbers(array, 1, where);
  check(array.children === fields.length, where, `${array.children} columns where the schema has ${fields.length}`);
  for (const [index, field] of fields.entries()) {
    const child = at(array.childAddress(index), `${where}, column '${field.name}'`);
    checkColumn(child, field, array.offset + array.length, `${where}, column '${field.name}'`);
  }
}

function checkColumn(array: NativeArray, field: ArrowField, atLeast: number, where: string): void {
  check(array.length >= atLeast, where, `${array.length} values where ${atLeast} are needed`);
  if (field.storage.kind === "struct") checkStruct(array, field.children, where);
  else checkValues(array, field, where);
}

function checkValues(array: NativeArray, field: ArrowField, where: string): void {
  const { storage } = field;
  checkNumbers(array, BUFFERS[storage.kind], where);
  check(array.length === 0 || array.has(1), where, "no values");
  if (field.dictionary)
    checkColumn(at(array.dictionaryAddress, where), field.dictionary, 0, `${where}, its dictionary`);
  if (storage.kind !== "bytes" && storage.kind !== "json" && storage.kind !== "list") return;
  const { first, last } = endsOf(array, storage.kind === "json" ? 4 : storage.offsets);
  check(0 <= first && first <= last && last <= MAX_BUFFER_BYTES, where, `offsets from ${first} to ${last}`);
  if (storage.kind !== "list") check(first === last || array.has(2), where, "no bytes");
  else checkItems(array, field.children[0] as ArrowField, last, where);
}

function checkItems(array: NativeArray, items: ArrowField, atLeast: number, where: string): void {
  check(array.children === 1, where, `${array.children} columns inside a list`);
  checkColumn(at(array.childAddress(0), where), items, atLeast, `${where}, its items`);
}

const BUFFERS: Readonly<Record<Storage["kind"], number>> = {
  int: 2,
  float: 2,
  decimal: 2,
  bits: 2,
  date: 2,
  ticks: 2,
  bytes: 3,
  json: 3,
  list: 2,
  struct: 1,
  fixed: 2,
  views: 2,
  fixed_list: 1,
  null: 0,
};

function checkNumbers(array: NativeArray, buffers: number, where: string): void {
  const { length, offset, nullCount } = array;
  check(length >= 0 && length <= MAX_BUFFER_BYTES, where, `a length of ${length}`);
  check(offset >= 0 && offset <= MAX_BUFFER_BYTES, where, `an offset of ${offset}`);
  check(nullCount >= -1 && nullCount <= length, where, `${nullCount} nulls among ${length} values`);
  check(array.buffers === buffers && array.hasTable, where, `${array.buffers} buffers where its type has ${buffers}`);
  check(nullCount <= 0 || array.has(0), where, "nulls and no bitmap that tells them");
}

function endsOf(array: NativeArray, width: 4 | 8): { first: number; last: number } {
  if (array.length === 0) return { first: 0, last: 0 };
  return { first: offsetAt(array, width, array.offset), last: offsetAt(array, width, array.offset + array.length) };
}

function at(address: bigint, where: string): NativeArray {
  check(address !== 0n, where, "NULL in its place");
  return NativeArray.at(address);
}

function check(holds: boolean, where: string, what: string): void {
  if (holds) return;
  throw new DativoError("DTV_ARROW_INVALID", `${where} has ${what}`, {
    culprit: where,
    hint: "The library fills its ArrowArray wrongly; the rules stand in rust/include/dativo_plugin.h.",
  });
}
