/**
 * Estimates what a record leaves out: when nodes without times began, when a crashed run ended, and
 * whether there are enough runs to call a duration usual.
 */

import type { OutlineExecution, OutlineNode, UsualDuration } from "../api/types";
import { getSpan, instant } from "./instants";
import { findParent } from "./nodetree";

/** A node execution whose start is estimated. */
export type EstimatedNode = OutlineNode & { readonly isEstimated?: true };

/** The number of runs from which on a duration is usual. */
export const LEAST_USUAL_RUNS = 5;

/** Whether the start of a node execution is an estimate. */
export function isEstimated(node: OutlineNode): boolean {
  return (node as EstimatedNode).isEstimated === true;
}

/**
 * Place node executions without times by their sequence and duration: each begins where the node
 * before it in the same parent ended.
 */
export function withEstimatedTimes(
  nodes: readonly OutlineNode[],
  { startedAt }: Pick<OutlineExecution, "startedAt">,
): readonly OutlineNode[] {
  if (nodes.every((node) => hasTime(node) || !hasBegun(node))) return nodes;
  const ordered = [...nodes].sort((a, b) => a.sequence - b.sequence);
  const known = new Set(ordered.map((node) => node.sequence));
  const starts = new Map<number | null, number>([[null, instant(startedAt) ?? 0]]);
  const cursors = new Map<number | null, number>();
  const placed = new Map<OutlineNode, EstimatedNode>();
  for (const node of ordered) {
    const parent = findParent(node, known);
    const cursor = cursors.get(parent) ?? starts.get(parent) ?? 0;
    const span = getSpan(node, null);
    const start = span?.start ?? cursor;
    starts.set(node.sequence, start);
    if (span !== null) cursors.set(parent, Math.max(cursor, span.end ?? span.start));
    else if (hasBegun(node)) {
      placed.set(node, { ...node, startedAt: new Date(start).toISOString(), isEstimated: true });
      cursors.set(parent, start + (node.durationMs ?? 0));
    }
  }
  return nodes.map((node) => placed.get(node) ?? node);
}

function hasTime(node: OutlineNode): boolean {
  return getSpan(node, null) !== null;
}

function hasBegun({ status }: OutlineNode): boolean {
  return status !== "skipped" && status !== "pending";
}

/** The estimated end of a crashed run. */
export interface CrashEnd {
  readonly at: number;
  /** Whether the time is the last sign of life of the process, rather than of its last node. */
  readonly isHeartbeat: boolean;
}

/**
 * Estimate when a crashed run ended: the last sign of life of its process, or else the last time
 * in its record. Return null for a run that did not crash, and where nothing is known.
 */
export function estimateCrash(
  { status, error, startedAt, durationMs, lastSeenAt }: CrashedRun,
  nodes: readonly OutlineNode[],
): CrashEnd | null {
  if (status !== "error" || error?.kind !== "crashed" || durationMs !== undefined) return null;
  const start = instant(startedAt) ?? 0;
  const latest = nodes.reduce((most, node) => {
    const span = getSpan(node, null);
    return Math.max(most, span?.end ?? span?.start ?? most);
  }, start);
  const seen = instant(lastSeenAt);
  if (seen !== null && seen > latest) return { at: seen, isHeartbeat: true };
  return latest > start ? { at: latest, isHeartbeat: false } : null;
}

type CrashedRun = Pick<OutlineExecution, "status" | "startedAt" | "durationMs" | "lastSeenAt"> & {
  readonly error?: { readonly kind?: string };
};

/** Return usual durations only if there are several; of few runs, none is usual. */
export function ifUsual(durations: UsualDuration | undefined): {
  p50Ms?: number;
  p95Ms?: number;
} {
  return (durations?.count ?? 0) < LEAST_USUAL_RUNS ? {} : (durations ?? {});
}
