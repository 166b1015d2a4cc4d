import { MAX_COLUMNS } from "./csv-options.ts";

/** Why a header cannot name columns. */
export class HeaderFault extends Error {}

/**
 * Names of columns from the fields of a header. A column without a name gets the one of its place, `column_3`.
 *
 * @throws HeaderFault for a name that stands twice.
 */
export function nameColumns(header: readonly string[], warn: (message: string) => void): string[] {
  const positions = new Map<string, number>();
  for (const [index, name] of header.entries()) {
    const first = positions.get(name);
    if (name !== "" && first !== undefined) {
      throw new HeaderFault(`'${name}' is the name of column ${first + 1} and of column ${index + 1}`);
    }
    positions.set(name, index);
  }
  return header.map((name, index) => {
    if (name !== "") return name;
    const made = distinctName(`column_${index + 1}`, positions);
    warn(`Column ${index + 1} has no name in the header; it is called '${made}'`);
    return made;
  });
}

/** The names of columns where there is no header: `column_1` and so on. */
export function numberColumns(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `column_${index + 1}`);
}

/** @throws HeaderFault beyond {@link MAX_COLUMNS}. */
export function refuseTooMany(count: number): void {
  if (count > MAX_COLUMNS)
    throw new HeaderFault(`there are ${count} columns, more than the ${MAX_COLUMNS} that are read`);
}

function distinctName(wanted: string, taken: ReadonlyMap<string, unknown>): string {
  let name = wanted;
  for (let n = 2; taken.has(name); n++) name = `${wanted}_${n}`;
  return name;
}
