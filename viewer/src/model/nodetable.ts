/** The table of node executions: its columns and how they sort. */

import type { OutlineNode } from "../api/types";
import { getDuration, instant } from "./instants";

export type Column =
  "sequence" | "name" | "type" | "status" | "start" | "duration" | "attempt" | "input" | "output";

/** The column and direction by which a table is sorted. */
export interface Sorting {
  readonly column: Column;
  readonly descending: boolean;
}

const STATUS_ORDER: Readonly<Record<OutlineNode["status"], number>> = {
  error: 0,
  running: 1,
  success: 2,
  pending: 3,
  skipped: 4,
};
/** Columns whose first click sorts the greatest value first. Other columns begin with A. */
const BEGINS_DESCENDING: ReadonlySet<Column> = new Set(["duration", "attempt", "input", "output"]);

/** Sort node executions. Node executions without a value come last in either direction. */
export function sorted(
  nodes: readonly OutlineNode[],
  { column, descending }: Sorting,
  over: number | null,
  now: number,
): OutlineNode[] {
  const keyed = nodes.map((node) => ({ node, key: getKey(node, column, over, now) }));
  const sign = descending ? -1 : 1;
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) {
      if (a.key !== b.key) return a.key === null ? 1 : -1;
      return a.node.sequence - b.node.sequence;
    }
    return sign * compare(a.key, b.key) || a.node.sequence - b.node.sequence;
  });
  return keyed.map(({ node }) => node);
}

/** Return the sorting after a click on a column's head. */
export function nextSorting(current: Sorting, column: Column): Sorting {
  if (current.column === column) return { column, descending: !current.descending };
  return { column, descending: BEGINS_DESCENDING.has(column) };
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b));
}

function getKey(
  node: OutlineNode,
  column: Column,
  over: number | null,
  now: number,
): number | string | null {
  switch (column) {
    case "sequence":
      return node.sequence;
    case "name":
      return node.nodeName;
    case "type":
      return node.nodeType;
    case "status":
      return STATUS_ORDER[node.status];
    case "start":
      return instant(node.startedAt);
    case "duration":
      return getDuration(node, over, now);
    case "attempt":
      return node.attempt ?? null;
    case "input":
      return node.input?.bytes ?? null;
    case "output":
      return node.output?.bytes ?? null;
  }
}
