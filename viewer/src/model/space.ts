import type { HistoryLimits, RemovedRuns, Space, SpaceParts } from "@/api";
import { texts } from "@/texts";
import type { ListFilters } from "./filters";
import { formatPercent, formatSize } from "./format";

export type PartName = keyof SpaceParts;

/** The parts of a history on disk, in the order of the bar. */
export const PARTS: readonly PartName[] = [
  "payloadBytes",
  "indexBytes",
  "rowBytes",
  "logBytes",
  "freeBytes",
];

/** Return the size on disk. */
export function getTotal(parts: SpaceParts): number {
  return PARTS.reduce((sum, name) => sum + parts[name], 0);
}

/** Format a share of a whole: 12 %, < 1 %. */
export function formatShare(part: number, whole: number): string {
  if (part <= 0 || whole <= 0) return formatPercent(0);
  const share = part / whole;
  return share < 0.01 ? texts.duration.lessThan(formatPercent(0.01)) : formatPercent(share);
}

/** Say when the budget is full: the end of a sentence that names the growth. */
export function describeFullness(fullInDays: number | null): string {
  if (fullInDays === null) return "";
  if (fullInDays === 0) return texts.parts.fullNow;
  if (fullInDays > 730) return texts.parts.fullInYears;
  if (fullInDays < 1.5) return texts.parts.fullInADay;
  return texts.parts.fullInDays(Math.round(fullInDays));
}

/** Return the filters that list the runs that lose something. */
export function removedFilters({ workflowId, status, oldest, newest }: RemovedRuns): ListFilters {
  // The end of a range is excluded.
  const before = new Date(Date.parse(newest) + 1).toISOString();
  return { workflow: [workflowId], status: [status], after: oldest, before };
}

/** Return the filters that list the runs of one day in UTC. */
export function dayFilters(day: string): ListFilters {
  const after = `${day}T00:00:00.000Z`;
  return { after, before: new Date(Date.parse(after) + 86_400_000).toISOString() };
}

/** Fill in the days without runs, up to the day of the measurement. */
export function fillDays(space: Pick<Space, "days" | "measuredAt">, number: number) {
  const known = new Map(space.days.map((each) => [each.day, each]));
  const today = Date.parse(space.measuredAt.slice(0, 10));
  return Array.from({ length: number }, (_, index) => {
    const day = new Date(today - (number - 1 - index) * 86_400_000).toISOString().slice(0, 10);
    return known.get(day) ?? { day, runs: 0, bytes: 0 };
  });
}

interface LimitLine {
  label: string;
  value: string;
  setting: string;
}

/** Put the limits into words. */
export function describeLimits(limits: HistoryLimits): LimitLine[] {
  const words = texts.limits;
  const failed = limits.keepFailedDays ?? limits.keepDays;
  return [
    {
      label: words.size,
      value: limits.maxBytes === null ? words.noLimit : words.atMost(formatSize(limits.maxBytes)),
      setting: "max_size",
    },
    {
      label: words.successful,
      value:
        limits.keepStatus === "error"
          ? words.removed
          : limits.keepDays === null
            ? words.anyAge
            : words.kept(limits.keepDays),
      setting: limits.keepStatus === "error" ? "keep_status" : "keep_days",
    },
    {
      label: words.failed,
      value:
        limits.keepStatus === "success"
          ? words.removed
          : failed === null
            ? words.anyAge
            : words.kept(failed),
      setting: limits.keepStatus === "success" ? "keep_status" : "keep_failed_days",
    },
    {
      label: words.ofWorkflow,
      value: limits.keepExecutions === null ? words.anyNumber : words.newest(limits.keepExecutions),
      setting: "keep_executions",
    },
  ];
}
