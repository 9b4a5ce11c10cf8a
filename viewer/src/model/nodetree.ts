/**
 * Groups node executions into a tree: attempts of one node together, iterations of one node
 * together, and children under the node within which they ran. The views only unfold and draw the
 * tree.
 */

import type { NodeStatus, OutlineNode } from "../api/types";

/** A list of at least one item. */
export type Some<T> = readonly [T, ...T[]];

/** One run of a node: its attempts, and the nodes that ran within them. */
export interface NodeRun {
  readonly attempts: Some<OutlineNode>;
  readonly children: readonly Branch[];
}

/** All runs of one node within one parent. Several runs are iterations. */
export interface Branch {
  readonly key: string;
  readonly nodeId: string;
  readonly name: string;
  readonly type: string;
  readonly runs: Some<NodeRun>;
}

/** Order node executions as a tree. A child whose parent is missing goes to the top level. */
export function buildTree(nodes: readonly OutlineNode[]): readonly Branch[] {
  const ordered = [...nodes].sort((a, b) => a.sequence - b.sequence);
  const known = new Set(ordered.map((node) => node.sequence));
  const byParent = new Map<number | null, OutlineNode[]>();
  for (const node of ordered) {
    const parent = findParent(node, known);
    const siblings = byParent.get(parent);
    if (siblings === undefined) byParent.set(parent, [node]);
    else siblings.push(node);
  }
  return buildBranches(byParent.get(null) ?? [], byParent, "");
}

/** Return the parent's sequence if the parent exists. A parent begins before its children. */
export function findParent(node: OutlineNode, known: ReadonlySet<number>): number | null {
  const parent = node.parentSequence;
  return parent !== undefined && parent < node.sequence && known.has(parent) ? parent : null;
}

function buildBranches(
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
    const buildRun = (attempts: Some<OutlineNode>, index: number): NodeRun => {
      const inner = attempts.flatMap((attempt) => byParent.get(attempt.sequence) ?? []);
      return { attempts, children: buildBranches(inner, byParent, `${key}#${index}`) };
    };
    const [first, ...others] = groupRuns(executions);
    const runs: Some<NodeRun> = [
      buildRun(first, 0),
      ...others.map((attempts, index) => buildRun(attempts, index + 1)),
    ];
    return { key, nodeId, name: last.nodeName, type: last.nodeType, runs };
  });
}

/**
 * Divide the executions of one node into runs. An attempt after the first joins the oldest run that
 * failed and waits for this attempt, so that attempts of concurrent iterations stay apart.
 */
export function groupRuns(executions: Some<OutlineNode>): Some<Some<OutlineNode>> {
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

/** Return the attempt that decided a run. */
export function decisive(run: NodeRun): OutlineNode {
  return run.attempts.at(-1) ?? run.attempts[0];
}

const LOUDEST: readonly NodeStatus[] = ["error", "running", "success", "pending", "skipped"];

/** Return the status of several runs together: the status that matters most. */
export function getStatus(runs: readonly NodeRun[]): NodeStatus {
  const found = new Set(runs.map((run) => decisive(run).status));
  return LOUDEST.find((status) => found.has(status)) ?? "pending";
}
