import { readPlace } from "@/model/matches";

/** The three views of an execution's page. */
export type ViewName = "timeline" | "graph" | "table";

/** The search parameters of an execution's page: which node, which view. */
export interface ExecutionSearch {
  /**
   * The place of the chosen node execution. If absent, the page chooses the node that failed or was
   * slowest.
   */
  node?: number | "trigger" | undefined;
  /** The id of the chosen node, where `node` is absent; the same in other runs of the workflow. */
  step?: string | undefined;
  /** The place in a payload that is shown at first, e.g. `output/items/0/sku`. */
  at?: string | undefined;
  /** The default is the timeline. */
  view?: ViewName;
}

const VIEWS: ReadonlySet<string> = new Set<ViewName>(["timeline", "graph", "table"]);

/** Read the search parameters, and leave out invalid values. */
export function readExecutionSearch(raw: Record<string, unknown>): ExecutionSearch {
  const node = raw.node === "trigger" ? raw.node : Number(raw.node ?? Number.NaN);
  const view = raw.view;
  return {
    ...(isNode(node) && { node }),
    ...(typeof raw.step === "string" && raw.step !== "" && { step: raw.step }),
    ...(typeof raw.at === "string" && readPlace(raw.at) !== undefined && { at: raw.at }),
    ...(isView(view) && { view }),
  };
}

function isView(view: unknown): view is ViewName {
  return typeof view === "string" && VIEWS.has(view);
}

function isNode(node: number | "trigger"): boolean {
  return node === "trigger" || (Number.isFinite(node) && node >= 0);
}
