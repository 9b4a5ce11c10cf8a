/**
 * Assigns places to node executions. The views choose and find node executions by place.
 *
 * A client that sends no `sequence` may send several nodes with the same sequence. So that each
 * node can be chosen, all but the first get their own place, shortly after the first.
 */

import type { OutlineNode } from "../api/types";

/** The number of node executions that may share a sequence. */
const PLACES = 4096;

/**
 * Give node executions with the same sequence different places, in the order in which they come.
 */
export function withOwnPlaces(nodes: readonly OutlineNode[]): OutlineNode[] {
  const taken = new Map<number, number>();
  return nodes.map((node) => {
    const before = taken.get(node.sequence) ?? 0;
    taken.set(node.sequence, before + 1);
    return before === 0 ? node : { ...node, sequence: node.sequence + before / PLACES };
  });
}

/** Return the recorded sequence of a node execution that has its own place. */
export function recordedSequence(sequence: number): number {
  return Math.floor(sequence);
}
