/** Converts times of the record to milliseconds since 1970, and keeps their microseconds. */

import type { OutlineNode } from "../api/types";

/** When something began and ended, in ms since 1970. `end` is null while it runs. */
export interface Span {
  readonly start: number;
  readonly end: number | null;
}

const FRACTION = /\.(\d{1,9})/;

/**
 * Read a time of the record, e.g. `2026-11-22T19:04:11.120000Z`; return null for any other text.
 */
export function instant(text: string | undefined): number | null {
  if (text === undefined) return null;
  const whole = Date.parse(text.replace(FRACTION, ""));
  if (Number.isNaN(whole)) return null;
  const fraction = FRACTION.exec(text)?.[1];
  return fraction === undefined ? whole : whole + Number(`0.${fraction}`) * 1000;
}

/**
 * Return when a node execution ran, from those of its times that are known.
 *
 * @param node The node execution.
 * @param over When the execution ended, for nodes that have no end of their own; null while it
 *   runs.
 * @returns Null for a node execution that never began.
 */
export function getSpan(node: OutlineNode, over: number | null): Span | null {
  const completed = instant(node.completedAt);
  const duration = node.durationMs;
  let start = instant(node.startedAt);
  if (start === null && completed !== null && duration !== undefined) start = completed - duration;
  if (start === null) return null;
  if (completed !== null) return { start, end: Math.max(completed, start) };
  if (duration !== undefined) return { start, end: start + duration };
  return { start, end: over === null ? null : Math.max(over, start) };
}

/**
 * Return how long a node execution took, or has taken until `now`. Return null if the node
 * execution never began, or if its process ended first, because its duration is then unknown.
 */
export function getDuration(node: OutlineNode, over: number | null, now: number): number | null {
  if (node.durationMs !== undefined) return node.durationMs;
  if (node.status === "error" && node.completedAt === undefined) return null;
  const span = getSpan(node, over);
  return span === null ? null : Math.max((span.end ?? now) - span.start, 0);
}
