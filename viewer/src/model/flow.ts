/**
 * The workflow as a graph: as it was drawn if a definition exists, else as the record's times show
 * it.
 */

import type { Definition, NodeStatus, OutlineNode } from "../api/types";
import { getSpan } from "./instants";
import { type Group, boxAround, layOutGroups } from "./grouping";
import type { Link, Point, Spacing } from "./layering";
import { type NodeRun, type Some, decisive, findParent, groupRuns, getStatus } from "./nodetree";
import { type Timed, directlyBefore } from "./precedence";

/** A node of the graph, with its outcome. */
export interface FlowNode extends Point {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** Null for a node that the definition has and the execution never recorded. */
  readonly status: NodeStatus | null;
  readonly runs: number;
  readonly attempts: number;
  readonly durationMs: number | null;
  /** The sequence to choose with the node; null where there is nothing to choose. */
  readonly sequence: number | null;
}

/** A line of the graph. */
export interface FlowEdge extends Link {
  readonly id: string;
  readonly label: string | null;
  readonly taken: boolean;
  /** Whether the line leads into a node's children, rather than to a following node. */
  readonly inner: boolean;
}

/** A box around a node and the nodes that ran within it. */
export interface FlowGroup extends Group {
  /** How often the node ran. */
  readonly runs: number;
  /** The number of nodes directly within it. */
  readonly nodes: number;
}

/** The whole graph. `inferred` means that its lines come from times and not from a definition. */
export interface Flow {
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly FlowEdge[];
  /** The boxes of parents and loops. */
  readonly groups: readonly FlowGroup[];
  readonly inferred: boolean;
}

/** The size of a node of the graph. */
export const NODE_PX = { width: 224, height: 64 } as const;
const SPACING: Spacing = { columnPx: NODE_PX.width + 64, rowPx: NODE_PX.height + 28 };

type Fact = Omit<FlowNode, "x" | "y">;

/**
 * Make the graph.
 *
 * @param definition The workflow as drawn, or null if no definition exists.
 * @param over When the execution ended, in ms since 1970; null while it runs.
 */
export function buildFlow(
  nodes: readonly OutlineNode[],
  definition: Definition | null,
  over: number | null,
): Flow {
  const facts = collectFacts(nodes);
  const inferred = inferEdges(nodes, over);
  if (definition === null || definition.nodes.length === 0) {
    const edges = inferred.map((edge) => ({ ...edge, taken: ranBoth(facts, edge) }));
    return { ...layOut(facts, edges, findParents(nodes)), edges, inferred: true };
  }
  const drawn = new Set(definition.nodes.map(({ id }) => id));
  const all = new Map(facts);
  for (const { id, name, type } of definition.nodes) {
    const fact = facts.get(id) ?? { ...NOTHING, id, name, type };
    all.set(id, { ...fact, name, type });
  }
  const parents = addParents(findParents(nodes), definition);
  // A loop of a manifest writes no node execution of its own.
  const ran = new Map(all);
  for (const [id, parent] of parents) {
    const loop = parent === null ? undefined : ran.get(parent);
    const fact = all.get(id);
    if (loop?.status === null && fact !== undefined && fact.status !== null)
      ran.set(loop.id, { ...loop, status: fact.status });
  }
  const edges = definition.edges
    .filter(({ source, target }) => all.has(source) && all.has(target))
    .map(({ source, target, handle }, index) => {
      const link = { source, target };
      const taken = ranBoth(ran, link);
      const inner = parents.get(target) === source;
      return { ...link, id: `d${index}`, label: handle ?? null, taken, inner };
    });
  // A node that ran but is not in the definition (any more) keeps the lines inferred from its
  // times.
  const further = inferred
    .filter(({ source, target }) => !drawn.has(source) || !drawn.has(target))
    .map((edge) => ({ ...edge, taken: ranBoth(all, edge) }));
  const lines = [...edges, ...further];
  const drawnNodes = asDrawn([...all.values()], definition, parents);
  const boxes = drawnNodes === null ? null : boxAround(drawnNodes, parents, NODE_PX);
  // Where the author's places leave no space for a box, the graph is laid out anew.
  if (drawnNodes === null || boxes === null)
    return { ...layOut(all, lines, parents), edges: lines, inferred: false };
  const groups = boxes.map((box) => describeGroup(box, all, parents));
  return { nodes: drawnNodes, edges: lines, groups, inferred: false };
}

type Parents = ReadonlyMap<string, string | null>;

function layOut(
  facts: ReadonlyMap<string, Fact>,
  edges: readonly Link[],
  parents: Parents,
): Pick<Flow, "nodes" | "groups"> {
  const sizes = { node: NODE_PX, spacing: SPACING };
  const ids = new Set<string>();
  const addAfterParents = (id: string) => {
    const parent = parents.get(id) ?? null;
    if (parent !== null) addAfterParents(parent);
    ids.add(id);
  };
  // A loop of a manifest has no place in the record; it begins with the first node within it.
  [...facts.keys()].forEach(addAfterParents);
  const { points, groups } = layOutGroups([...ids], edges, parents, sizes);
  return {
    nodes: [...facts.values()].map((fact) => ({
      ...fact,
      ...(points.get(fact.id) ?? { x: 0, y: 0 }),
    })),
    groups: groups.map((group) => describeGroup(group, facts, parents)),
  };
}

