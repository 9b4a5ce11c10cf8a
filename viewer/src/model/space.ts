import type { HistoryLimits, RemovedRuns, Space, SpaceParts } from "@/api";
import type { ListFilters } from "./filters";
import { formatCount, formatDay, formatSize } from "./format";

export type PartName = keyof SpaceParts;

interface PartWords {
  name: PartName;
  label: string;
  meaning: string;
}

/** The parts of a history on disk, in the order of the bar. */
export const PARTS: readonly PartWords[] = [
  { name: "payloadBytes", label: "Payloads", meaning: "inputs, outputs, trigger data and logs" },
  { name: "indexBytes", label: "Search index", meaning: "the words and values of payloads" },
  { name: "rowBytes", label: "Rows", meaning: "runs, their nodes, counts and all else" },
  { name: "logBytes", label: "Write-ahead log", meaning: "the newest changes, beside the file" },
  { name: "freeBytes", label: "Free pages", meaning: "space within the file for new runs" },
];

/** Return the size on disk. */
export function getTotal(parts: SpaceParts): number {
  return PARTS.reduce((sum, { name }) => sum + parts[name], 0);
}

/** Format a share of a whole: 12 %, < 1 %. */
export function formatShare(part: number, whole: number): string {
  if (part <= 0 || whole <= 0) return "0 %";
  const percent = (100 * part) / whole;
  return percent < 1 ? "< 1 %" : `${Math.round(percent)} %`;
}

/** Say when the budget is full: the end of a sentence that names the growth. */
export function describeFullness(fullInDays: number | null): string {
  if (fullInDays === null) return "";
  if (fullInDays === 0) return "The budget is full, so the oldest runs go as new ones arrive.";
  if (fullInDays > 730) return "At this pace, the budget is full in more than two years.";
  if (fullInDays < 1.5) return "At this pace, the budget is full in about a day.";
  return `At this pace, the budget is full in about ${formatCount(Math.round(fullInDays))} days.`;
}

const PART_WORDS: Record<RemovedRuns["part"], string> = {
  payloads: "payloads",
  nodes: "nodes, too",
  executions: "everything",
};

/** Name what runs lose. */
export function describePart(removed: RemovedRuns): string {
  return PART_WORDS[removed.part];
}

/** Format the days from a time to another: 3 Nov, 1 – 3 Nov, or 30 Oct – 3 Nov. */
export function formatDays(oldest: string, newest: string): string {
  const [first, last] = [formatDay(oldest), formatDay(newest)];
  if (first === last) return first;
  const [day, month] = first.split(" ");
  return `${month === last.split(" ")[1] ? day : first} – ${last}`;
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
  const days = (value: number) => (value === 1 ? "1 day" : `${formatCount(value)} days`);
  const failed = limits.keepFailedDays ?? limits.keepDays;
  return [
    {
      label: "Size",
      value: limits.maxBytes === null ? "no limit" : `at most ${formatSize(limits.maxBytes)}`,
      setting: "max_size",
    },
    {
      label: "Successful runs",
      value:
        limits.keepStatus === "error"
          ? "removed when they end"
          : limits.keepDays === null
            ? "any age"
            : `kept for ${days(limits.keepDays)}`,
      setting: limits.keepStatus === "error" ? "keep_status" : "keep_days",
    },
    {
      label: "Failed runs",
      value:
        limits.keepStatus === "success"
          ? "removed when they end"
          : failed === null
            ? "any age"
            : `kept for ${days(failed)}`,
      setting: limits.keepStatus === "success" ? "keep_status" : "keep_failed_days",
    },
    {
      label: "Runs of a workflow",
      value:
        limits.keepExecutions === null
          ? "any number"
          : `the newest ${formatCount(limits.keepExecutions)}`,
      setting: "keep_executions",
    },
  ];
}
