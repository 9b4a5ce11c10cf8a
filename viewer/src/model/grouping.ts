/** Lays out a graph whose nodes contain others: parents and loops become boxes around their nodes. */

import { type Link, type Point, type Spacing, layered } from "./layering";

/** A box around a node and the nodes that ran within it. */
export interface Group extends Point {
  /** The id of the node that contains the others. */
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

/** The places of all nodes, and the boxes, outer ones first. */
export interface GroupedLayout {
  readonly points: ReadonlyMap<string, Point>;
  readonly groups: readonly Group[];
}

/** Nodes at places that their author chose, which may leave no space for a box. */
interface Drawn extends Point {
  readonly id: string;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const PADDING_PX = 16;
const COLUMN_GAP_PX = 64;
const ROW_GAP_PX = 28;

/**
 * Lay out nodes from left to right, each parent above its own nodes in a box.
 *
 * @param ids All nodes, in the order in which they ran.
 * @param parents The id of each node's parent; null at the top.
 */
export function layOutGroups(
  ids: readonly string[],
  links: readonly Link[],
  parents: ReadonlyMap<string, string | null>,
  { node, spacing }: { node: Size; spacing: Spacing },
): GroupedLayout {
  const points = new Map<string, Point>();
  const groups: Group[] = [];
  const children = new Map<string | null, string[]>();
  for (const id of ids) {
    const parent = parents.get(id) ?? null;
    children.set(parent, [...(children.get(parent) ?? []), id]);
  }
  const layOut = (scope: string | null, origin: Point): Size => {
    const own = children.get(scope) ?? [];
    const within = new Set(own);
    const inScope = links.filter(({ source, target }) => within.has(source) && within.has(target));
    const places = layered(own, inScope, spacing);
    const columns = new Map<number, string[]>();
    for (const id of own) {
      const x = places.get(id)?.x ?? 0;
      columns.set(x, [...(columns.get(x) ?? []), id]);
    }
    const hasGroups = own.some((id) => children.has(id));
    const top = Math.min(0, ...own.map((id) => places.get(id)?.y ?? 0));
    let x = origin.x;
    let height = 0;
    for (const [, column] of [...columns].sort(([a], [b]) => a - b)) {
      column.sort((a, b) => (places.get(a)?.y ?? 0) - (places.get(b)?.y ?? 0));
      let widest = node.width;
      let y = origin.y;
      for (const id of column) {
        // Boxes have sizes of their own, so that nodes beside them can only be stacked.
        const at = hasGroups ? y : origin.y + (places.get(id)?.y ?? 0) - top;
        const size = placeOne(id, { x, y: at });
        widest = Math.max(widest, size.width);
        y = at + size.height + ROW_GAP_PX;
      }
      height = Math.max(height, y - ROW_GAP_PX - origin.y);
      x += widest + COLUMN_GAP_PX;
    }
    return { width: Math.max(0, x - COLUMN_GAP_PX - origin.x), height };
  };
  const placeOne = (id: string, at: Point): Size => {
    if (!children.has(id)) {
      points.set(id, at);
      return node;
    }
    const place = groups.length;
    const own = { x: at.x + PADDING_PX, y: at.y + PADDING_PX };
    points.set(id, own);
    const inner = layOut(id, { x: own.x, y: own.y + node.height + ROW_GAP_PX });
    const width = Math.max(node.width, inner.width) + 2 * PADDING_PX;
    const height = node.height + ROW_GAP_PX + inner.height + 2 * PADDING_PX;
    groups.splice(place, 0, { id, ...at, width, height });
    return { width, height };
  };
  layOut(null, { x: 0, y: 0 });
  return { points, groups };
}

/**
 * Return the boxes around parents and their nodes, where the nodes are; null if a box would also
 * enclose another node.
 *
 * @param parents The id of each node's parent, without circles; null at the top.
 */
export function boxAround(
  nodes: readonly Drawn[],
  parents: ReadonlyMap<string, string | null>,
  node: Size,
): Group[] | null {
  const byId = new Map(nodes.map((each) => [each.id, each]));
  const children = new Map<string, string[]>();
  for (const { id } of nodes) {
    const parent = parents.get(id) ?? null;
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), id]);
  }
  const groups: Group[] = [];
  const measure = (id: string): Group => {
    const at = byId.get(id) ?? { x: 0, y: 0 };
    const inner = children.get(id);
    if (inner === undefined) return { id, x: at.x, y: at.y, ...node };
    const place = groups.length;
    const parts = [{ id, x: at.x, y: at.y, ...node }, ...inner.map(measure)];
    const x = Math.min(...parts.map((part) => part.x)) - PADDING_PX;
    const y = Math.min(...parts.map((part) => part.y)) - PADDING_PX;
    const width = Math.max(...parts.map((part) => part.x + part.width)) + PADDING_PX - x;
    const height = Math.max(...parts.map((part) => part.y + part.height)) + PADDING_PX - y;
    const group = { id, x, y, width, height };
    groups.splice(place, 0, group);
    return group;
  };
  nodes.filter(({ id }) => (parents.get(id) ?? null) === null).forEach(({ id }) => measure(id));
  const isWithin = (id: string, group: string): boolean => {
    for (let at: string | null = id; at !== null; at = parents.get(at) ?? null) {
      if (at === group) return true;
    }
    return false;
  };
  const rectangles: Group[] = [...nodes.map(({ id, x, y }) => ({ id, x, y, ...node })), ...groups];
  const isFree = groups.every((group) =>
    rectangles.every(
      (other) =>
        isWithin(other.id, group.id) || isWithin(group.id, other.id) || !meet(group, other),
    ),
  );
  return isFree ? groups : null;
}

function meet(a: Group, b: Group): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
