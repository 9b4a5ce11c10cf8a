import type { Filters, Mode, Scope, Status } from "@/api";
import { numberOf, textOf, textsOf } from "@/app/search";

export const RANGES = ["1h", "24h", "7d", "30d"] as const;
export type Range = (typeof RANGES)[number];

/** All filters of the list, as the address holds them. */
export interface ListFilters {
  workflow?: string[] | undefined;
  project?: string | undefined;
  status?: Status[] | undefined;
  mode?: Mode | undefined;
  trigger?: string | undefined;
  /** A range that ends now; excludes `after` and `before`. */
  last?: Range | undefined;
  after?: string | undefined;
  before?: string | undefined;
  /** The shortest duration, in milliseconds. */
  min?: number | undefined;
  max?: number | undefined;
  node?: string | undefined;
  text?: string | undefined;
  starred?: true | undefined;
}

const STATUSES: readonly Status[] = ["error", "running", "success"];
const MODES: readonly Mode[] = ["test", "production"];

/** Read the filters of an address, and leave out invalid values. */
export function readFilters(raw: Record<string, unknown>): ListFilters {
  const workflow = textsOf(raw.workflow);
  const status = STATUSES.filter((each) => textsOf(raw.status).includes(each));
  const last = RANGES.find((range) => range === textOf(raw.last));
  const after = last === undefined ? timeOf(raw.after) : undefined;
  const before = last === undefined ? timeOf(raw.before) : undefined;
  return withoutEmpty({
    workflow: workflow.length > 0 ? workflow : undefined,
    project: textOf(raw.project),
    status: status.length > 0 && status.length < STATUSES.length ? status : undefined,
    mode: MODES.find((mode) => mode === textOf(raw.mode)),
    trigger: textOf(raw.trigger),
    last,
    after,
    before,
    min: numberOf(raw.min),
    max: numberOf(raw.max),
    node: textOf(raw.node),
    text: textOf(raw.text),
    starred: String(raw.starred) === "true" ? true : undefined,
  });
}

function timeOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text !== undefined && !Number.isNaN(Date.parse(text)) ? text : undefined;
}

/** Leave out undefined members, so that equal filters are deeply equal. */
export function withoutEmpty(filters: ListFilters): ListFilters {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
}

const RANGE_MS: Record<Range, number> = {
  "1h": 3_600_000,
  "24h": 86_400_000,
  "7d": 7 * 86_400_000,
  "30d": 30 * 86_400_000,
};

type Period = Pick<ListFilters, "last" | "after" | "before">;

/** Convert the chosen range to times. `last` ends at `now`. */
export function periodOf(filters: Period, now: number): { after?: string; before?: string } {
  if (filters.last !== undefined) {
    return { after: new Date(now - RANGE_MS[filters.last]).toISOString() };
  }
  return {
    ...(filters.after !== undefined && { after: filters.after }),
    ...(filters.before !== undefined && { before: filters.before }),
  };
}

/** Return project, workflows and time range: the filters that counts and series support. */
export function scopeOf(filters: ListFilters, now: number): Scope {
  return {
    ...periodOf(filters, now),
    ...(filters.workflow !== undefined && { workflowId: filters.workflow }),
    ...(filters.project !== undefined && { projectId: filters.project }),
  };
}

/** Return all filters in the form that the client takes. */
export function queryOf(filters: ListFilters, now: number): Filters {
  return {
    ...scopeOf(filters, now),
    ...(filters.status !== undefined && { status: filters.status }),
    ...(filters.mode !== undefined && { mode: filters.mode }),
    ...(filters.trigger !== undefined && { trigger: filters.trigger }),
    ...(filters.min !== undefined && { minDurationMs: filters.min }),
    ...(filters.max !== undefined && { maxDurationMs: filters.max }),
    ...(filters.node !== undefined && { nodeId: filters.node }),
    ...(filters.text !== undefined && { text: filters.text }),
    ...(filters.starred === true && { starred: true }),
  };
}

/** Whether counts and series can count the executions that match. */
export function isCountable(filters: ListFilters): boolean {
  const { mode, trigger, min, max, node, text, starred } = filters;
  return [mode, trigger, min, max, node, text, starred].every((each) => each === undefined);
}

/** The filters as the reader sees them. A name may cover several members of `ListFilters`. */
export type FilterName =
  | "text"
  | "node"
  | "duration"
  | "trigger"
  | "mode"
  | "starred"
  | "status"
  | "time"
  | "workflow"
  | "project";

const PARTS: Record<FilterName, readonly (keyof ListFilters)[]> = {
  text: ["text"],
  node: ["node"],
  duration: ["min", "max"],
  trigger: ["trigger"],
  mode: ["mode"],
  starred: ["starred"],
  status: ["status"],
  time: ["last", "after", "before"],
  workflow: ["workflow"],
  project: ["project"],
};

/** Return the filters that are set, ordered so that the filter to drop first comes first. */
export function activeFilters(filters: ListFilters): FilterName[] {
  return (Object.keys(PARTS) as FilterName[]).filter((name) =>
    PARTS[name].some((part) => filters[part] !== undefined),
  );
}

/** Remove one filter with all its members. */
export function dropFilter(filters: ListFilters, name: FilterName): ListFilters {
  const dropped = { ...filters };
  for (const part of PARTS[name]) Reflect.deleteProperty(dropped, part);
  return dropped;
}
