/**
 * The waterfall's time scale: which part of the run is in view, its ticks, and where its bars lie.
 */

import type { NodeStatus } from "../api/types";

/** A range of time, in milliseconds. */
export interface Domain {
  readonly start: number;
  readonly end: number;
}

/** A bar, in fractions of the view's width. */
export interface Placed {
  readonly left: number;
  readonly width: number;
}

/** A tick on the axis: its instant, and its distance from the origin. */
export interface Tick {
  readonly at: number;
  readonly offsetMs: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const STEPS_MS: readonly number[] = [
  ...[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 4, 6, 12, 24, 48, 96, 168, 336, 720, 2160, 8760].map((hours) => hours * HOUR),
];
const NARROWEST_MS = 0.01;

/** Return the ticks of a domain, at round distances from `origin`. */
export function listTicks(domain: Domain, origin: number, most: number): Tick[] {
  const length = domain.end - domain.start;
  if (length <= 0 || most < 1) return [];
  const step = STEPS_MS.find((ms) => length / ms <= most) ?? length / most;
  const first = Math.ceil((domain.start - origin) / step - 1e-9);
  const last = Math.floor((domain.end - origin) / step + 1e-9);
  const ticks: Tick[] = [];
  for (let n = first; n <= last; n += 1) {
    ticks.push({ at: (origin + n * step - domain.start) / length, offsetMs: n * step });
  }
  return ticks;
}

/** Return where a span lies in a domain; null if the span lies outside. */
export function place(start: number, end: number, domain: Domain): Placed | null {
  const length = domain.end - domain.start;
  if (length <= 0 || end < domain.start || start > domain.end) return null;
  const from = Math.max(start, domain.start);
  const left = (from - domain.start) / length;
  return { left, width: (Math.min(end, domain.end) - from) / length };
}

/** Return the time at a fraction of the view's width. */
export function timeAt(fraction: number, domain: Domain): number {
  return domain.start + Math.min(Math.max(fraction, 0), 1) * (domain.end - domain.start);
}

/** Zoom by a factor (above 1: closer) around an instant, never beyond the whole. */
export function zoomed(domain: Domain, factor: number, around: number, whole: Domain): Domain {
  const length = Math.max((domain.end - domain.start) / factor, NARROWEST_MS);
  if (length >= whole.end - whole.start) return whole;
  const share = (around - domain.start) / (domain.end - domain.start);
  return within({ start: around - share * length, end: around + (1 - share) * length }, whole);
}

/** Move a domain by a share of its length, never beyond the whole. */
export function panned(domain: Domain, share: number, whole: Domain): Domain {
  const by = share * (domain.end - domain.start);
  return within({ start: domain.start + by, end: domain.end + by }, whole);
}

function within(domain: Domain, whole: Domain): Domain {
  const length = domain.end - domain.start;
  if (domain.start < whole.start) return { start: whole.start, end: whole.start + length };
  if (domain.end > whole.end) return { start: whole.end - length, end: whole.end };
  return domain;
}

/**
 * Return the part between two fractions of the view; null if the part is too narrow to be intended.
 */
export function dragged(from: number, to: number, domain: Domain, least: number): Domain | null {
  if (Math.abs(to - from) < least) return null;
  const start = timeAt(Math.min(from, to), domain);
  const end = timeAt(Math.max(from, to), domain);
  return end - start < NARROWEST_MS ? null : { start, end };
}

/** A bar before it is placed. */
export interface BarSpan {
  readonly sequence: number;
  readonly status: NodeStatus;
  readonly start: number;
  readonly end: number;
}

/** One bar as it is drawn, or several bars that would lie on the same pixels. */
export interface Drawn extends Placed {
  readonly sequence: number;
  readonly status: NodeStatus;
  readonly count: number;
}

/** The order of drawing: the status that matters most is drawn last, on top. */
const ORDER: readonly NodeStatus[] = ["skipped", "pending", "success", "running", "error"];
const FEW = 12;

/**
 * Place a row's bars, and join bars of one status that would be indistinguishable. A row of
 * thousands of iterations then draws at most one bar for each two pixels and status.
 */
export function drawn(bars: readonly BarSpan[], domain: Domain, widthPx: number): Drawn[] {
  const placed = bars.flatMap((bar): Drawn[] => {
    const at = place(bar.start, bar.end, domain);
    if (at === null) return [];
    return [{ ...at, sequence: bar.sequence, status: bar.status, count: 1 }];
  });
  if (placed.length <= FEW) return placed;
  placed.sort((a, b) => a.left - b.left);
  const pixel = 1 / Math.max(widthPx, 1);
  return ORDER.flatMap((status) =>
    joined(
      placed.filter((bar) => bar.status === status),
      pixel,
    ),
  );
}

function joined(bars: readonly Drawn[], pixel: number): Drawn[] {
  const result: Drawn[] = [];
  for (const bar of bars) {
    const last = result.at(-1);
    if (last === undefined || bar.left > last.left + Math.max(last.width, 2 * pixel) + pixel) {
      result.push(bar);
      continue;
    }
    const width = Math.max(last.width, bar.left + bar.width - last.left);
    result[result.length - 1] = { ...last, width, count: last.count + 1 };
  }
  return result;
}
