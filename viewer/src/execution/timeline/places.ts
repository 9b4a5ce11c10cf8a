import { instant, spanOf } from "@/model/instants";
import type { Domain } from "@/model/timescale";
import type { Row } from "@/model/waterfall";

/** The row that is chosen: where one went last if it draws the chosen one, else the innermost. */
export function placeOf(
  rows: readonly Row[],
  places: ReadonlyMap<number, number>,
  chosen: number,
  cursor: string | null,
): number {
  const at = rows.findIndex((row) => row.key === cursor);
  const isIn = rows[at]?.executions.some((node) => node.sequence === chosen) === true;
  return isIn ? at : (places.get(chosen) ?? -1);
}

/** The instant in the middle. */
export function middle({ start, end }: Domain): number {
  return (start + end) / 2;
}

/** The stretch of time in which a row ran; null where it never did. */
export function partOf(row: Row, over: number | null, now: number): Domain | null {
  const spans = row.executions.map((node) => spanOf(node, over)).filter((span) => span !== null);
  const [first] = spans;
  if (first === undefined) return null;
  const end = Math.max(...spans.map((span) => span.end ?? now));
  return { start: first.start, end: Math.max(end, first.start + 0.1) };
}

/** When what a row runs within began. */
export function sinceOf(parent: Row | undefined, origin: number): number {
  return instant(parent?.executions[0]?.startedAt) ?? origin;
}
