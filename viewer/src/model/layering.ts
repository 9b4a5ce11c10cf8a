/**
 * Computes a layered layout: columns by the longest path to a node, rows so that few lines cross.
 */

/** A position, in pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A line from one node to another. */
export interface Link {
  readonly source: string;
  readonly target: string;
}

/** The distances between columns and between rows. */
export interface Spacing {
  readonly columnPx: number;
  readonly rowPx: number;
}

const SWEEPS = 6;

/**
 * Lay out nodes from left to right.
 *
 * @param ids All nodes, in the order in which they ran. A link against this order may be part of a
 *   cycle, and is ignored.
 * @returns The upper left corner of each node.
 */
export function layered(
  ids: readonly string[],
  links: readonly Link[],
  { columnPx, rowPx }: Spacing,
): ReadonlyMap<string, Point> {
  const order = new Map(ids.map((id, index) => [id, index]));
  const before = new Map<string, string[]>(ids.map((id) => [id, []]));
  const after = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const { source, target } of links) {
    const from = order.get(source);
    const to = order.get(target);
    if (from === undefined || to === undefined || from >= to) continue;
    before.get(target)?.push(source);
    after.get(source)?.push(target);
  }
  const columns = listColumns(ids, before);
  const rows = new Map<string, number>();
  for (const column of columns) column.forEach((id, index) => rows.set(id, index));
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const forwards = sweep % 2 === 0;
    const neighbours = forwards ? before : after;
    for (const column of forwards ? columns : [...columns].reverse()) {
      arrange(column, neighbours, rows);
    }
  }
  const points = new Map<string, Point>();
  columns.forEach((column, index) => {
    for (const id of column) {
      points.set(id, { x: index * columnPx, y: (rows.get(id) ?? 0) * rowPx });
    }
  });
  return points;
}

function listColumns(
  ids: readonly string[],
  before: ReadonlyMap<string, readonly string[]>,
): string[][] {
  const depth = new Map<string, number>();
  const columns: string[][] = [];
  for (const id of ids) {
    let own = 0;
    for (const source of before.get(id) ?? []) own = Math.max(own, (depth.get(source) ?? 0) + 1);
    depth.set(id, own);
    (columns[own] ??= []).push(id);
  }
  return columns;
}

/**
 * Sort a column by the mean rows of the nodes' neighbours, and put each node as near to its mean as
 * the nodes above allow.
 */
function arrange(
  column: string[],
  neighbours: ReadonlyMap<string, readonly string[]>,
  rows: Map<string, number>,
): void {
  const wish = new Map(
    column.map((id) => {
      const near = neighbours.get(id) ?? [];
      const sum = near.reduce((total, other) => total + (rows.get(other) ?? 0), 0);
      return [id, near.length === 0 ? (rows.get(id) ?? 0) : sum / near.length];
    }),
  );
  column.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0));
  let free = Number.NEGATIVE_INFINITY;
  let shift = 0;
  for (const id of column) {
    const row = Math.max(wish.get(id) ?? 0, free);
    shift += row - (wish.get(id) ?? 0);
    rows.set(id, row);
    free = row + 1;
  }
  // Move the column back by the mean shift, so that a fan is centred on its middle.
  const back = shift / Math.max(column.length, 1);
  for (const id of column) rows.set(id, (rows.get(id) ?? 0) - back);
}
