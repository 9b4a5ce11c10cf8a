import { instant, getSpan } from "@/model/instants";
import type { Domain } from "@/model/timescale";
import type { Row } from "@/model/waterfall";

/**
 * Return the index of the chosen row: the row where the cursor was last, if that row draws the
 * chosen execution, else the innermost row that draws the execution.
 */
export function findPlace(
  rows: readonly Row[],
  places: ReadonlyMap<number, number>,
  chosen: number,
  cursor: string | null,
): number {
  const at = rows.findIndex((row) => row.key === cursor);
  const isIn = rows[at]?.executions.some((node) => node.sequence === chosen) === true;
  return isIn ? at : (places.get(chosen) ?? -1);
}

/** Return the instant in the middle of a domain. */
export function middle({ start, end }: Domain): number {
  return (start + end) / 2;
}

/** Return the time in which a row ran; null if the row never ran. */
export function getPart(row: Row, over: number | null, now: number): Domain | null {
  const spans = row.executions.map((node) => getSpan(node, over)).filter((span) => span !== null);
  const [first] = spans;
  if (first === undefined) return null;
  const end = Math.max(...spans.map((span) => span.end ?? now));
  return { start: first.start, end: Math.max(end, first.start + 0.1) };
}

/** Return when the parent of a row began, in ms since 1970. */
export function getParentStart(parent: Row | undefined, origin: number): number {
  return instant(parent?.executions[0]?.startedAt) ?? origin;
}
