import { describe, expect, it } from "vitest";
import type { WorkflowStats } from "@/api";
import { sharedIds, sharedNames, workflowChoices } from "@/model/workflows";

function workflow(workflowId: string, workflowName: string, projectId?: string): WorkflowStats {
  const counts = { total: 1, success: 1, error: 0, running: 0 };
  return { workflowId, workflowName, ...counts, ...(projectId !== undefined && { projectId }) };
}

describe("workflows that look alike", () => {
  const workflows = [
    workflow("intake", "Order intake", "shop"),
    workflow("intake", "Order intake", "staging"),
    workflow("intake-2", "Order intake", "shop"),
    workflow("report", "Report"),
  ];

  it("are told apart by their project where they share the id", () => {
    expect(sharedIds(workflows)).toEqual(new Set(["intake"]));
  });

  it("are told apart by their id where they share the name", () => {
    expect(sharedNames(workflowChoices(workflows))).toEqual(new Set(["Order intake"]));
  });

  it("are one choice where they share the id", () => {
    const choices = workflowChoices(workflows.slice(0, 2));
    expect(choices).toEqual([{ id: "intake", name: "Order intake", total: 2 }]);
    expect(sharedNames(choices)).toEqual(new Set());
  });
});
