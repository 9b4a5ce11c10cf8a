import type { NodeStatus, Status } from "@/api";
import { texts } from "@/texts";

/** The status that a status mark shows. A crash is an error whose process ended first. */
export type Mark = Status | NodeStatus | "crashed";

/** Return the mark of an execution or a node execution. */
export function getMark(thing: { status: Status | NodeStatus; error?: { kind?: string } }): Mark {
  return thing.status === "error" && thing.error?.kind === "crashed" ? "crashed" : thing.status;
}

const LETTERS: Record<string, NodeStatus> = {
  p: "pending",
  r: "running",
  s: "success",
  e: "error",
  k: "skipped",
};

/** Read the statuses of a strip, e.g. `sse`. An unknown letter is a node that waits. */
export function readStrip(strip: string): NodeStatus[] {
  return Array.from(strip, (letter) => LETTERS[letter] ?? "pending");
}

/** Describe a strip in words: "7 of 12 nodes, 1 failed". */
export function describeNodes(nodes: { total: number; done: number; failed: number }): string {
  const { done, total, failed } = nodes;
  if (total === 0) return texts.row.noNodes;
  return failed === 0 ? texts.row.nodes(done, total) : texts.row.nodesFailed(done, total, failed);
}
