import type { Outline, OutlineNode } from "@/api";
import { instant, spanOf } from "@/model/instants";
import type { Domain } from "@/model/timescale";

/** When an execution ended; null while it runs. */
export function overOf({ execution, nodes }: Outline): number | null {
  if (execution.status === "running") return null;
  const completed = instant(execution.completedAt);
  const started = instant(execution.startedAt) ?? 0;
  if (completed !== null) return completed;
  if (execution.durationMs !== undefined) return started + execution.durationMs;
  // A crash leaves no end: it is where the record ends.
  return latest(nodes, started);
}

/** From an execution's start to its end, or to what is known of it by now. */
export function extentOf(outline: Outline, now: number): Domain {
  const started = instant(outline.execution.startedAt) ?? 0;
  const starts = outline.nodes.map((node) => instant(node.startedAt) ?? started);
  const start = starts.reduce((least, each) => Math.min(least, each), started);
  const over = overOf(outline);
  const end = Math.max(latest(outline.nodes, started), over ?? now);
  return { start, end: Math.max(end, start + 1) };
}

function latest(nodes: readonly OutlineNode[], from: number): number {
  return nodes.reduce((most, node) => {
    const span = spanOf(node, null);
    return Math.max(most, span?.end ?? span?.start ?? most);
  }, from);
}
