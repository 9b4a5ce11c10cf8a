/**
 * Node executions as a tree: attempts of one node together, iterations of one node together, children
 * under the node that they ran within. The views only unfold and draw it.
 */

import type { NodeStatus, OutlineNode } from "../api/types";

/** A list of at least one. */
export type Some<T> = readonly [T, ...T[]];

/** One run of a node: its attempts, and what ran within them. */
export interface NodeRun {
  readonly attempts: Some<OutlineNode>;
  readonly children: readonly Branch[];
}

/** All runs of one node within one parent; more than one of them are iterations. */
export interface Branch {
  readonly key: string;
  readonly nodeId: string;
  readonly name: string;
  readonly type: string;
  readonly runs: Some<NodeRun>;
}

/** Order node executions as a tree; a child whose parent is missing stands at the top. */
export function treeOf(nodes: readonly OutlineNode[]): readonly Branch[] {
  const ordered = [...nodes].sort((a, b) => a.sequence - b.sequence);
  const known = new Set(ordered.map((node) => node.sequence));
  const byParent = new Map<number | null, OutlineNode[]>();
  for (const node of ordered) {
    const parent = parentOf(node, known);
    const siblings = byParent.get(parent);
    if (siblings === undefined) byParent.set(parent, [node]);
    else siblings.push(node);
  }
  return branchesOf(byParent.get(null) ?? [], byParent, "");
}

/** The parent's sequence, if there is such a parent; a parent begins before its children. */
export function parentOf(node: OutlineNode, known: ReadonlySet<number>): number | null {
  const parent = node.parentSequence;
  return parent !== undefined && parent < node.sequence && known.has(parent) ? parent : null;
}

function branchesOf(
  siblings: readonly OutlineNode[],
  byParent: ReadonlyMap<number | null, readonly OutlineNode[]>,
  prefix: string,
): Branch[] {
  const byNode = new Map<string, [OutlineNode, ...OutlineNode[]]>();
  for (const node of siblings) {
    const same = byNode.get(node.nodeId);
    if (same === undefined) byNode.set(node.nodeId, [node]);
    else same.push(node);
  }
  return [...byNode].map(([nodeId, executions]) => {
    const key = `${prefix}/${nodeId}`;
    const last = executions.at(-1) ?? executions[0];
    const runOf = (attempts: Some<OutlineNode>, index: number): NodeRun => {
      const inner = attempts.flatMap((attempt) => byParent.get(attempt.sequence) ?? []);
      return { attempts, children: branchesOf(inner, byParent, `${key}#${index}`) };
    };
    const [first, ...others] = runsOf(executions);
    const runs: Some<NodeRun> = [
      runOf(first, 0),
      ...others.map((attempts, index) => runOf(attempts, index + 1)),
    ];
    return { key, nodeId, name: last.nodeName, type: last.nodeType, runs };
  });
}

/**
 * Part the executions of one node into runs: an attempt after the first joins the oldest run that
 * failed and waits for it, so that attempts of concurrent iterations stay apart.
 */
export function runsOf(executions: Some<OutlineNode>): Some<Some<OutlineNode>> {
  type Run = [OutlineNode, ...OutlineNode[]];
  const [first, ...others] = executions;
  const runs: [Run, ...Run[]] = [[first]];
  const waiting = new Map<number, Run[]>();
  const awaitNext = (run: Run, node: OutlineNode) => {
    if (node.status === "success" || node.status === "skipped") return;
    const next = (node.attempt ?? 1) + 1;
    const queue = waiting.get(next);
    if (queue === undefined) waiting.set(next, [run]);
    else queue.push(run);
  };
  awaitNext(runs[0], first);
  for (const node of others) {
    const attempt = node.attempt ?? 1;
    const begun = attempt > 1 ? waiting.get(attempt)?.shift() : undefined;
    const run: Run = begun ?? [node];
    if (begun === undefined) runs.push(run);
    else run.push(node);
    awaitNext(run, node);
  }
  return runs;
}

/** The attempt that decided a run. */
export function decisive(run: NodeRun): OutlineNode {
  return run.attempts.at(-1) ?? run.attempts[0];
}

const LOUDEST: readonly NodeStatus[] = ["error", "running", "success", "pending", "skipped"];

/** The status of runs together: the one that matters most. */
export function statusOf(runs: readonly NodeRun[]): NodeStatus {
  const found = new Set(runs.map((run) => decisive(run).status));
  return LOUDEST.find((status) => found.has(status)) ?? "pending";
}
