import type { KeyboardEvent } from "react";
import type { Flow, FlowNode } from "@/model/flow";

interface Options {
  flow: Flow;
  chosenId: string | undefined;
  onChoose: (step: FlowNode) => void;
  onOpen: () => void;
}

const DIRECTIONS: Record<string, readonly [number, number]> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
};
/** The weight of the distance across the direction, against the distance along it. */
const SIDEWAYS = 2.5;

/**
 * Handle the graph's keys: arrows choose the nearest node in their direction, Enter opens its
 * details.
 */
export function useGraphKeys({ flow, chosenId, onChoose, onOpen }: Options) {
  return (event: KeyboardEvent<HTMLElement>) => {
    if (event.key === "Enter" && (event.target as Element).closest("[data-step]") !== null) {
      event.preventDefault();
      onOpen();
      return;
    }
    const direction = DIRECTIONS[event.key];
    if (direction === undefined) return;
    event.preventDefault();
    const from = flow.nodes.find((node) => node.id === chosenId) ?? flow.nodes[0];
    if (from === undefined) return;
    const next = linked(flow, from, direction) ?? nearest(flow.nodes, from, direction);
    if (next !== undefined) onChoose(next);
  };
}

/** Follow the lines to the right or left. Of several ends, take the nearest. */
function linked(
  { nodes, edges }: Flow,
  from: FlowNode,
  [dx]: readonly [number, number],
): FlowNode | undefined {
  if (dx === 0) return undefined;
  const ends = new Set(
    edges.flatMap(({ source, target }) => {
      if (dx > 0) return source === from.id ? [target] : [];
      return target === from.id ? [source] : [];
    }),
  );
  return nodes
    .filter((node) => ends.has(node.id) && node.sequence !== null)
    .sort((a, b) => Math.abs(a.y - from.y) - Math.abs(b.y - from.y))[0];
}

function nearest(
  nodes: readonly FlowNode[],
  from: FlowNode,
  [dx, dy]: readonly [number, number],
): FlowNode | undefined {
  let found: FlowNode | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const node of nodes) {
    if (node.sequence === null) continue;
    const along = (node.x - from.x) * dx + (node.y - from.y) * dy;
    if (along <= 0) continue;
    const aside = Math.abs((node.x - from.x) * dy) + Math.abs((node.y - from.y) * dx);
    const distance = along + SIDEWAYS * aside;
    if (distance < least) [found, least] = [node, distance];
  }
  return found;
}
