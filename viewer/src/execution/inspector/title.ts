import type { Outline } from "@/api";
import type { Chosen } from "../useChosen";

/** The inspector's title, for a sheet and for screen readers. */
export function titleOf(outline: Outline, chosen: Chosen): string {
  switch (chosen.kind) {
    case "node":
      return chosen.node.nodeName;
    case "trigger":
      return `Trigger: ${outline.execution.trigger?.type ?? "unknown"}`;
    case "none":
      return outline.execution.workflowName;
  }
}