function describeGroup(
  group: Group,
  facts: ReadonlyMap<string, Fact>,
  parents: Parents,
): FlowGroup {
  const within = [...parents].filter(([, parent]) => parent === group.id).map(([id]) => id);
  const own = facts.get(group.id)?.runs ?? 0;
  // A node without a node execution of its own ran as often as the nodes within it.
  const runs = own > 0 ? own : Math.max(1, ...within.map((id) => facts.get(id)?.runs ?? 0));
  return { ...group, runs, nodes: within.length };
}

/** Add the loops of a definition to the parents of a record; the definition decides. */
function addParents(recorded: Parents, { nodes }: Definition): Map<string, string | null> {
  const drawn = new Set(nodes.map(({ id }) => id));
  const parents = new Map(recorded);
  for (const { id, parent } of nodes) {
    if (parent === undefined || !drawn.has(parent)) continue;
    let at: string | null = parent;
    while (at !== null && at !== id) at = parents.get(at) ?? null;
    // A manifest may name circles.
    if (at === null) parents.set(id, parent);
  }
  return parents;
}

const NOTHING = { status: null, runs: 0, attempts: 0, durationMs: null, sequence: null } as const;

function collectFacts(nodes: readonly OutlineNode[]): Map<string, Fact> {
  const byId = new Map<string, [OutlineNode, ...OutlineNode[]]>();
  for (const node of nodes) {
    const same = byId.get(node.nodeId);
    if (same === undefined) byId.set(node.nodeId, [node]);
    else same.push(node);
  }
  const facts = new Map<string, Fact>();
  for (const [id, executions] of byId) {
    const runs = groupRuns(executions).map((attempts): NodeRun => ({ attempts, children: [] }));
    const status = getStatus(runs);
    const telling = runs.map(decisive).find((node) => node.status === status);
    const main = telling ?? executions[0];
    const name = main.nodeName;
    const times = executions.map((node) => node.durationMs).filter((ms) => ms !== undefined);
    facts.set(id, {
      ...{ id, name, type: main.nodeType, status, sequence: main.sequence, runs: runs.length },
      attempts: executions.length,
      durationMs: times.length === 0 ? null : times.reduce((sum, ms) => sum + ms, 0),
    });
  }
  return facts;
}

/** Find the node within which each node ran first; null at the top. */
function findParents(nodes: readonly OutlineNode[]): Map<string, string | null> {
  const ordered = [...nodes].sort((a, b) => a.sequence - b.sequence);
  const bySequence = new Map(ordered.map((node) => [node.sequence, node]));
  const known = new Set(bySequence.keys());
  const parents = new Map<string, string | null>();
  for (const node of ordered) {
    if (parents.has(node.nodeId)) continue;
    const parent = findParent(node, known);
    const id = parent === null ? null : (bySequence.get(parent)?.nodeId ?? null);
    // The first run decides, and began after its parent, so that no circle arises.
    parents.set(node.nodeId, id === node.nodeId ? null : id);
  }
  return parents;
}

function ranBoth(facts: ReadonlyMap<string, Fact>, { source, target }: Link): boolean {
  return [source, target].every((id) => {
    const status = facts.get(id)?.status ?? null;
    return status !== null && status !== "skipped" && status !== "pending";
  });
}

/** Infer lines from times and parents. Of a node that ran more than once, the first run counts. */
function inferEdges(nodes: readonly OutlineNode[], over: number | null): Omit<FlowEdge, "taken">[] {
  const ordered = [...nodes].sort((a, b) => a.sequence - b.sequence);
  const bySequence = new Map(ordered.map((node) => [node.sequence, node]));
  const known = new Set(bySequence.keys());
  const scopes = new Map<string | null, Map<string, [OutlineNode, ...OutlineNode[]]>>();
  const seen = new Set<string>();
  for (const node of ordered) {
    const parent = findParent(node, known);
    const parentId = parent === null ? null : (bySequence.get(parent)?.nodeId ?? null);
    const scope = scopes.get(parentId) ?? new Map<string, [OutlineNode, ...OutlineNode[]]>();
    scopes.set(parentId, scope);
    const same = scope.get(node.nodeId);
    if (same !== undefined) same.push(node);
    else if (!seen.has(node.nodeId)) scope.set(node.nodeId, [node]);
    seen.add(node.nodeId);
  }
  const edges = new Map<string, Omit<FlowEdge, "taken">>();
  for (const [parentId, scope] of scopes) {
    for (const link of listLinks(scope, parentId, over)) {
      const id = `${link.source}→${link.target}`;
      if (link.source !== link.target) edges.set(id, { ...link, id, label: null });
    }
  }
  return [...edges.values()];
}

