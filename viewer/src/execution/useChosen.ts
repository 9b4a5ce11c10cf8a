import { useMemo } from "react";
import type { Outline, OutlineNode } from "@/api";
import { firstChoice } from "@/model/waterfall";
import type { ExecutionSearch } from "./search";

/** The thing that the inspector shows. */
export type Chosen =
  | { readonly kind: "node"; readonly node: OutlineNode }
  | { readonly kind: "trigger" }
  | { readonly kind: "none" };

/**
 * Return what the address chooses. Otherwise choose the node that failed, runs, or was slowest;
 * without any node, the trigger.
 */
export function useChosen(
  { execution, nodes }: Outline,
  root: OutlineNode | null,
  { node, step }: ExecutionSearch,
): Chosen {
  return useMemo(() => {
    // The result of the whole workflow stands beside the trigger.
    const isRoot = root !== null && node === root.sequence;
    if (node === "trigger" || isRoot) return { kind: "trigger" };
    const named = nodes.find((each) => each.sequence === node);
    const same = step === undefined ? [] : nodes.filter((each) => each.nodeId === step);
    const chosen =
      named ?? firstChoice(same, execution.error) ?? firstChoice(nodes, execution.error);
    if (chosen !== undefined) return { kind: "node", node: chosen };
    return execution.trigger?.bytes === undefined ? { kind: "none" } : { kind: "trigger" };
  }, [execution, nodes, root, node, step]);
}
