/**
 * Separates the node that stands for the whole workflow from the nodes that the workflow called.
 *
 * A decorated workflow and a recorded request are such a node: its output is the run's result. The
 * views don't draw it, because it would repeat the run itself.
 */

import type { Outline, OutlineNode } from "../api/types";

/** The type of the node that stands for the workflow. */
const WORKFLOW_TYPE = "workflow";

/** An outline whose nodes are those that the workflow called. */
export interface DrawnOutline {
  readonly outline: Outline;
  /** The node that stands for the workflow; null where there is none. */
  readonly root: OutlineNode | null;
}

/** Take the workflow's own node out of an outline, unless it is the only node. */
export function withoutRoot(outline: Outline): DrawnOutline {
  const { execution, nodes } = outline;
  const root = nodes.find(
    (node) =>
      node.nodeType === WORKFLOW_TYPE &&
      node.nodeId === execution.workflowId &&
      node.parentSequence === undefined,
  );
  if (root === undefined) return { outline, root: null };
  const others = nodes.filter((node) => node !== root);
  if (others.length === 0) return { outline, root: null };
  return { outline: { ...outline, nodes: others }, root };
}