function listLinks(
  scope: ReadonlyMap<string, Some<OutlineNode>>,
  parentId: string | null,
  over: number | null,
): (Link & { inner: boolean })[] {
  const timed: Timed[] = [];
  for (const [id, executions] of scope) {
    const [run] = groupRuns(executions);
    const spans = run.map((node) => getSpan(node, over)).filter((span) => span !== null);
    const [first] = spans;
    const last = spans[spans.length - 1];
    if (first !== undefined && last !== undefined)
      timed.push({ id, start: first.start, end: last.end });
  }
  const thinned = thin(directlyBefore(timed));
  const links: (Link & { inner: boolean })[] = [];
  let previous: string | null = null;
  for (const id of scope.keys()) {
    // A node that never began has no times, so it follows the node before it in the record.
    const sources = thinned.get(id) ?? (previous === null ? [] : [previous]);
    for (const source of sources) links.push({ source, target: id, inner: false });
    if (sources.length === 0 && parentId !== null) {
      links.push({ source: parentId, target: id, inner: true });
    }
    if (thinned.has(id)) previous = id;
  }
  return links;
}

const MOST_CROSSING = 48;

/**
 * Reduce lines between two large groups: a line from each node to each would be unreadable. Each
 * node is then joined only with its counterpart in the other group.
 */
function thin(before: ReadonlyMap<string, readonly string[]>): Map<string, readonly string[]> {
  const crowds = new Map<string, string[]>();
  for (const [target, sources] of before) {
    const key = JSON.stringify(sources);
    const crowd = crowds.get(key);
    if (crowd === undefined) crowds.set(key, [target]);
    else crowd.push(target);
  }
  const thinned = new Map<string, readonly string[]>(before);
  for (const [key, targets] of crowds) {
    const sources = JSON.parse(key) as string[];
    if (targets.length < 2 || sources.length * targets.length <= MOST_CROSSING) continue;
    targets.forEach((target, index) => {
      const own = sources.filter((_, place) => place % targets.length === index);
      const nearest = sources[index % sources.length];
      thinned.set(target, own.length > 0 || nearest === undefined ? own : [nearest]);
    });
  }
  return thinned;
}

/** Return the nodes where the definition has them; null if the definition has no places. */
function asDrawn(
  facts: readonly Fact[],
  definition: Definition,
  parents: Parents,
): FlowNode[] | null {
  const drawn = new Map(definition.nodes.map((node) => [node.id, node]));
  if (new Set(definition.nodes.map(({ x, y }) => `${x},${y}`)).size < 2) return null;
  const factor = Math.max(stretch(definition.nodes), stretchLines(drawn, definition.edges));
  const bottom = Math.max(...definition.nodes.map(({ y }) => y)) * factor + SPACING.rowPx;
  const left = Math.min(...definition.nodes.map(({ x }) => x)) * factor;
  const below = new Map<string, number>();
  let extra = 0;
  return facts.map((fact) => {
    const place = drawn.get(fact.id);
    if (place !== undefined) return { ...fact, x: place.x * factor, y: place.y * factor };
    const parent = drawn.get(parents.get(fact.id) ?? "");
    if (parent !== undefined) {
      const row = (below.get(parent.id) ?? 0) + 1;
      below.set(parent.id, row);
      return { ...fact, x: parent.x * factor, y: parent.y * factor + row * SPACING.rowPx };
    }
    extra += 1;
    return { ...fact, x: left + (extra - 1) * SPACING.columnPx, y: bottom };
  });
}

const MOST_COMPARED = 400;
const MOST_STRETCH = 3;
const GAP_PX = 24;
/** The least space for a line to the right, and its label. */
const LINE_PX = 48;

/** Return the factor by which positions must be multiplied so that no two nodes overlap. */
function stretch(points: readonly Point[]): number {
  let factor = 1;
  const compared = points.slice(0, MOST_COMPARED);
  compared.forEach((a, index) => {
    for (const b of compared.slice(index + 1)) {
      const dx = Math.abs(a.x - b.x);
      const dy = Math.abs(a.y - b.y);
      const apart = Math.min((NODE_PX.width + GAP_PX) / dx, (NODE_PX.height + GAP_PX) / dy);
      factor = Math.max(factor, Math.min(apart, MOST_STRETCH));
    }
  });
  return factor;
}

/** Return the factor by which positions must be multiplied so that lines to the right have space. */
function stretchLines(points: ReadonlyMap<string, Point>, edges: readonly Link[]): number {
  const factors = edges.map(({ source, target }) => {
    const dx = (points.get(target)?.x ?? 0) - (points.get(source)?.x ?? 0);
    return dx < NODE_PX.width / 2 ? 1 : (NODE_PX.width + LINE_PX) / dx;
  });
  return Math.max(1, ...factors);
}
