import { describe, expect, it } from "vitest";
import type { Outline, OutlineNode } from "@/api";
import { withoutRoot } from "@/model/rootNode";

function node(nodeId: string, nodeType: string, more: Partial<OutlineNode> = {}): OutlineNode {
  return { nodeId, nodeName: nodeId, nodeType, status: "success", sequence: 0, ...more };
}

function outline(nodes: OutlineNode[]): Outline {
  return { execution: { workflowId: "orders" }, nodes } as unknown as Outline;
}

describe("withoutRoot", () => {
  const root = node("orders", "workflow");
  const charge = node("charge", "function", { sequence: 1, parentSequence: 0 });

  it("takes the node of a decorated workflow out", () => {
    const drawn = withoutRoot(outline([root, charge]));
    expect(drawn.root).toBe(root);
    expect(drawn.outline.nodes).toEqual([charge]);
  });

  it.each([
    ["it is the only node", [root]],
    ["the node has another id", [node("other", "workflow"), charge]],
    ["the node has another type", [node("orders", "function"), charge]],
    ["the node runs within another node", [charge, { ...root, sequence: 2, parentSequence: 1 }]],
  ])("keeps every node where %s", (_, nodes) => {
    expect(withoutRoot(outline(nodes))).toEqual({ outline: outline(nodes), root: null });
  });
});
