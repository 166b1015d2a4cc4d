/** A column of the file as lists, groups and leaves, with the type that its cells have. */
import type { DataType, Property } from "../../../contract/types.ts";
import { ParquetFault } from "../fault.ts";
import { type Leaf, leafOf } from "./leaf.ts";
import { logicalTypeOf } from "./logical-type.ts";
import type { SchemaNode } from "./schema-tree.ts";

export type Shape = LeafShape | GroupShape | ListShape;

interface BaseShape {
  readonly type: DataType;
  readonly nullable: boolean;
  /** Definition level at which the value is there. */
  readonly definition: number;
  /** In the order of the schema; never empty. */
  readonly leaves: readonly Leaf[];
}

export interface LeafShape extends BaseShape {
  readonly kind: "leaf";
  readonly leaf: Leaf;
}

export interface GroupShape extends BaseShape {
  readonly kind: "group";
  readonly members: readonly { readonly name: string; readonly shape: Shape }[];
}

export interface ListShape extends BaseShape {
  readonly kind: "list";
  /** Definition level at which an element is there, so that below it the list is empty. */
  readonly filled: number;
  /** Repetition level of every element but the first. */
  readonly level: number;
  readonly element: Shape;
}

/** Whatever a file calls them; a set has only the first. */
const ENTRY_NAMES = ["key", "value"];

/** @throws ParquetFault for a column that is not read, naming it */
export function shapeOf(node: SchemaNode): Shape {
  return node.repetition === "REPEATED" ? bareListOf(node) : presentShapeOf(node);
}

/** The shape of a node as if it were not repeated: each element of a bare list, or the value itself. */
function presentShapeOf(node: SchemaNode): Shape {
  const logical = logicalTypeOf(node.element)?.type;
  if (node.leaf >= 0) return leafShapeOf(node);
  if (logical === "VARIANT") {
    throw new ParquetFault(`its column '${node.path.join(".")}' is a VARIANT, which is not read`, {
      hint: "Leave the column out with the option `columns`, or write it in another type.",
    });
  }
  if (logical === "LIST" || logical === "MAP") {
    const [repeated] = node.children;
    if (node.children.length === 1 && repeated?.repetition === "REPEATED") {
      return logical === "LIST" ? listOf(node, repeated) : mapOf(node, repeated);
    }
  }
  return groupOf(node, node.children);
}

function leafShapeOf(node: SchemaNode): LeafShape {
  const leaf = leafOf(node);
  return { kind: "leaf", ...presenceOf(node), type: leaf.type, leaf, leaves: [leaf] };
}

function groupOf(
  node: SchemaNode,
  children: readonly SchemaNode[],
  names = children.map(({ name }) => name),
): GroupShape {
  const column = node.path.join(".");
  if (children.length === 0) throw new ParquetFault(`its column '${column}' is a group without members`);
  if (new Set(names).size < names.length) throw new ParquetFault(`its column '${column}' has two members of one name`);
  const members = children.map((child, i) => ({ name: names[i] as string, shape: shapeOf(child) }));
  const properties: Property[] = members.map(({ name, shape }) => ({
    name,
    type: shape.type,
    nullable: shape.nullable,
  }));
  return {
    kind: "group",
    ...presenceOf(node),
    type: { kind: "object", properties },
    members,
    leaves: members.flatMap(({ shape }) => shape.leaves),
  };
}

/** A LIST: three levels, or the two of old writers (LogicalTypes.md, "Lists", backward-compatibility rules). */
function listOf(node: SchemaNode, repeated: SchemaNode): ListShape {
  const [only] = repeated.children;
  const isElementItself =
    repeated.leaf >= 0 ||
    repeated.children.length !== 1 ||
    only?.repetition === "REPEATED" ||
    repeated.name === "array" ||
    repeated.name === `${node.name}_tuple`;
  const element = isElementItself || !only ? elementOf(repeated) : shapeOf(only);
  return listShape(node, repeated, element);
}

/** A MAP is an array of its entries, `{ key, value }`: keys of any type, in the order of the file. */
function mapOf(node: SchemaNode, repeated: SchemaNode): ListShape {
  const { children } = repeated;
  const entry = groupOf(repeated, children, children.length <= 2 ? ENTRY_NAMES.slice(0, children.length) : undefined);
  return listShape(node, repeated, { ...entry, nullable: false });
}

/** A repeated field without a LIST around it: never null, its elements neither. */
function bareListOf(node: SchemaNode): ListShape {
  return listShape({ ...node, definition: node.definition - 1, repetition: "REQUIRED" }, node, elementOf(node));
}

function elementOf(repeated: SchemaNode): Shape {
  return { ...presentShapeOf(repeated), nullable: false };
}

function listShape(node: SchemaNode, repeated: SchemaNode, element: Shape): ListShape {
  return {
    kind: "list",
    ...presenceOf(node),
    type: { kind: "array", items: element.type },
    filled: repeated.definition,
    level: repeated.level,
    element,
    leaves: element.leaves,
  };
}

function presenceOf({ definition, repetition }: SchemaNode): Pick<BaseShape, "definition" | "nullable"> {
  return { definition, nullable: repetition === "OPTIONAL" };
}
