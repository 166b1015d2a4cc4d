/** Puts the entries of the leaves together to the cells of a column (the record assembly of the Dremel paper). */
import { ParquetFault } from "../fault.ts";
import type { Entries } from "./column-chunk.ts";
import type { GroupShape, LeafShape, ListShape, Shape } from "./column-shape.ts";
import type { Leaf } from "./leaf.ts";

/** `count` cells of a column from the entries of its leaves, in the order of `shape.leaves`. */
export function assembleCells(shape: Shape, entries: readonly Entries[], count: number): unknown[] {
  const cursors = new Map(shape.leaves.map((leaf, i) => [leaf, new Cursor(entries[i] as Entries)]));
  const read = compileReader(shape, cursors);
  const cells = new Array<unknown>(count);
  for (let i = 0; i < count; i++) cells[i] = read();
  // An entry that continues nothing is left over here.
  for (const cursor of cursors.values()) if (!cursor.isAtEnd) throw disagreement();
  return cells;
}

/** Where one leaf stands. */
class Cursor {
  readonly #entries: Entries;
  #at = 0;
  #cell = 0;

  constructor(entries: Entries) {
    this.#entries = entries;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#entries.definitions.length;
  }

  /** Undefined at the end. */
  get repetition(): number | undefined {
    return this.#entries.repetitions[this.#at];
  }

  get definition(): number {
    const definition = this.#entries.definitions[this.#at];
    if (definition === undefined) throw disagreement();
    return definition;
  }

  skip(): void {
    this.#at++;
  }

  takeCell(): unknown {
    this.#at++;
    return this.#entries.cells[this.#cell++];
  }
}

type Cursors = ReadonlyMap<Leaf, Cursor>;
type Reader = () => unknown;

function compileReader(shape: Shape, cursors: Cursors): Reader {
  switch (shape.kind) {
    case "leaf":
      return compileLeaf(shape, cursors);
    case "group":
      return compileGroup(shape, cursors);
    case "list":
      return compileList(shape, cursors);
  }
}

function compileLeaf({ leaf }: LeafShape, cursors: Cursors): Reader {
  const cursor = cursors.get(leaf) as Cursor;
  const full = leaf.node.definition;
  return () => {
    if (cursor.definition === full) return cursor.takeCell();
    cursor.skip();
    return null;
  };
}

function compileGroup(shape: GroupShape, cursors: Cursors): Reader {
  const own = cursorsOf(shape, cursors);
  const members = shape.members.map(({ name, shape: member }) => ({ name, read: compileReader(member, cursors) }));
  return () => {
    if (shape.nullable && isAbsent(own, shape.definition)) return null;
    const group: Record<string, unknown> = Object.create(null);
    for (const { name, read } of members) group[name] = read();
    return group;
  };
}

function compileList(shape: ListShape, cursors: Cursors): Reader {
  const own = cursorsOf(shape, cursors);
  const readElement = compileReader(shape.element, cursors);
  return () => {
    if (shape.nullable && isAbsent(own, shape.definition)) return null;
    const items: unknown[] = [];
    if (isAbsent(own, shape.filled)) return items;
    do items.push(readElement());
    while (goesOn(own, shape.level));
    return items;
  };
}

/** Whether the value at `definition` is not there; all leaves then have one entry that says so, and it is passed. */
function isAbsent(cursors: readonly Cursor[], definition: number): boolean {
  const absent = (cursors[0] as Cursor).definition < definition;
  for (const cursor of cursors) {
    if (cursor.definition < definition !== absent) throw disagreement();
    if (absent) cursor.skip();
  }
  return absent;
}

/** Whether another element of the list at `level` follows. */
function goesOn(cursors: readonly Cursor[], level: number): boolean {
  const more = cursors[0]?.repetition === level;
  for (const cursor of cursors) if ((cursor.repetition === level) !== more) throw disagreement();
  return more;
}

function cursorsOf(shape: Shape, cursors: Cursors): Cursor[] {
  return shape.leaves.map((leaf) => cursors.get(leaf) as Cursor);
}

function disagreement(): ParquetFault {
  return new ParquetFault("the levels of its pages contradict each other");
}
