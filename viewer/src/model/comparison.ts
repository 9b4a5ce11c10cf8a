import type { PeriodTotals, RemovedStats } from "@/api";
import { texts } from "@/texts";
import { formatCount, formatDate, formatDuration, formatPercent, formatTenth } from "./format";

/** Whether a change is good news, bad news, or neither. */
export type Tone = "good" | "bad" | "neutral";

/** A figure of a period, and how it differs from the period before. */
export interface Figure {
  readonly name: string;
  readonly value: string;
  /** The change, e.g. `▲ 12%`; null if there is nothing to compare with. */
  readonly change: string | null;
  /** The value of the period before. */
  readonly before: string | null;
  readonly tone: Tone;
}

const SMALLEST_CHANGE = 0.005;
/** A longer 95th percentile is bad news from this part on, because durations vary. */
const LONGER = 0.1;
const SMALLEST_POINTS = 0.0005;

/** Return the share of ended runs that failed; undefined without ended runs. */
export function failureRate({ error, success }: PeriodTotals): number | undefined {
  return error + success === 0 ? undefined : error / (error + success);
}

/** Return runs, failure rate and p95 of a period, compared with the period before. */
export function compareFigures(current: PeriodTotals, previous: PeriodTotals | null): Figure[] {
  const before = previous === null || previous.total === 0 ? null : previous;
  return [
    compareRuns(current, before),
    compareRates(failureRate(current), before === null ? undefined : failureRate(before)),
    compareDurations(current.p95Ms, before?.p95Ms),
  ];
}

function compareRuns(current: PeriodTotals, before: PeriodTotals | null): Figure {
  return {
    name: texts.figures.runs,
    value: formatCount(current.total),
    before: before === null ? null : formatCount(before.total),
    change: before === null ? null : relativeChange(current.total, before.total),
    tone: "neutral",
  };
}

function compareRates(rate: number | undefined, before: number | undefined): Figure {
  const points = rate === undefined || before === undefined ? null : rate - before;
  return {
    name: texts.figures.failureRate,
    value: rate === undefined ? "–" : formatShare(rate),
    before: before === undefined ? null : formatShare(before),
    change: points === null ? null : formatPoints(points),
    tone: points === null || Math.abs(points) < SMALLEST_POINTS ? "neutral" : toneOf(points),
  };
}

function compareDurations(ms: number | undefined, before: number | undefined): Figure {
  const comparable = ms !== undefined && before !== undefined && before > 0;
  const ratio = comparable ? ms / before - 1 : 0;
  return {
    name: texts.figures.p95,
    value: ms === undefined ? "–" : formatDuration(ms),
    before: before === undefined ? null : formatDuration(before),
    change: comparable ? relativeChange(ms, before) : null,
    tone: Math.abs(ratio) < LONGER ? "neutral" : toneOf(ratio),
  };
}

function toneOf(growth: number): Tone {
  return growth > 0 ? "bad" : "good";
}

function relativeChange(now: number, before: number): string {
  const ratio = now / before - 1;
  if (Math.abs(ratio) < SMALLEST_CHANGE) return texts.figures.asBefore;
  if (ratio >= 9) return `▲ ${formatCount(Math.round(ratio + 1))}×`;
  return `${ratio > 0 ? "▲" : "▼"} ${formatPercent(Math.abs(ratio))}`;
}

function formatPoints(points: number): string {
  if (Math.abs(points) < SMALLEST_POINTS) return texts.figures.asBefore;
  const text = texts.figures.points(formatTenth(Math.abs(points) * 100));
  return `${points > 0 ? "▲" : "▼"} ${text}`;
}

/** Format a share: "0%", "2.4%", "37%". */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.001) return texts.duration.lessThan(formatPercent(0.001, 1));
  return formatPercent(share, share >= 0.1 || share === 0 ? 0 : 1);
}

/** Say how many runs retention has removed, and when they started. */
export function describeRemoved(removed: RemovedStats, now: number): string {
  // Noon is on the same day in nearly all time zones.
  const [first, last] = [removed.firstDay, removed.lastDay].map((day) =>
    formatDate(`${day}T12:00:00Z`, now),
  );
  return texts.figures.removed(removed.total, removed.error, first ?? "", last ?? "");
}
