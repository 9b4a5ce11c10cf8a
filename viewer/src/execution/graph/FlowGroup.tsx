import type { Node, NodeProps } from "@xyflow/react";
import { formatCount } from "@/model/format";
import { texts } from "@/texts";

export type GroupNode = Node<{ runs: number; nodes: number }, "group">;

/** The box around a parent or a loop and the nodes that ran within it. */
export function FlowGroup({ data: { runs, nodes } }: NodeProps<GroupNode>) {
  const count = texts.graph.nodesWithin(nodes);
  return (
    <div className="size-full rounded-md border border-dashed border-line-strong bg-panel/60">
      <p className="absolute end-4 bottom-0 text-xs text-muted">
        {runs > 1 ? `×${formatCount(runs)} · ${count}` : count}
      </p>
    </div>
  );
}
