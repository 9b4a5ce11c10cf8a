/** The waterfall's rows: a tree of node executions, unfolded as far as the reader wants. */

import type { NodeStatus, OutlineNode } from "../api/types";
import { getDuration } from "./instants";
import { type Branch, type NodeRun, type Some, decisive, getStatus } from "./nodetree";

/** One row: a node's run with its attempts, or all iterations of a node folded into one. */
export interface Row {
  readonly key: string;
  readonly name: string;
  readonly type: string;
  readonly status: NodeStatus;
  readonly depth: number;
  /** The executions that the row draws, in order. */
  readonly executions: readonly OutlineNode[];
  /** The execution that is chosen with the row. */
  readonly main: OutlineNode;
  /** The number of iterations that the row stands for; 1 for a run. */
  readonly iterations: number;
  /** The number of the iteration, counted from 1; null in a row that is no iteration. */
  readonly iteration: number | null;
  /** Null where there is nothing to unfold. */
  readonly open: boolean | null;
  /** The key of the row under which this row is indented. */
  readonly parent: string | null;
}

/** The durations of folded iterations, in milliseconds. */
export interface IterationTimes {
  readonly count: number;
  readonly failed: number;
  readonly minMs: number | null;
  readonly medianMs: number | null;
  readonly maxMs: number | null;
}

/**
 * Flatten the tree into rows. Iterations begin folded, children of a single run unfolded.
 *
 * @param toggled Keys of the rows that the reader has folded or unfolded against this default.
 */
export function listRows(tree: readonly Branch[], toggled: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  for (const branch of tree) addBranch(rows, branch, toggled, 0, null);
  return rows;
}

function addBranch(
  rows: Row[],
  branch: Branch,
  toggled: ReadonlySet<string>,
  depth: number,
  parent: string | null,
): void {
  const { key, name, type, runs } = branch;
  if (runs.length === 1) {
    addRun(rows, branch, runs[0], toggled, { key, depth, parent, iteration: null });
    return;
  }
  const open = toggled.has(key);
  const executions = runs.flatMap((run) => run.attempts);
  const status = getStatus(runs);
  const main = chooseMain(runs);
  rows.push({
    ...{ key, name, type, status, depth, executions, main, open, parent },
    iterations: runs.length,
    iteration: null,
  });
  if (!open) return;
  runs.forEach((run, index) => {
    const place = { key: `${key}#${index}`, depth: depth + 1, parent: key, iteration: index + 1 };
    addRun(rows, branch, run, toggled, place);
  });
}

type Place = Pick<Row, "key" | "depth" | "parent" | "iteration">;

function addRun(
  rows: Row[],
  branch: Branch,
  run: NodeRun,
  toggled: ReadonlySet<string>,
  place: Place,
): void {
  const open = run.children.length === 0 ? null : !toggled.has(place.key);
  const main = decisive(run);
  rows.push({
    ...place,
    ...{ name: branch.name, type: branch.type, status: main.status, main, open },
    executions: run.attempts,
    iterations: 1,
  });
  if (open !== true) return;
  for (const child of run.children) addBranch(rows, child, toggled, place.depth + 1, place.key);
}

/** Of several iterations, return the first that failed or still runs, else the slowest. */
function chooseMain(runs: Some<NodeRun>): OutlineNode {
  const ends = runs.map(decisive);
  const telling =
    ends.find((node) => node.status === "error") ?? ends.find((node) => node.status === "running");
  return telling ?? slowest(ends) ?? decisive(runs[0]);
}

function slowest(nodes: readonly OutlineNode[]): OutlineNode | undefined {
  let found: OutlineNode | undefined;
  for (const node of nodes) {
    if (node.durationMs === undefined) continue;
    if (found?.durationMs === undefined || node.durationMs > found.durationMs) found = node;
  }
  return found;
}

/** Sum up the durations of folded iterations. */
export function iterationTimes(row: Row, over: number | null, now: number): IterationTimes {
  const ended = row.executions.filter(({ status }) => status === "success" || status === "error");
  const times = ended
    .map((node) => getDuration(node, over, now))
    .filter((ms) => ms !== null)
    .sort((a, b) => a - b);
  return {
    count: row.iterations,
    failed: ended.filter(({ status }) => status === "error").length,
    minMs: times[0] ?? null,
    medianMs: times[Math.floor((times.length - 1) / 2)] ?? null,
    maxMs: times[times.length - 1] ?? null,
  };
}

/**
 * Map each execution's sequence to the index of its row: the innermost row that draws the
 * execution.
 */
export function rowIndex(rows: readonly Row[]): ReadonlyMap<number, number> {
  const places = new Map<number, number>();
  rows.forEach((row, index) => {
    for (const node of row.executions) places.set(node.sequence, index);
  });
  return places;
}

/**
 * Choose what to show first: a failed node, else a running node, else the slowest node without
 * children.
 *
 * @param error The execution's error. Without an error, the execution recovered from its failures.
 */
export function firstChoice(
  nodes: readonly OutlineNode[],
  error: { readonly nodeId?: string } | undefined,
): OutlineNode | undefined {
  const failed = error === undefined ? [] : nodes.filter((node) => node.status === "error");
  const named = failed.filter((node) => node.nodeId === error?.nodeId);
  const parents = new Set(nodes.map((node) => node.parentSequence));
  const leaves = nodes.filter((node) => !parents.has(node.sequence));
  return (
    named[named.length - 1] ??
    failed.filter((node) => leaves.includes(node)).pop() ??
    failed[failed.length - 1] ??
    leaves.filter((node) => node.status === "running").pop() ??
    slowest(leaves) ??
    nodes[0]
  );
}
