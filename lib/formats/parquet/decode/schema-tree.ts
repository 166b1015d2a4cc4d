/** The flat list of schema elements as a tree, with the levels of each node (Parquet format, "Nested encoding"). */
import type { FieldRepetitionType, SchemaElement } from "hyparquet";
import { countOf, ParquetFault } from "../fault.ts";

export interface SchemaNode {
  readonly name: string;
  readonly element: SchemaElement;
  readonly repetition: FieldRepetitionType;
  /** Names from the column down to this node. */
  readonly path: readonly string[];
  readonly children: readonly SchemaNode[];
  /** Definition level at which this node is there. */
  readonly definition: number;
  /** Repetition level of an entry that goes on in the nearest list at or above this node. */
  readonly level: number;
  /** Position among the leaves, which is the position of the column chunk in each row group; -1 for a group. */
  readonly leaf: number;
}

/** Groups inside groups: deeper schemas are damage, and recursion has to end. */
const MAX_DEPTH = 64;

/** The top-level columns. @throws ParquetFault for a list that is no tree */
export function buildSchemaTree(elements: readonly SchemaElement[]): readonly SchemaNode[] {
  const [root] = elements;
  if (!root) throw new ParquetFault("its schema is empty");
  const cursor = { elements, next: 1, leaves: 0 };
  const columns = readChildren(cursor, root, { path: [], definition: 0, level: 0 });
  if (cursor.next !== elements.length) {
    throw new ParquetFault(`its schema has ${elements.length} elements, of which ${cursor.next} belong to its tree`);
  }
  if (columns.length === 0) throw new ParquetFault("its schema has no column");
  return columns;
}

interface Cursor {
  readonly elements: readonly SchemaElement[];
  next: number;
  leaves: number;
}

type Parent = Pick<SchemaNode, "path" | "definition" | "level">;

function readChildren(cursor: Cursor, element: SchemaElement, parent: Parent): SchemaNode[] {
  const count = countOf(element.num_children ?? 0, "number of columns", cursor.elements.length);
  return Array.from({ length: count }, () => readNode(cursor, parent));
}

function readNode(cursor: Cursor, parent: Parent): SchemaNode {
  const element = cursor.elements[cursor.next++];
  if (!element) throw new ParquetFault("its schema ends too early");
  const { name, repetition_type: repetition, type } = element;
  if (typeof name !== "string") throw new ParquetFault("a column of its schema has no name");
  const path = [...parent.path, name];
  if (repetition === undefined) throw new ParquetFault(`its column '${path.join(".")}' has no repetition`);
  if (path.length > MAX_DEPTH) throw new ParquetFault(`its schema is nested more than ${MAX_DEPTH} deep`);
  const self = {
    name,
    element,
    repetition,
    path,
    definition: parent.definition + (repetition === "REQUIRED" ? 0 : 1),
    level: parent.level + (repetition === "REPEATED" ? 1 : 0),
  };
  const leaf = type === undefined ? -1 : cursor.leaves++;
  return { ...self, leaf, children: type === undefined ? readChildren(cursor, element, self) : [] };
}
