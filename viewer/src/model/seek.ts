import type { Series, SeriesPoint, Status } from "@/api";
import { toMs } from "./format";

/** Return how many executions of a point match the chosen statuses. */
export function readCount(
  point: Pick<SeriesPoint, Status>,
  statuses: readonly Status[] | undefined,
): number {
  const chosen = statuses ?? (["success", "error", "running"] as const);
  return chosen.reduce((sum, status) => sum + point[status], 0);
}

/** Estimate when the execution at an index (0 is the newest) started. */
export function timeAt(
  index: number,
  series: Series,
  statuses: readonly Status[] | undefined,
): string | undefined {
  let before = 0;
  for (const point of [...series.points].reverse()) {
    const count = readCount(point, statuses);
    if (count > 0 && index < before + count) {
      const share = (index - before) / count;
      return new Date(toMs(point.start) + series.stepMs * (1 - share)).toISOString();
    }
    before += count;
  }
  return undefined;
}
