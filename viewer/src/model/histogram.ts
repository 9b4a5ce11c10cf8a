import type { Series } from "@/api";
import { texts } from "@/texts";
import { formatDay, formatMinute, formatMoment, toMs } from "./format";

/** One bar: the executions that started from `start` to `end`, in ms since 1970. */
export interface Bar {
  start: number;
  end: number;
  total: number;
  error: number;
  running: number;
  /** Shares of the plot's height, 0 to 1. */
  height: number;
  errorHeight: number;
  /** Whether the bar is higher than the plot, which is cut so that the others stay readable. */
  isCut: boolean;
}

const LEAST = 0.04;
/** A bar that is this many times as high as nearly all others is cut. */
const MOST_TIMES = 4;
const CUT_TIMES = 1.6;
const RARE = 0.05;

/**
 * Return the count at the top of the plot: the largest, or less if a few busy steps would flatten
 * all others.
 */
export function findTop(totals: readonly number[]): number {
  const sorted = totals.filter((total) => total > 0).sort((a, b) => b - a);
  const most = sorted[0] ?? 1;
  const common = sorted[Math.max(1, Math.floor(sorted.length * RARE))];
  if (common === undefined || most <= MOST_TIMES * common) return most;
  return Math.min(most, common * CUT_TIMES);
}

/** Make the bars of a series. Every non-empty bar is visible, and failures most of all. */
export function buildBars(series: Series): Bar[] {
  const totals = series.points.map((point) => point.success + point.error + point.running);
  const most = Math.max(1, findTop(totals));
  const getShare = (count: number) =>
    count === 0 ? 0 : Math.min(1, Math.max(LEAST, count / most));
  return series.points.map((point, index) => {
    const total = totals[index] ?? 0;
    const start = toMs(point.start);
    const others = getShare(total - point.error);
    const errors = getShare(point.error);
    const height = Math.min(1, errors + others);
    return {
      start,
      end: start + series.stepMs,
      total,
      error: point.error,
      running: point.running,
      height,
      errorHeight: Math.min(errors, height - Math.min(others, LEAST)),
      isCut: total > most,
    };
  });
}

/** Describe a bar: "22 Nov 14:00:00 – 14:15:00: 120 runs, 3 failed". */
export function describeBar(bar: Bar, now: number): string {
  const { runs, runsFailed, cut } = texts.histogram;
  const time = formatMoment(bar.start, now);
  const text = bar.error === 0 ? runs(time, bar.total) : runsFailed(time, bar.total, bar.error);
  return bar.isCut ? cut(text) : text;
}

/** Return round times to write below the bars: 14:00, or 22 Nov if the bars span days. */
export function listTicks(
  start: number,
  end: number,
  most: number,
): { at: number; label: string }[] {
  const step = STEPS.find((each) => (end - start) / each <= most) ?? STEPS.at(-1) ?? 1;
  const zone = new Date(start).getTimezoneOffset() * 60_000;
  const first = Math.ceil((start - zone) / step) * step + zone;
  const ticks = [];
  for (let at = first; at < end && ticks.length < most + 1; at += step) {
    ticks.push({ at, label: getLabel(at, step) });
  }
  return ticks;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [1, 2, 5, 10, 15, 30]
  .map((minutes) => minutes * MINUTE)
  .concat([1, 2, 3, 6, 12].map((hours) => hours * HOUR))
  .concat([1, 2, 7, 14, 30, 90, 365].map((days) => days * DAY));

function getLabel(at: number, step: number): string {
  const date = new Date(at);
  const isDay = step >= DAY || (date.getHours() === 0 && date.getMinutes() === 0);
  return isDay ? formatDay(at) : formatMinute(at);
}
