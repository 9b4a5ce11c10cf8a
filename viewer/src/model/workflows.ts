import type { WorkflowStats } from "@/api";

/** Tells a workflow from one of the same id in another project. */
export function workflowKey(thing: { workflowId: string; projectId?: string }): string {
  return `${thing.projectId ?? ""}/${thing.workflowId}`;
}

export interface WorkflowChoice {
  id: string;
  name: string;
  total: number;
}

/** Workflows to choose from by their id, whatever their project; the busiest first. */
export function workflowChoices(workflows: readonly WorkflowStats[]): WorkflowChoice[] {
  const byId = new Map<string, WorkflowChoice>();
  for (const { workflowId: id, workflowName: name, total } of workflows) {
    byId.set(id, { id, name, total: total + (byId.get(id)?.total ?? 0) });
  }
  return [...byId.values()].sort((a, b) => b.total - a.total);
}

/** Ids that more than one project has: there the project has to be told. */
export function sharedIds(workflows: readonly WorkflowStats[]): ReadonlySet<string> {
  return repeated(workflows.map((each) => each.workflowId));
}

/** Names that more than one workflow has: there the id has to be told. */
export function sharedNames(workflows: readonly { name: string }[]): ReadonlySet<string> {
  return repeated(workflows.map((each) => each.name));
}

function repeated(values: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(values.filter((value) => seen.has(value) || !seen.add(value)));
}
