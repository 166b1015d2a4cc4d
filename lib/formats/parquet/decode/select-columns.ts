import { DativoError } from "../../../contract/errors.ts";
import { didYouMean } from "../../../contract/options.ts";
import type { Field } from "../../../contract/schema.ts";
import { ParquetFault } from "../fault.ts";
import { type Shape, shapeOf } from "./column-shape.ts";
import type { SchemaNode } from "./schema-tree.ts";

/** A column that is read: its place in the schema of the batches, and how its cells are put together. */
export interface Column {
  readonly field: Field;
  readonly shape: Shape;
}

/**
 * The columns of the file, or those that were asked for, in the order asked.
 *
 * @throws DativoError DTV_OPTION_INVALID for a name that the file has not; ParquetFault for a column that is not read
 */
export function selectColumns(
  nodes: readonly SchemaNode[],
  names: readonly string[] | undefined,
  source: string,
): Column[] {
  const twice = nodes.find((node, index) => nodes.findIndex(({ name }) => name === node.name) !== index);
  if (twice) throw new ParquetFault(`it has two columns named '${twice.name}'`);
  const chosen = names ? names.map((name) => findNode(nodes, name, source)) : nodes;
  return chosen.map((node) => {
    const shape = shapeOf(node);
    return { field: { name: node.name, type: shape.type, nullable: shape.nullable }, shape };
  });
}

function findNode(nodes: readonly SchemaNode[], name: string, source: string): SchemaNode {
  const node = nodes.find((candidate) => candidate.name === name);
  if (node) return node;
  const known = nodes.map((candidate) => candidate.name);
  throw new DativoError("DTV_OPTION_INVALID", `${source} has no column '${name}'${didYouMean(name, known)}`, {
    culprit: "columns",
    hint: `Its columns are ${known.join(", ")}.`,
    details: { columns: known },
  });
}
