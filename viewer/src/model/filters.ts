import type { Filters, Mode, Scope, Status } from "@/api";
import { numberOf, textOf, textsOf } from "@/app/search";

export const RANGES = ["1h", "24h", "7d", "30d"] as const;
export type Range = (typeof RANGES)[number];

/** What the list is asked for; all of it is in the address. */
export interface ListFilters {
  workflow?: string[] | undefined;
  project?: string | undefined;
  status?: Status[] | undefined;
  mode?: Mode | undefined;
  trigger?: string | undefined;
  /** Ends now; excludes `after` and `before`. */
  last?: Range | undefined;
  after?: string | undefined;
  before?: string | undefined;
  /** Milliseconds. */
  min?: number | undefined;
  max?: number | undefined;
  node?: string | undefined;
  text?: string | undefined;
  starred?: true | undefined;
}

const STATUSES: readonly Status[] = ["error", "running", "success"];
const MODES: readonly Mode[] = ["test", "production"];

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

/** Leaves out what is undefined, so that equal filters are deeply equal. */
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

/** The chosen time range in times, with `last` ending at `now`. */
export function periodOf(filters: Period, now: number): { after?: string; before?: string } {
  if (filters.last !== undefined) {
    return { after: new Date(now - RANGE_MS[filters.last]).toISOString() };
  }
  return {
    ...(filters.after !== undefined && { after: filters.after }),
    ...(filters.before !== undefined && { before: filters.before }),
  };
}

/** Project, workflows and time: what counts and series can be asked for. */
export function scopeOf(filters: ListFilters, now: number): Scope {
  return {
    ...periodOf(filters, now),
    ...(filters.workflow !== undefined && { workflowId: filters.workflow }),
    ...(filters.project !== undefined && { projectId: filters.project }),
  };
}

/** All of it, as the client takes it. */
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

/** Whether counts and series know how many executions match. */
export function isCountable(filters: ListFilters): boolean {
  const { mode, trigger, min, max, node, text, starred } = filters;
  return [mode, trigger, min, max, node, text, starred].every((each) => each === undefined);
}

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

/** The filters that are set, the one that is dropped most lightly first. */
export function activeFilters(filters: ListFilters): FilterName[] {
  return (Object.keys(PARTS) as FilterName[]).filter((name) =>
    PARTS[name].some((part) => filters[part] !== undefined),
  );
}

export function dropFilter(filters: ListFilters, name: FilterName): ListFilters {
  const dropped = { ...filters };
  for (const part of PARTS[name]) Reflect.deleteProperty(dropped, part);
  return dropped;
}
