import type { NodeStatus, Status } from "@/api";

/** What a mark shows; a crash is an error whose process ended first. */
export type Mark = Status | NodeStatus | "crashed";

export const MARK_LABELS: Record<Mark, string> = {
  success: "success",
  error: "error",
  crashed: "crashed",
  running: "running",
  pending: "waiting",
  skipped: "skipped",
};

/** The mark of an execution or a node execution. */
export function markOf(thing: { status: Status | NodeStatus; error?: { kind?: string } }): Mark {
  return thing.status === "error" && thing.error?.kind === "crashed" ? "crashed" : thing.status;
}

const LETTERS: Record<string, NodeStatus> = {
  p: "pending",
  r: "running",
  s: "success",
  e: "error",
  k: "skipped",
};

/** The statuses of a strip, e.g. `sse`; an unknown letter is a node that waits. */
export function readStrip(strip: string): NodeStatus[] {
  return Array.from(strip, (letter) => LETTERS[letter] ?? "pending");
}

/** "7 of 12 nodes, 1 failed": a strip in words. */
export function describeNodes(nodes: { total: number; done: number; failed: number }): string {
  if (nodes.total === 0) return "no nodes";
  const of = `${nodes.done} of ${nodes.total} ${nodes.total === 1 ? "node" : "nodes"}`;
  return nodes.failed === 0 ? of : `${of}, ${nodes.failed} failed`;
}
