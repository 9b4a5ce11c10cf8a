/**
 * The places of node executions, by which the views choose and find them.
 *
 * A client that sends no `sequence` may send several nodes with one. So that each can be chosen, all
 * but the first of them get a place of their own, a little behind it.
 */

import type { OutlineNode } from "../api/types";

/** So many node executions may share a sequence. */
const PLACES = 4096;

/** Give node executions with one sequence places of their own, in the order in which they come. */
export function withOwnPlaces(nodes: readonly OutlineNode[]): OutlineNode[] {
  const taken = new Map<number, number>();
  return nodes.map((node) => {
    const before = taken.get(node.sequence) ?? 0;
    taken.set(node.sequence, before + 1);
    return before === 0 ? node : { ...node, sequence: node.sequence + before / PLACES };
  });
}

/** The sequence that was recorded of a node execution with a place of its own. */
export function recordedSequence(sequence: number): number {
  return Math.floor(sequence);
}
