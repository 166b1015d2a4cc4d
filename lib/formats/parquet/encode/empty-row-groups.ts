import { walkStruct } from "../thrift-walk.ts";

/** Field of FileMetaData that lists the row groups (parquet.thrift). */
const ROW_GROUPS = 4;
/** A list of no structs in Thrift's compact protocol. */
const NO_STRUCTS = 0x0c;

/**
 * Gives the empty list of row groups the element type that it has by the format. The library tells the type of a
 * list from its elements, finds none, and writes a type that strict readers refuse.
 *
 * @param bytes the end of a file, its footer beginning at `start`
 */
export function markEmptyRowGroups(bytes: Uint8Array, start: number): void {
  walkStruct(bytes, start, (id, place) => {
    if (id === ROW_GROUPS) bytes[place] = NO_STRUCTS;
  });
}
