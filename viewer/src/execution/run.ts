import type { Outline, OutlineNode } from "@/api";
import { estimateCrash } from "@/model/estimates";
import { instant, getSpan } from "@/model/instants";
import type { Domain } from "@/model/timescale";

/** Return when an execution ended, in ms since 1970; null while it runs. */
export function getEndMs({ execution, nodes }: Outline): number | null {
  if (execution.status === "running") return null;
  const completed = instant(execution.completedAt);
  const started = instant(execution.startedAt) ?? 0;
  if (completed !== null) return completed;
  if (execution.durationMs !== undefined) return started + execution.durationMs;
  // A crash leaves no end time.
  return Math.max(estimateCrash(execution, nodes)?.at ?? started, latest(nodes, started));
}

/**
 * Return the time from an execution's start to its end, or to the last known time while it runs.
 */
export function getExtent(outline: Outline, now: number): Domain {
  const started = instant(outline.execution.startedAt) ?? 0;
  const starts = outline.nodes.map((node) => instant(node.startedAt) ?? started);
  const start = starts.reduce((least, each) => Math.min(least, each), started);
  const over = getEndMs(outline);
  const end = Math.max(latest(outline.nodes, started), over ?? now);
  return { start, end: Math.max(end, start + 1) };
}

function latest(nodes: readonly OutlineNode[], from: number): number {
  return nodes.reduce((most, node) => {
    const span = getSpan(node, null);
    return Math.max(most, span?.end ?? span?.start ?? most);
  }, from);
}
