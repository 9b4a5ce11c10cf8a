import type { WorkflowStats } from "@/api";

/** Return a key that distinguishes workflows with the same id in different projects. */
export function workflowKey(thing: { workflowId: string; projectId?: string }): string {
  return `${thing.projectId ?? ""}/${thing.workflowId}`;
}

/** A workflow in a menu. `total` counts its executions in all projects. */
export interface WorkflowChoice {
  id: string;
  name: string;
  total: number;
}

/** Return the workflows to choose from, by id in all projects, the most frequent first. */
export function workflowChoices(workflows: readonly WorkflowStats[]): WorkflowChoice[] {
  const byId = new Map<string, WorkflowChoice>();
  for (const { workflowId: id, workflowName: name, total } of workflows) {
    byId.set(id, { id, name, total: total + (byId.get(id)?.total ?? 0) });
  }
  return [...byId.values()].sort((a, b) => b.total - a.total);
}

/** Return the ids that several projects have. For these ids, the project must be shown. */
export function sharedIds(workflows: readonly WorkflowStats[]): ReadonlySet<string> {
  return repeated(workflows.map((each) => each.workflowId));
}

/** Return the names that several workflows have. For these names, the id must be shown. */
export function sharedNames(workflows: readonly { name: string }[]): ReadonlySet<string> {
  return repeated(workflows.map((each) => each.name));
}

function repeated(values: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(values.filter((value) => seen.has(value) || !seen.add(value)));
}
