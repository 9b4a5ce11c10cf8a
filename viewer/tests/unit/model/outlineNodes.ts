import type { OutlineNode } from "@/api";

const ORIGIN = Date.parse("2026-11-22T19:04:11Z");

/** Make a node execution from `start` to `end`, in ms since the run began. */
export function node(
  sequence: number,
  nodeId: string,
  [start, end]: readonly [number?, number?] = [],
  more: Partial<OutlineNode> = {},
): OutlineNode {
  return {
    sequence,
    nodeId,
    nodeName: nodeId,
    nodeType: "pythonFunction",
    status: "success",
    ...(start !== undefined && { startedAt: new Date(ORIGIN + start).toISOString() }),
    ...(end !== undefined && { completedAt: new Date(ORIGIN + end).toISOString() }),
    ...(start !== undefined && end !== undefined && { durationMs: end - start }),
    ...more,
  };
}
