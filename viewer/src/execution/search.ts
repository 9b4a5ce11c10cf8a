/** What the address of an execution's page says: which node, which view. */
export type ViewName = "timeline" | "graph" | "table";

export interface ExecutionSearch {
  /** The chosen node execution, by its place; without it, the one that failed or was slowest. */
  node?: number | "trigger" | undefined;
  /** Without it, the timeline. */
  view?: ViewName;
}

const VIEWS: ReadonlySet<string> = new Set<ViewName>(["timeline", "graph", "table"]);

export function readExecutionSearch(raw: Record<string, unknown>): ExecutionSearch {
  const node = raw.node === "trigger" ? raw.node : Number(raw.node ?? Number.NaN);
  const view = raw.view;
  return {
    ...(isNode(node) && { node }),
    ...(isView(view) && { view }),
  };
}

function isView(view: unknown): view is ViewName {
  return typeof view === "string" && VIEWS.has(view);
}

function isNode(node: number | "trigger"): boolean {
  return node === "trigger" || (Number.isFinite(node) && node >= 0);
}
